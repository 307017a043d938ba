// What the process says of itself to the operator: at its start, and when signals ask. Main thread.
#pragma once
#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "app/complaint.hpp"
#include "app/options.hpp"
#include "proxy/model.hpp"
#include "proxy/runtime.hpp"

namespace ringway::app {

struct listened_at {
  std::string frontend;
  std::string address;
};

// "ringway 0.1.0 is ready: web at 0.0.0.0:80, [::]:80; api at 127.0.0.1:8080": one line, cut after a few addresses.
std::string ready_line(const std::vector<listened_at>& places);
// Where HAProxy 3 warns: root without a jail, root for ever. Whoever means it says so: chroot /, uid 0, user root.
std::vector<std::string> root_warnings(const proxy::global_settings& global, uid_t effective);
// Both on standard error, unless the operator wants it quiet (-q, -d).
void announce(const proxy::model& of, const options& said, uid_t started_as, const std::vector<listened_at>& places);

// A line for each frontend, as HAProxy says it: "Paused frontend f."; also to its log.
void say_of_listeners(std::string_view what, proxy::runtime& of);
// For SIGHUP: each server, then its backend, in HAProxy's words, without the totals that are not counted here.
std::vector<std::string> states_in_words(const proxy::runtime& of);

}  // namespace ringway::app
