#include "advice/checks.hpp"

namespace ringway::advice {

using proxy::section_settings;

std::string_view kind_of(const section_settings& section) {
  if (section.front && section.back) return "listen";
  return section.front ? "frontend" : "backend";
}

bool hashed(const section_settings& section) {
  using balance::algorithm;
  switch (section.balance.kind) {
    case algorithm::source:
    case algorithm::uri:
    case algorithm::url_param:
    case algorithm::hdr: return true;
    default: return false;
  }
}

config::span word_of(const subject& of, const section_settings& section, std::string_view phrase, std::size_t n,
                     const config::span& otherwise) {
  const config::outline::section* at = of.lines.at(section.where);
  const config::line* found = at != nullptr ? of.lines.find(*at, phrase) : nullptr;
  return found != nullptr && n < found->words.size() ? found->words[n].where : otherwise;
}

server_lines::server_lines(const subject& of, const section_settings& section) : at_(of.lines.at(section.where)) {
  for (const config::outline::section* at = at_; at != nullptr; at = of.lines.defaults_of(*at))
    for (auto each = at->lines.rbegin(); each != at->lines.rend(); ++each)
      if (config::begins_with(*each, "default-server")) defaults_.push_back(&*each);
}

const config::line* server_lines::line_of(const servers::settings& server) const {
  const config::line* found = at_ != nullptr ? at_->at(server.where) : nullptr;
  return found != nullptr && config::begins_with(*found, "server") ? found : nullptr;
}

const config::word* server_lines::find(const servers::settings& server, std::string_view word) const {
  const auto in = [word](const config::line& one, std::size_t first) -> const config::word* {
    for (std::size_t i = first; i < one.words.size(); ++i)
      if (one.words[i].text == word) return &one.words[i];
    return nullptr;
  };
  if (const config::line* own = line_of(server))
    if (const config::word* found = in(*own, 3)) return found;
  for (const config::line* each : defaults_)
    if (const config::word* found = in(*each, 1)) return found;
  return nullptr;
}

backends_by_name backends_of(const proxy::model& model) {
  backends_by_name out;
  for (const section_settings& each : model.sections)
    if (each.back) out.emplace(each.name, &each);
  return out;
}

}  // namespace ringway::advice
