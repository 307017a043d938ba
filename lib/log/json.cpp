// The JSON body. Numbers and names first, the request last: when the line must be cut it is the request that
// gives.
#include "log/format.hpp"
#include "log/logger.hpp"

namespace ringway::log {
namespace {

constexpr std::string_view hexadecimal = "0123456789abcdef";

// Length of the well-formed UTF-8 sequence at `at` (RFC 3629 section 4); 0: none.
std::size_t sequence(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned>(static_cast<unsigned char>(text[i])) : 0U;
  };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const auto first = byte(at), second = byte(at + 1);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(at + 1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!tail(at + 1) || !tail(at + 2)) return 0;
    if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F))
      return 0;  // overlong, surrogate
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!tail(at + 1) || !tail(at + 2) || !tail(at + 3)) return 0;
    if ((first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) return 0;
    return 4;
  }
  return 0;
}

// Contents of a JSON string (RFC 8259 section 7), leaving `keep` bytes free in `out`. Bytes that are not
// UTF-8 become U+FFFD. False: cut, between characters.
bool put_string(text_out& out, std::string_view text, std::size_t keep) {
  for (std::size_t i = 0; i < text.size();) {
    char escape[6] = {'\\', 'u', '0', '0', '0', '0'};
    std::string_view piece;
    const auto length = sequence(text, i);
    const char c = text[i];
    if (length == 0) {
      piece = "\\ufffd";
    } else if (c == '"' || c == '\\') {
      escape[1] = c;
      piece = std::string_view(escape, 2);
    } else if (static_cast<unsigned char>(c) < 32 || c == 127) {
      escape[4] = hexadecimal[static_cast<unsigned char>(c) >> 4];
      escape[5] = hexadecimal[static_cast<unsigned char>(c) & 15];
      piece = std::string_view(escape, 6);
    } else {
      piece = text.substr(i, length);
    }
    if (out.room() < piece.size() + keep) return false;
    out << piece;
    i += length == 0 ? 1 : length;
  }
  return true;
}

void put_key(text_out& out, std::string_view key) { out << ",\"" << key << "\":"; }

void put_pair(text_out& out, std::string_view key, std::string_view value) {
  put_key(out, key);
  out << '"';
  put_string(out, value, 0);
  out << '"';
}

template <class T>
void put_number(text_out& out, std::string_view key, T value) {
  put_key(out, key);
  out << value;
}

void put_flag(text_out& out, std::string_view key, bool value) {
  put_key(out, key);
  out << (value ? "true" : "false");
}

void put_start(text_out& out, std::int64_t microseconds, level urgency, dates& kept) {
  kept.utc.set(microseconds / 1000000);
  out << "{\"time\":\"" << kept.utc.iso() << '.';
  out.padded(static_cast<unsigned>(microseconds % 1000000), 6)
      << "Z\",\"level\":\"" << name_of(urgency) << '"';
}

constexpr std::string_view truncated_end = "\",\"truncated\":true}";

// The last member, a string that may be cut, and the end of the object. False: not even the key fits.
bool put_last(text_out& out, std::string_view key, std::string_view value) {
  const auto start = out.size();
  for (const auto end : {std::string_view("\"}"), truncated_end}) {
    if (out.room() < key.size() + 5 + end.size()) return false;
    put_key(out, key);
    out << '"';
    if (put_string(out, value, end.size()) || end == truncated_end) {
      out << end;
      return true;
    }
    out.shrink(start);
  }
  return false;
}

void put_remains(text_out& out, level urgency) {
  out.shrink(0);
  out << "{\"level\":\"" << name_of(urgency) << "\",\"truncated\":true}";
}

void put_address(text_out& out, const address& client) {
  put_key(out, "client");
  if (client.is_ip()) {
    char text[64];
    out << '"' << std::string_view(text, client.write_host(text)) << '"';
    put_number(out, "client_port", std::uint32_t{client.port});
  } else if (client.kind == family::none) {
    out << "null";
  } else {
    out << "\"unix\"";
  }
}

}  // namespace

void put_json(text_out& out, const record& what, level urgency, dates& kept, std::size_t request_length) {
  put_start(out, what.request_at != 0 ? what.request_at : what.accepted_at, urgency, kept);
  put_address(out, what.client);
  put_pair(out, "frontend", what.frontend);
  put_flag(out, "tls", what.tls);
  put_pair(out, "backend", what.backend.empty() ? what.frontend : what.backend);
  put_key(out, "server");
  if (what.server.empty()) {
    out << "null";
  } else {
    out << '"';
    put_string(out, what.server, 0);
    out << '"';
  }
  if (what.http) put_number(out, "status", what.status);
  const char flags[4] = {what.cause, what.stage, what.cookie, what.cookie_operation};
  put_pair(out, "termination", std::string_view(flags, what.http ? 4 : 2));
  if (!what.reason.empty()) put_pair(out, "reason", what.reason);
  put_number(out, "bytes_to_client", what.bytes_to_client);
  put_number(out, "bytes_to_server", what.bytes_to_server);
  put_number(out, "time_handshake", what.time_handshake);
  if (what.http) {
    put_number(out, "time_idle", what.time_idle);
    put_number(out, "time_request", what.time_request);
  }
  put_number(out, "time_queue", what.time_queue);
  put_number(out, "time_connect", what.time_connect);
  if (what.http) {
    put_number(out, "time_response", what.time_response);
    put_number(out, "time_active", what.time_active);
  }
  put_number(out, "time_total", what.time_total);
  put_flag(out, "asap", what.asap);
  put_number(out, "actconn", what.actconn);
  put_number(out, "feconn", what.feconn);
  put_number(out, "beconn", what.beconn);
  put_number(out, "srvconn", what.srvconn);
  put_number(out, "retries", what.retries);
  put_flag(out, "redispatched", what.redispatched);
  put_number(out, "server_queue", what.server_queue);
  put_number(out, "backend_queue", what.backend_queue);

  bool whole = !out.cut();
  if (whole && !what.http) {
    out << '}';
  } else if (whole && !what.raw_request.empty()) {
    whole = put_last(out, "request", what.raw_request.substr(0, request_length - 1));
  } else if (whole && what.method.empty() && what.uri.empty()) {
    put_key(out, "request");
    out << "null}";
  } else if (whole) {
    put_pair(out, "method", what.method);
    put_pair(out, "version", what.version);
    whole = !out.cut() && put_last(out, "uri", what.uri.substr(0, request_length - 1));
  }
  if (!whole || out.cut()) put_remains(out, urgency);
}

void put_json_early_end(text_out& out, const early_end& what, level urgency, dates& kept) {
  put_start(out, what.accepted_at, urgency, kept);
  put_address(out, what.client);
  put_pair(out, "frontend", what.frontend);
  if (what.listener.empty()) {
    put_number(out, "listener_id", what.listener_id);
  } else {
    put_pair(out, "listener", what.listener);
  }
  if (out.cut() || !put_last(out, "reason", what.reason)) put_remains(out, urgency);
}

void put_json_message(text_out& out, std::string_view text, level urgency, std::int64_t now_microseconds,
                      dates& kept) {
  put_start(out, now_microseconds, urgency, kept);
  if (out.cut() || !put_last(out, "message", text)) put_remains(out, urgency);
}

}  // namespace ringway::log
