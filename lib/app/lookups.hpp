// What a start looks up outside the configuration: users, groups, and the addresses of names. `-c` says of them what the
// start would. Blocks on the C library; each name is asked once. Main thread.
#pragma once
#include <functional>
#include <string>

#include "config/diagnostic.hpp"
#include "io/resolver.hpp"
#include "proxy/model.hpp"

namespace ringway::app {

// Of the global section, of binds and of stats sockets: the start fails where one is not there.
void look_up_owners(const proxy::model& of, config::diagnostics& report);

// Names of binds, servers and log targets.
void look_up_names(const proxy::model& of, const std::function<io::resolution(const std::string& host)>& ask,
                   config::diagnostics& report);

}  // namespace ringway::app
