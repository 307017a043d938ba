// The rows of proxies (frontend, backend, listen, defaults), of `bind` and of the global section that belong to no
// room below. configuration.txt 3, 4 and 5.1.
#pragma once
#include <span>

#include "config/keyword.hpp"
#include "proxy/model.hpp"

namespace ringway::proxy {

std::span<const config::keyword> section_keywords();  // fill section_settings
std::span<const config::keyword> option_keywords();   // `option …`; fill section_settings
std::span<const config::keyword> error_keywords();    // errorfile and its like; fill section_settings
std::span<const config::keyword> error_group_keywords();  // place::http_errors; fill error_group
std::span<const config::keyword> timeout_keywords();  // fill timeouts
std::span<const config::keyword> server_lines();      // server, default-server; fill section_settings
std::span<const config::keyword> bind_lines();        // bind; fills section_settings
std::span<const config::keyword> bind_keywords();     // place::bind; fill bind_settings
std::span<const config::keyword> global_keywords();   // fill global_settings

// A whole `bind` line, or `stats socket`, which takes the same words: one entry an address, the words on each.
// `what`: what is missing when the line is empty.
std::vector<bind_settings> read_bind_line(std::string_view keyword, std::string_view what, config::arguments& from);
// The addresses of a `bind` line, and of the retired `listen NAME ADDRESS`: separated by commas, ranges of ports
// taken apart. Reports and returns what could be read; empty when nothing could.
std::vector<bind_settings> read_bind_addresses(std::string_view keyword, const config::word& given,
                                               const config::arguments& from);

}  // namespace ringway::proxy
