#include "log/format.hpp"

#include "log/logger.hpp"

namespace ringway::log {
namespace {

constexpr std::string_view hexadecimal = "0123456789ABCDEF";

struct byte_set {
  bool of[256] = {};
};

constexpr byte_set odd_bytes(std::string_view more) {
  byte_set set;
  for (int c = 0; c < 256; ++c) set.of[c] = c < 32 || c > 126;
  for (const char c : more) set.of[static_cast<unsigned char>(c)] = true;
  return set;
}

constexpr byte_set odd_in_request = odd_bytes("\"#");
constexpr byte_set odd_in_header = odd_bytes("\"#{|}");

void put_escaped(text_out& out, std::string_view text, const byte_set& odd) {
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (!odd.of[c]) continue;
    out << text.substr(plain, i - plain) << '#' << hexadecimal[c >> 4] << hexadecimal[c & 15];
    plain = i + 1;
  }
  out << text.substr(plain);
}

void put_host(text_out& out, const address& of) {
  if (of.is_ip()) {
    char text[64];
    out << std::string_view(text, of.write_host(text));
  } else {
    out << (of.kind == family::none ? "-" : "unix");
  }
}

void put_port(text_out& out, const address& of, std::uint32_t listener_id) {
  if (of.is_ip()) {
    out << std::uint32_t{of.port};
  } else {
    out << listener_id;
  }
}

// [24/Nov/2026:00:21:21.517] without the brackets
void put_date(text_out& out, std::int64_t microseconds, date_cache& kept) {
  kept.set(microseconds / 1000000);
  out << kept.common() << '.';
  out.padded(static_cast<unsigned>(microseconds % 1000000 / 1000), 3);
}

void put_iso(text_out& out, std::int64_t microseconds, date_cache& kept) {
  kept.set(microseconds / 1000000);
  out << kept.iso() << '.';
  out.padded(static_cast<unsigned>(microseconds % 1000000), 6) << kept.offset();
}

std::int64_t request_date(const record& what) {
  return what.request_at != 0 ? what.request_at : what.accepted_at;
}
std::string_view backend_of(const record& what) {
  return what.backend.empty() ? what.frontend : what.backend;
}
std::string_view server_of(const record& what) {
  return what.server.empty() ? std::string_view("<NOSRV>") : what.server;
}

// %r: cut first, quoted after, as the reference does.
void put_request(text_out& out, const record& what, std::size_t request_length) {
  auto left = request_length > 0 ? request_length - 1 : 0;
  const auto part = [&](std::string_view text) {
    text = text.substr(0, left);
    left -= text.size();
    put_quoted(out, text);
  };
  if (!what.raw_request.empty()) {
    part(what.raw_request);
  } else if (what.method.empty() && what.uri.empty()) {
    out << "<BADREQ>";
  } else {
    part(what.method);
    part(" ");
    part(what.uri);
    if (!what.version.empty()) {
      part(" ");
      part(what.version);
    }
  }
}

template <class What>
void put_client(text_out& out, const What& what) {
  put_host(out, what.client);
  out << ':';
  put_port(out, what.client, what.listener_id);
}

void put_counts(text_out& out, const record& what, char between) {
  out << what.actconn << between << what.feconn << between << what.beconn << between << what.srvconn
      << between;
  if (what.redispatched) out << '+';
  out << what.retries << ' ' << what.server_queue << between << what.backend_queue;
}

void put_cookie(text_out& out, std::string_view value) {
  if (value.empty()) {
    out << '-';
  } else {
    put_quoted(out, value);
  }
}

void put_captures(text_out& out, std::span<const std::string_view> values) {
  if (values.empty()) return;
  char before = '{';
  for (const auto value : values) {
    out << before;
    put_quoted_header(out, value);
    before = '|';
  }
  out << "} ";
}

void put_short(text_out& out, const record& what) {
  out << "Connect ";
  if (what.client.is_ip()) {
    out << "from ";
    put_client(out, what);
    out << " to ";
    put_host(out, what.local);
    out << ':';
    put_port(out, what.local, what.listener_id);
  } else {
    out << "to unix:" << what.listener_id;  // a client of a unix socket has no name
  }
  out << " (" << what.frontend << (what.http ? "/HTTP)" : "/TCP)");
}

void put_tcp(text_out& out, const record& what, dates& kept) {
  put_client(out, what);
  out << " [";
  put_date(out, what.accepted_at, kept.request);
  out << "] " << what.frontend << (what.tls ? "~ " : " ") << backend_of(what) << '/' << server_of(what) << ' '
      << what.time_queue << '/' << what.time_connect << '/';
  const std::string_view more = what.asap ? "+" : "";
  out << more << what.time_total << ' ' << more << what.bytes_to_client << ' ' << what.cause << what.stage
      << ' ';
  put_counts(out, what, '/');
}

void put_http(text_out& out, const record& what, dates& kept, std::size_t request_length) {
  put_client(out, what);
  out << " [";
  put_date(out, request_date(what), kept.request);
  out << "] " << what.frontend << (what.tls ? "~ " : " ") << backend_of(what) << '/' << server_of(what) << ' '
      << what.time_request << '/' << what.time_queue << '/' << what.time_connect << '/' << what.time_response
      << '/';
  const std::string_view more = what.asap ? "+" : "";
  out << more << what.time_active << ' ' << what.status << ' ' << more << what.bytes_to_client << ' ';
  put_cookie(out, what.request_cookie);
  out << ' ';
  put_cookie(out, what.response_cookie);
  out << ' ' << what.cause << what.stage << what.cookie << what.cookie_operation << ' ';
  put_counts(out, what, '/');
  out << ' ';
  put_captures(out, what.request_captures);
  put_captures(out, what.response_captures);
  out << '"';
  put_request(out, what, request_length);
  out << '"';
}

// The same fields, one a column, strings in quotes, date in UTC and before everything else as in CLF.
void put_clf(text_out& out, const record& what, dates& kept, std::size_t request_length) {
  put_host(out, what.client);
  kept.utc.set(request_date(what) / 1000000);
  out << " - - [" << kept.utc.common() << " +0000] \"";
  put_request(out, what, request_length);
  const std::string_view more = what.asap ? "+" : "";
  out << "\" " << what.status << ' ' << more << what.bytes_to_client << " \"\" \"\" ";
  put_port(out, what.client, what.listener_id);
  out << ' ';
  out.padded(static_cast<unsigned>(what.accepted_at % 1000000 / 1000), 3);
  out << " \"" << what.frontend << (what.tls ? "~\" \"" : "\" \"") << backend_of(what) << "\" \""
      << server_of(what) << "\" " << what.time_request << ' ' << what.time_queue << ' ' << what.time_connect
      << ' ' << what.time_response << ' ' << more << what.time_active << ' ' << what.cause << what.stage
      << what.cookie << what.cookie_operation << ' ';
  put_counts(out, what, ' ');
  out << " \"";
  put_quoted(out, what.request_cookie);
  out << "\" \"";
  put_quoted(out, what.response_cookie);
  out << "\" ";
  const auto captures = [&](std::span<const std::string_view> values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      out << (i == 0 ? "\"" : " \"");
      put_quoted_header(out, values[i]);
      out << '"';
    }
  };
  captures(what.request_captures);
  if (!what.request_captures.empty()) out << ' ';
  captures(what.response_captures);
}

}  // namespace

void put_quoted(text_out& out, std::string_view text) { put_escaped(out, text, odd_in_request); }
void put_quoted_header(text_out& out, std::string_view text) { put_escaped(out, text, odd_in_header); }

void put_body(text_out& out, settings::style style, const record& what, dates& kept,
              std::size_t request_length) {
  switch (style) {
    case settings::style::none:
      return put_short(out, what);
    case settings::style::tcp:
      return put_tcp(out, what, kept);
    case settings::style::http:
      return put_http(out, what, kept, request_length);
    case settings::style::clf:
      return put_clf(out, what, kept, request_length);
  }
}

void put_early_end(text_out& out, const early_end& what, dates& kept) {
  put_client(out, what);
  out << " [";
  put_date(out, what.accepted_at, kept.request);
  out << "] " << what.frontend << '/';
  if (what.listener.empty()) {
    out << what.listener_id;
  } else {
    out << what.listener;
  }
  out << ": " << what.reason;
}

bool put_header(text_out& out, line_format format, int facility, level urgency, std::int64_t now_microseconds,
                const sender& from, dates& kept) {
  char scratch[48];
  const auto whole = [&](std::string_view text) {
    if (text.size() > out.room()) return false;
    out << text;
    return true;
  };
  const auto priority = [&](int number) {
    text_out part(scratch, sizeof scratch);
    part << '<' << number << '>';
    return whole(part.view());
  };
  const auto iso_date = [&] {
    text_out part(scratch, sizeof scratch);
    put_iso(part, now_microseconds, kept.now);
    part << ' ';
    return whole(part.view());
  };
  const int severity = static_cast<int>(urgency);
  const int number = facility * 8 + severity;
  switch (format) {
    case line_format::rfc3164:
    case line_format::local:
    case line_format::unset: {
      kept.now.set(now_microseconds / 1000000);
      if (!priority(number) || !whole(kept.now.syslog()) || !whole(" ")) return false;
      if (format == line_format::rfc3164) {
        const auto host = from.hostname.empty() ? std::string_view("localhost") : from.hostname;
        if (!whole(host) || !whole(" ")) return false;
      }
      return whole(from.tag) && whole("[") && whole(from.pid) && whole("]: ");
    }
    case line_format::rfc5424: {
      const auto host = from.hostname.empty() ? std::string_view("-") : from.hostname;
      return priority(number) && whole("1 ") && iso_date() && whole(host) && whole(" ") && whole(from.tag) &&
             whole(" ") && whole(from.pid) && whole(" - - ");
    }
    case line_format::priority:
      return priority(number);
    case line_format::short_:
      return priority(severity);
    case line_format::timed:
      return priority(severity) && iso_date();
    case line_format::iso:
      return iso_date();
    case line_format::raw:
    case line_format::json:
      return true;
  }
  return true;
}

std::string_view name_of(level urgency) {
  static constexpr std::string_view names[] = {"emerg",   "alert",  "crit", "err",
                                               "warning", "notice", "info", "debug"};
  return names[static_cast<std::size_t>(urgency) & 7];
}

}  // namespace ringway::log
