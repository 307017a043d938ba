#include "app/catalogue.hpp"

#include "app/known_words.hpp"
#include "app/load.hpp"
#include "balance/keywords.hpp"
#include "command/table.hpp"
#include "config/haproxy_words.hpp"
#include "log/keywords.hpp"
#include "proxy/keywords.hpp"
#include "proxy/model.hpp"
#include "rules/keywords.hpp"
#include "servers/keywords.hpp"

namespace ringway::app {

using config::place;

const config::catalogue& catalogue() {
  static const config::catalogue all = [] {
    using proxy::global_settings;
    using proxy::section_settings;
    config::catalogue c;
    c.mount("app", section_openers());

    c.mount("proxy", proxy::global_keywords());
    c.mount<&global_settings::log>("log", log::global_keywords());

    c.mount("proxy", proxy::section_keywords());
    c.mount("proxy", proxy::bind_lines());
    c.mount("proxy", proxy::server_lines());
    c.mount("proxy", proxy::option_keywords());
    c.mount("proxy", proxy::error_keywords());
    c.mount("proxy", proxy::error_group_keywords());
    c.mount<&section_settings::time>("proxy", proxy::timeout_keywords());
    c.mount<&section_settings::balance>("balance", balance::section_keywords());
    c.mount<&section_settings::log>("log", log::section_keywords());

    c.mount<&section_settings::rules>("rules", rules::section_keywords());

    c.mount("proxy", proxy::bind_keywords());
    c.mount("servers", servers::server_keywords());
    c.mount("servers", servers::source_keywords());
    c.mount("balance", balance::algorithm_keywords());
    c.mount("log", log::target_keywords());

    c.mount("rules", rules::http_actions());
    c.mount("rules", rules::connection_actions());
    c.mount("rules", rules::fetch_keywords());
    c.mount("rules", rules::converter_keywords());

    // Behind all rooms: what this program does itself is not listed as missing.
    c.fill("haproxy", known_words());
    c.fill("haproxy", config::haproxy_words(), [](place at, std::string_view name) {
      return (at == place::criterion && rules::is_criterion(name)) ||
             (at == place::log_variable && rules::is_format_variable(name)) ||
             (at == place::command && command::has_row(name));
    });
    return c;
  }();
  return all;
}

}  // namespace ringway::app
