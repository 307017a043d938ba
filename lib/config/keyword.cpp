#include "config/keyword.hpp"

namespace ringway::config {

std::string_view name_of(place one) {
  switch (one) {
    case place::file: return "file";
    case place::global: return "global";
    case place::defaults: return "defaults";
    case place::frontend: return "frontend";
    case place::listen: return "listen";
    case place::backend: return "backend";
    case place::bind: return "bind line";
    case place::server: return "server line";
    case place::default_server: return "default-server line";
    case place::log: return "log line";
    case place::balance: return "balance line";
    case place::source: return "source";
    case place::fetch: return "condition";
    case place::converter: return "sample expression";
    case place::http_errors: return "http-errors";
    case place::http_request: return "http-request line";
    case place::tcp_connection: return "tcp-request connection line";
    case place::tcp_session: return "tcp-request session line";
    case place::http_response: return "http-response line";
    case place::http_after_response: return "http-after-response line";
    case place::tcp_content: return "tcp-request content line";
    case place::tcp_response: return "tcp-response content line";
    case place::quic_initial: return "quic-initial line";
    case place::criterion: return "acl";
    case place::log_variable: return "format of a line";
    case place::filter: return "filter line";
    case place::service: return "service";
    case place::command: return "runtime API";
    case place::section_word: return "section not supported yet";
    case place::nowhere: break;
  }
  return "";
}

std::string_view name_of(status state) {
  switch (state) {
    case status::full: return "full";
    case status::no_effect: return "no effect";
    case status::not_yet: return "not yet";
    case status::retired: return "retired";
  }
  return "";
}

}  // namespace ringway::config
