#include "rules/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "config/catalogue.hpp"
#include "config/places.hpp"
#include "config/suggest.hpp"
#include "rules/keywords.hpp"

namespace ringway::rules {
namespace {

using config::word;

bool of_fetch(std::string_view name, const context& in, sample& out) {
  cursor at;
  const fetch_row* row = find_fetch(name);
  return available(row->wants, in.at) && !(row->wants == needs::request && in.request == nullptr) &&
         row->run(in, {}, at, out);
}
bool client_address(const context& in, sample& out) { return of_fetch("src", in, out); }
bool client_port(const context& in, sample& out) { return of_fetch("src_port", in, out); }
bool listener_address(const context& in, sample& out) { return of_fetch("dst", in, out); }
bool listener_port(const context& in, sample& out) { return of_fetch("dst_port", in, out); }
bool front_name(const context& in, sample& out) { return of_fetch("fe_name", in, out); }
bool front_connections(const context& in, sample& out) { return of_fetch("fe_conn", in, out); }
bool all_connections(const context& in, sample& out) { return of_fetch("act_conn", in, out); }
bool host_name(const context& in, sample& out) { return of_fetch("hostname", in, out); }
bool method(const context& in, sample& out) { return of_fetch("method", in, out); }
bool target(const context& in, sample& out) { return of_fetch("url", in, out); }
bool path(const context& in, sample& out) { return of_fetch("path", in, out); }
bool version(const context& in, sample& out) {
  if (in.request == nullptr) return false;
  out.set_text(in.request->minor == 0 ? "HTTP/1.0" : "HTTP/1.1");
  return true;
}
bool query_with_mark(const context& in, sample& out) {
  if (in.request == nullptr) return false;
  const std::size_t mark = in.request->target.find('?');
  out.set_text(mark == std::string_view::npos ? std::string_view() : in.request->target.substr(mark));
  return true;
}

constexpr format_variable variables[] = {
    {"ci", "the client's address", &client_address},
    {"cp", "the client's port", &client_port},
    {"fi", "the address the client came to", &listener_address},
    {"fp", "the port the client came to", &listener_port},
    {"f", "the frontend's name", &front_name},
    {"fc", "clients of the frontend", &front_connections},
    {"ac", "clients of the process", &all_connections},
    {"H", "the name of this machine", &host_name},
    {"HM", "the request's method", &method},
    {"HU", "the request's target", &target},
    {"HPO", "the target's path", &path},
    {"HQ", "the query with its question mark", &query_with_mark},
    {"HV", "HTTP/1.0 or HTTP/1.1", &version},
};

constexpr std::size_t most_pieces = 64;

bool unsafe(char c) {
  const auto b = static_cast<unsigned char>(c);
  return (b < 0x20 && b != '\t') || b == 0x7f;
}

}  // namespace

std::span<const format_variable> format_variables() { return variables; }
bool is_format_variable(std::string_view name) {
  return std::any_of(std::begin(variables), std::end(variables), [&](const format_variable& each) { return each.name == name; });
}

std::optional<format> format::parse(const word& in, config::arguments& line, bool literal, bool lines) {
  format out;
  out.text_ = in.text;
  const std::string& text = in.text;
  const auto wrong = [&](std::string id, std::size_t at, std::size_t length, std::string message, std::string help) {
    line.report().alert(std::move(id), config::part_of(in, at, length),
                        fmt::format("'{}': {}", line.phrase(), message), std::move(help));
    return std::nullopt;
  };
  const auto plain = [&](char c) {
    if (out.pieces_.empty() || out.pieces_.back().what || out.pieces_.back().variable) out.pieces_.emplace_back();
    out.pieces_.back().text += c;
  };
  for (std::size_t at = 0; at < text.size();) {
    if (unsafe(text[at]) && !(lines && (text[at] == '\r' || text[at] == '\n')))
      return wrong("invalid-value", at, 1, "a control character cannot be part of a header line", {});
    if (literal || text[at] != '%') {
      plain(text[at++]);
      continue;
    }
    const std::size_t began = at++;
    if (at >= text.size())
      return wrong("invalid-value", began, 1, "nothing follows '%'", "write '%%' for the character itself");
    if (text[at] == '%') {
      plain('%');
      ++at;
      continue;
    }
    piece one;
    if (text[at] == '{') {
      const std::size_t close = text.find('}', at);
      const std::string flags = close == std::string::npos ? std::string() : text.substr(at + 1, close - at - 1);
      if (flags != "+Q" && flags != "-Q" && flags != "")
        return wrong("not-supported-yet", began, close == std::string::npos ? 1 : close + 1 - began,
                     fmt::format("the flags '{}' of a variable are not supported yet", flags), "+Q (in quotes) is");
      if (close == std::string::npos) return wrong("invalid-value", began, 2, "this brace is never closed", {});
      one.quoted = flags == "+Q";
      at = close + 1;
    }
    if (at < text.size() && text[at] == '[') {
      std::size_t end = 0;
      std::optional<expression> what = parse_expression(in, at + 1, ']', false, end, line);
      if (!what) return std::nullopt;
      if (end >= text.size()) return wrong("invalid-value", began, 2, "'%[' is never closed", {});
      one.what = std::move(*what);
      one.quoted = false;  // HAProxy quotes variables only
      at = end + 1;
    } else {
      std::size_t end = at;
      while (end < text.size() && (is_digit(text[end]) || (lower(text[end]) >= 'a' && lower(text[end]) <= 'z'))) ++end;
      const std::string_view name = std::string_view(text).substr(at, end - at);
      for (const format_variable& each : variables)
        if (each.name == name) one.variable = &each;
      if (one.variable == nullptr) {
        if (any(line.with().keywords.places_of(name) & config::place::log_variable))
          return wrong("not-supported-yet", began, end - began,
                       fmt::format("the variable '%{}' of HAProxy is not supported here yet", name), {});
        return wrong("unknown-keyword", began, std::max<std::size_t>(end - began, 1),
                     fmt::format("there is no variable '%{}'", name), "write '%%' for the character itself");
      }
      at = end;
    }
    out.pieces_.push_back(std::move(one));
    if (out.pieces_.size() + 1 >= most_pieces)
      return wrong("invalid-value", began, at - began, "there are too many variables in one text", {});
  }
  return out;
}

std::string_view format::fill(const context& in) const {
  if (pieces_.empty()) return {};
  if (fixed()) return pieces_[0].text;
  std::array<std::string_view, most_pieces> parts;
  std::size_t size = 0;
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    const piece& one = pieces_[i];
    if (!one.what && !one.variable) {
      parts[i] = one.text;
      size += one.text.size();
      continue;
    }
    sample value;
    cursor at;
    const bool found = one.what ? one.what->evaluate(in, at, value) : one.variable->run(in, value);
    if (found && cast(value, value.what == kind::binary ? kind::binary : kind::text, in.memory)) parts[i] = value.text;
    size += parts[i].size() * 3 + 2;  // escapes, quotes
  }
  char* to = in.memory.take(size);
  std::size_t used = 0;
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    if (pieces_[i].quoted) to[used++] = '"';
    const bool given = !pieces_[i].what && !pieces_[i].variable;
    for (const char c : parts[i]) {
      if (given || !unsafe(c)) {
        to[used++] = c;
        continue;
      }
      constexpr char digits[] = "0123456789ABCDEF";
      to[used++] = '%';
      to[used++] = digits[static_cast<unsigned char>(c) >> 4];
      to[used++] = digits[static_cast<unsigned char>(c) & 15];
    }
    if (pieces_[i].quoted) to[used++] = '"';
  }
  in.memory.shrink(size - used);
  return {to, used};
}

}  // namespace ringway::rules
