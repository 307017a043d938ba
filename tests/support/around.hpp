// A configuration in which one line, or the words behind its keyword, is what a test asks about.
#pragma once
#include <fmt/format.h>

#include <string>
#include <string_view>

#include "config/keyword.hpp"

namespace ringway::test {

// A configuration in which `line` is the line, or the words, that a row allows at `here`.
inline std::string around(config::place here, std::string_view line) {
  switch (here) {
    case config::place::file: return fmt::format("{}\n", line);
    case config::place::global: return fmt::format("global\n {}\n", line);
    case config::place::defaults: return fmt::format("defaults named\n mode http\n {}\n", line);
    case config::place::frontend:
      return fmt::format("frontend x\n mode http\n bind 127.0.0.1:1\n {}\nbackend shop\n mode http\nbackend api\n mode http\n", line);
    case config::place::listen:
      return fmt::format("listen x\n mode http\n bind 127.0.0.1:1\n {}\nbackend shop\n mode http\nbackend api\n mode http\n", line);
    case config::place::backend: return fmt::format("backend x\n mode http\n {}\n", line);
    case config::place::bind: return fmt::format("frontend x\n bind 127.0.0.1:1 {}\n", line);
    case config::place::server:
      return fmt::format("backend x\n mode http\n server s 192.0.2.1:80 {}\n"
                         "backend shop\n mode http\n server one 192.0.2.1:80 check\n", line);
    case config::place::default_server: return fmt::format("backend x\n mode http\n default-server {}\n", line);
    case config::place::log: return fmt::format("global\n log 127.0.0.1 {} local0\n", line);
    case config::place::balance: return fmt::format("backend x\n mode http\n {}\n", line);
    case config::place::source: return fmt::format("backend x\n server s 192.0.2.1:80 source 192.0.2.9 {}\n", line);
    case config::place::fetch:
    case config::place::converter:
      return fmt::format("frontend x\n mode http\n bind 127.0.0.1:1\n use_backend shop if {{ {} }}\n"
                         "backend shop\n mode http\n server s1 192.0.2.1:80\n", line);
    case config::place::http_errors: return fmt::format("http-errors other\n {}\nbackend x\n mode http\n", line);
    case config::place::http_request: return fmt::format("backend x\n mode http\n http-request {}\n", line);
    case config::place::tcp_connection:
      return fmt::format("frontend x\n bind 127.0.0.1:1\n tcp-request connection {}\n", line);
    case config::place::tcp_session: return fmt::format("frontend x\n bind 127.0.0.1:1\n tcp-request session {}\n", line);
    case config::place::http_response: return fmt::format("backend x\n mode http\n http-response {}\n", line);
    case config::place::http_after_response: return fmt::format("backend x\n mode http\n http-after-response {}\n", line);
    case config::place::tcp_content: return fmt::format("frontend x\n bind 127.0.0.1:1\n tcp-request content {}\n", line);
    case config::place::tcp_response: return fmt::format("backend x\n tcp-response content {}\n", line);
    case config::place::quic_initial: return fmt::format("frontend x\n bind 127.0.0.1:1\n quic-initial {}\n", line);
    case config::place::criterion:
      return fmt::format("frontend x\n mode http\n bind 127.0.0.1:1\n acl a {} x\n", line);
    case config::place::log_variable: return fmt::format("backend x\n mode http\n http-request set-header x %{}\n", line);
    case config::place::filter: return fmt::format("backend x\n mode http\n filter {}\n", line);
    case config::place::service: return fmt::format("backend x\n mode http\n http-request use-service {}\n", line);
    case config::place::section_word: {
      const std::size_t blank = line.find(' ');
      return fmt::format("{} x\n {}\n", line.substr(0, blank), line.substr(blank + 1));
    }
    case config::place::command:  // no line of a configuration
    case config::place::nowhere: break;
  }
  return {};
}

}  // namespace ringway::test
