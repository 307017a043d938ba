#include "rules/acl.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/file.hpp"
#include "base/text.hpp"
#include "config/places.hpp"
#include "config/suggest.hpp"

namespace ringway::rules {
namespace {

// Of one file of patterns; lists of millions are in use.
constexpr std::size_t largest_list = std::size_t{1} << 30;

using config::word;

// One criterion, read from left to right: fetch, flags, operator, values.
class test_parser {
 public:
  test_parser(std::size_t first, std::size_t last, config::arguments& line)
      : words_(line.whole().words), at_(first), last_(last), line_(line) {}

  std::optional<test> run() {
    test out;
    const std::size_t first = at_;
    const word& name = words_[at_++];
    std::size_t end = 0;
    std::optional<expression> what = parse_expression(name, 0, '\0', true, end, line_);
    if (!what) return std::nullopt;
    how_ = what->form ? what->form : default_match(what->gives());
    out.what = std::move(*what);
    asks_method_ = out.what.fetch->name == "method" && out.what.steps.empty();
    // -m must be known before the first pattern.
    if (!flags(out)) return std::nullopt;
    if (!how_) {
      line_.wrong("missing-argument", name,
                  fmt::format("'{}': '{}' gives {} data, which needs a matching method", line_.phrase(), out.what.text,
                              name_of(out.what.gives())),
                  "for example '-m bin', '-m str' or '-m found'");
      return std::nullopt;
    }
    made_ = std::make_shared<patterns>(*how_);
    if (!load_files() || !values()) return std::nullopt;
    made_->finish();
    const bool needs_values = *how_ != match::found && *how_ != match::boolean;
    if (needs_values && made_->count() == 0 && !unread_ && !meant_)
      line_.warn("incomplete", name,
                 fmt::format("'{}': '{}' has no value to compare with and never matches", line_.phrase(), out.what.text),
                 "write values behind it, '-m found' to ask whether it is there, or '--' if that is meant");
    out.by = std::move(made_);
    out.where = config::joined(words_[first].where, words_[last_ - 1].where);
    for (std::size_t i = first; i < last_; ++i) out.text += fmt::format("{}{}", i > first ? " " : "", words_[i].text);
    return out;
  }

 private:
  struct file {
    const word* name;
    bool ignore_case;
  };

  const word* value_of(const word& flag, std::string_view what) {
    if (at_ < last_) return &words_[at_++];
    line_.report().alert("missing-argument", config::behind(flag), fmt::format("'{}' needs {}", flag.text, what));
    return nullptr;
  }

  bool flags(const test& out) {
    while (at_ < last_ && words_[at_].text.starts_with('-') && words_[at_].text.size() > 1) {
      const word& flag = words_[at_];
      if (flag.text.size() > 1 && is_digit(flag.text[1])) break;  // a negative number
      ++at_;
      if (flag.text == "--") {
        meant_ = true;
        break;
      }
      if (flag.text == "-i") {
        ignore_case_ = true;
      } else if (flag.text == "-n") {
        resolve_ = false;
      } else if (flag.text == "-M") {
        as_map_ = true;
      } else if (flag.text == "-u") {
        if (value_of(flag, "a number") == nullptr) return false;
      } else if (flag.text == "-f") {
        const word* name = value_of(flag, "the name of a file");
        if (name == nullptr) return false;
        files_.push_back({name, ignore_case_});
      } else if (flag.text == "-m") {
        const word* name = value_of(flag, "a matching method");
        if (name == nullptr || !method(*name, out)) return false;
      } else {
        line_.wrong("unknown-keyword", flag, fmt::format("'{}': unknown flag '{}'", line_.phrase(), flag.text),
                    "flags are -i, -f <file>, -m <method>, -n, -M, -u <id>; write -- before values that begin with a dash");
        return false;
      }
    }
    return true;
  }

  bool method(const word& name, const test& out) {
    std::vector<std::string_view> known;
    for (const match_name& each : match_names()) {
      known.push_back(each.name);
      if (each.name != name.text) continue;
      const std::optional<kind> wanted = wanted_kind(each.how);
      const kind given = out.what.gives();
      const bool fits = !wanted || castable(given, *wanted) || given == kind::binary;
      if (!fits || (given == kind::binary && (each.how == match::boolean || each.how == match::integer)) ||
          (given == kind::ip && each.how == match::boolean)) {
        line_.wrong("invalid-value", name,
                    fmt::format("'{}': '-m {}' cannot be used with '{}', which gives {} data", line_.phrase(), name.text,
                                out.what.text, name_of(given)));
        return false;
      }
      if (!files_.empty()) {
        line_.wrong("invalid-value", name, fmt::format("'{}': '-m' must stand before '-f'", line_.phrase()));
        return false;
      }
      how_ = each.how;
      asks_method_ = false;
      return true;
    }
    line_.wrong_choice(name, known, "a matching method");
    return false;
  }

  bool load_files() {
    for (const file& each : files_) {
      std::string path = each.name->text;
      bool optional = false;
      if (path.starts_with("virt@")) {
        unread_ = true;  // patterns that only the runtime API would add
        continue;
      }
      if (path.starts_with("opt@")) optional = true, path.erase(0, 4);
      if (path.starts_with("file@")) path.erase(0, 5);
      if (line_.with().syntax_only) {
        unread_ = true;
        continue;
      }
      const file_text list = read_file(path, largest_list);
      if (!list && optional && list.error == ENOENT) {
        unread_ = true;
        continue;
      }
      if (!list) {
        line_.wrong("unreadable-file", *each.name,
                    fmt::format("'{}': the pattern file '{}' cannot be read: {}", line_.phrase(), path, list.why),
                    list.error == EISDIR ? "a container's engine makes a directory of a file that is missing on its host" : "");
        return false;
      }
      if (!patterns_of(list.bytes, path, each)) return false;
      unread_ = unread_ || made_->count() == 0;  // an empty list may be filled later
    }
    return true;
  }

  bool patterns_of(std::string_view rest, const std::string& path, const file& from) {
    for (std::size_t number = 1; !rest.empty(); ++number) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      std::string_view text = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (text.starts_with('#')) continue;
      while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
      while (!text.empty() && text.back() == '\r') text.remove_suffix(1);
      if (as_map_) text = text.substr(0, text.find_first_of(" \t"));
      if (text.empty()) continue;
      const std::string error = text.find('\0') == std::string_view::npos ? add(text, from.ignore_case)
                                                                           : "there is a NUL byte; this is no list of texts";
      if (error.empty()) continue;
      line_.wrong("invalid-value", *from.name, fmt::format("'{}': {}, line {}: {}", line_.phrase(), path, number, error));
      return false;
    }
    return true;
  }

  // The name of a machine stands for its first IPv4 address, looked up now, unless -n forbids it.
  std::string add(std::string_view text, bool ignore_case) {
    // The standard methods are compared by what they are, and they are capital letters; -i is for others.
    if (ignore_case && asks_method_)
      for (const std::string_view known : {"OPTIONS", "GET", "HEAD", "POST", "PUT", "DELETE", "TRACE", "CONNECT"})
        ignore_case = ignore_case && !same_text(text, known);
    std::string error = made_->add(text, ignore_case);
    if (error.empty() || *how_ != match::ip || !resolve_) return error;
    const std::string_view host = text.substr(0, text.find('/'));
    const std::string_view bits = text.substr(host.size());
    bool letters = false;
    for (const char c : host) {
      const bool letter = lower(c) >= 'a' && lower(c) <= 'z';
      letters = letters || letter;
      if (!letter && !is_digit(c) && c != '-' && c != '.' && c != '_') return error;
    }
    if (!letters) return error;
    if (line_.with().syntax_only) {
      unread_ = true;
      return {};
    }
    addrinfo wanted{};
    wanted.ai_family = AF_INET;
    addrinfo* found = nullptr;
    if (::getaddrinfo(std::string(host).c_str(), nullptr, &wanted, &found) != 0 || found == nullptr)
      return fmt::format("'{}' is neither an address, a network nor the name of a machine", text);
    const address at = from_raw(found->ai_addr, found->ai_addrlen);
    ::freeaddrinfo(found);
    return made_->add(fmt::format("{}{}", at.host_text(), bits), ignore_case);
  }

  bool values() {
    auto by = patterns::comparison::eq;
    const bool numeric = *how_ == match::integer || *how_ == match::len;
    for (; at_ < last_; ++at_) {
      const word& value = words_[at_];
      if (numeric) {
        if (const auto found = patterns::operator_named(value.text); found && !value.quoted) {
          by = *found;
          if (at_ + 1 == last_) {
            line_.report().alert("missing-argument", config::behind(value),
                                 fmt::format("'{}' needs a number", value.text));
            return false;
          }
          continue;
        }
      }
      const std::string error = numeric ? made_->add_number(value.text, by) : add(value.text, ignore_case_);
      if (error.empty()) continue;
      std::string help;
      if (!numeric && patterns::operator_named(value.text)) help = "operators compare numbers";
      line_.wrong("invalid-value", value, fmt::format("'{}': {}", line_.phrase(), error), std::move(help));
      return false;
    }
    return true;
  }

  const std::vector<word>& words_;
  std::size_t at_, last_;
  config::arguments& line_;
  std::optional<match> how_;
  std::shared_ptr<patterns> made_;
  std::vector<file> files_;
  bool ignore_case_ = false, as_map_ = false, unread_ = false, meant_ = false, resolve_ = true;
  bool asks_method_ = false;
};

void show(std::string& to, const sample& value) {
  if (to.size() > 200) return;
  if (!to.empty()) to += ", ";
  switch (value.what) {
    case kind::boolean: to += value.number != 0 ? "true" : "false"; break;
    case kind::integer: to += fmt::format("{}", value.number); break;
    case kind::ip: to += value.ip.host_text(); break;
    case kind::text:
    case kind::binary: to += fmt::format("\"{}\"", value.text.substr(0, 120)); break;
  }
}

constexpr predefined_acl ready_made[] = {
    {"FALSE", "always_false"},
    {"HTTP", "req.proto_http"},
    {"HTTP_1.0", "req.ver 1.0"},
    {"HTTP_1.1", "req.ver 1.1"},
    {"HTTP_2.0", "req.ver 2.0"},
    {"HTTP_3.0", "req.ver 3.0"},
    {"HTTP_CONTENT", "req.hdr_val(content-length) gt 0"},
    {"HTTP_URL_ABS", "url_reg ^[^/:]*://"},
    {"HTTP_URL_SLASH", "url_beg /"},
    {"HTTP_URL_STAR", "url *"},
    {"LOCALHOST", "src 127.0.0.1/8 ::1"},
    {"METH_CONNECT", "method CONNECT"},
    {"METH_DELETE", "method DELETE"},
    {"METH_GET", "method GET HEAD"},
    {"METH_HEAD", "method HEAD"},
    {"METH_OPTIONS", "method OPTIONS"},
    {"METH_POST", "method POST"},
    {"METH_PUT", "method PUT"},
    {"METH_TRACE", "method TRACE"},
    {"RDP_COOKIE", ""},
    {"REQ_CONTENT", ""},
    {"TRUE", "always_true"},
    {"WAIT_END", "always_true"},  // where a whole request is at hand, its end has been waited for
};

}  // namespace

std::optional<test> parse_test(std::size_t first, std::size_t last, config::arguments& line) {
  return test_parser(first, last, line).run();
}

std::span<const predefined_acl> predefined_acls() { return ready_made; }

bool test::holds(const context& in, std::string* seen) const {
  cursor at;
  at.every = true;
  sample value;
  do {
    if (!what.evaluate(in, at, value)) return false;
    if (seen != nullptr) show(*seen, value);
    if (by->matches(value, in.memory)) return true;
  } while (at.more);
  return false;
}

bool acl::holds(const context& in, std::string* seen) const {
  for (const test& each : tests)
    if (each.holds(in, seen)) return true;
  return false;
}

}  // namespace ringway::rules
