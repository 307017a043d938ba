// The req… and rsp… rules of HAProxy before 2.1: regular expressions over whole lines of a request or response.
// What they said of one header or of the path is said by http-request and http-response rules today.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "migrate/rewrite.hpp"

namespace ringway::migrate {
namespace {

using config::word;

bool response(std::string_view phrase) { return phrase.starts_with("rsp") || phrase.starts_with("srv"); }
bool any_case(std::string_view phrase) {
  return phrase.substr(0, 4) == "reqi" || phrase.substr(0, 4) == "rspi";
}
std::string_view rules_of(std::string_view phrase) { return response(phrase) ? "http-response" : "http-request"; }

bool token(std::string_view text) {
  return !text.empty() && text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
                              std::string_view::npos;
}

// The words behind the rule's own ones are a condition, or nothing.
bool only_condition_from(const statement& one, std::size_t at) {
  const auto& words = one.words();
  return at >= words.size() || words[at].text == "if" || words[at].text == "unless";
}

bool has_variable(const statement& one) {
  return std::any_of(one.words().begin(), one.words().end(), [](const word& each) { return each.empty_variable; });
}

// What every rule of this kind needs: `values` words, then perhaps a condition. False after saying why not.
bool plain_rule(statement& one, const row& by, std::size_t values) {
  if (one.head() == 0 && one.words().size() >= 1 + values && only_condition_from(one, 1 + values) && !has_variable(one))
    return true;
  one.keep(fmt::format("HAProxy 2.1 dropped '{}': write {} rules instead", by.phrase, rules_of(by.phrase)));
  return false;
}

// "^Name: rest": the name, and the rest as an expression over the value. A line has one blank behind the colon.
struct header_match {
  std::string name, value;
};
std::optional<header_match> header_of(std::string_view expression) {
  if (!expression.starts_with('^')) return std::nullopt;
  const std::size_t colon = expression.find(':');
  if (colon == std::string_view::npos || !token(expression.substr(1, colon - 1))) return std::nullopt;
  std::string_view rest = expression.substr(colon + 1);
  bool blank = false;
  for (const std::string_view each : {"[ ]*", "[ ]+", " *", " +", " ?", "\\s*", "\\s+", " "}) {
    if (!rest.starts_with(each)) continue;
    rest.remove_prefix(each.size());
    blank = true;
    break;
  }
  if (!blank && !rest.empty() && !rest.starts_with(".*") && !rest.starts_with("(.*)")) return std::nullopt;
  return header_match{std::string(expression.substr(1, colon - 1)), "^" + std::string(rest)};
}

// "^([^ :]*) /rest": the request line with its method in front. `group`: the method is \1; `slash`: so is the
// slash behind it.
struct line_match {
  std::string rest;
  bool group = false, slash = false;
};
std::optional<line_match> request_line_of(std::string_view expression) {
  struct form {
    std::string_view text;
    bool group, slash;
  };
  constexpr form forms[] = {
      {"^([^ :]*) ", true, false}, {"^([^: ]*) ", true, false}, {"^([^ ]*) ", true, false},  {"^([^ ]+) ", true, false},
      {"^([^ :]+) ", true, false}, {"^(\\w+) ", true, false},   {"^([A-Z]*) ", true, false}, {"^([A-Z]+) ", true, false},
      {"^(.*) ", true, false},     {"^([^ ]* )", true, false},  {"^([^ :]* )", true, false}, {"^([^ ]* /)", true, true},
      {"^([^ :]* /)", true, true}, {"^([^ ]+ /)", true, true},  {"^[^ :]* ", false, false},  {"^[^: ]* ", false, false},
      {"^[^ ]* ", false, false},   {"^[^ ]+ ", false, false},   {"^[A-Z]+ ", false, false},  {"^[A-Z]* ", false, false},
  };
  for (const form& each : forms) {
    if (!expression.starts_with(each.text)) continue;
    return line_match{std::string(expression.substr(each.text.size())), each.group, each.slash};
  }
  return std::nullopt;
}

// The replacement without the method, groups counted anew. nullopt: it uses the method elsewhere, or \0.
std::optional<std::string> shifted(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 >= text.size()) {
      out += text[i];
      continue;
    }
    const char digit = text[++i];
    if (digit == '0' || digit == '1') return std::nullopt;
    out += '\\';
    out += digit >= '2' && digit <= '9' ? static_cast<char>(digit - 1) : digit;
  }
  return out;
}

// The end of the request line: " HTTP/1.1" or " (.*)" in the expression, and the same in the replacement.
bool cut_version(std::string& expression, std::string& replacement) {
  const std::size_t blank = expression.rfind(' ');
  if (blank == std::string::npos) return replacement.find(' ') == std::string::npos;
  const std::size_t other = replacement.rfind(' ');
  if (other == std::string::npos) return false;
  const std::string tail = expression.substr(blank + 1);
  const bool version = tail.find("HTTP") != std::string::npos || tail == "(.*)" || tail == "(.*)$" || tail == "([^ ]*)";
  if (!version) return false;
  expression.erase(blank);
  replacement.erase(other);
  return expression.find(' ') == std::string::npos && replacement.find(' ') == std::string::npos;
}

void say_translated(statement& one, const row& by, std::string_view more = {}) {
  one.because(verdict::translated, fmt::format("HAProxy 2.1 dropped '{}'{}", by.phrase, more), one.words()[one.head()].where.column);
}

}  // namespace

bool rewrite_add(statement& one, const row& by) {
  if (!plain_rule(one, by, 1)) return true;
  const std::string& text = one.words()[1].text;
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos || !token(std::string_view(text).substr(0, colon))) {
    one.keep(fmt::format("HAProxy 2.1 dropped '{}', and this is no header", by.phrase));
    return true;
  }
  std::size_t value = text.find_first_not_of(" \t", colon + 1);
  if (value == std::string::npos) value = text.size();
  std::size_t end = text.find_last_not_of(" \t");
  end = end == std::string::npos || end + 1 < value ? value : end + 1;
  one.replace(0, 1, fmt::format("{} add-header {} {}", rules_of(by.phrase), text.substr(0, colon),
                                as_word(std::string_view(text).substr(value, end - value), true)));
  say_translated(one, by);
  return true;
}

bool rewrite_delete(statement& one, const row& by) {
  if (!plain_rule(one, by, 1)) return true;
  const auto found = header_of(one.words()[1].text);
  constexpr std::string_view anything[] = {"^", "^.*", "^.*$", "^$"};
  if (!found || std::find(std::begin(anything), std::end(anything), found->value) == std::end(anything)) {
    one.keep(fmt::format("HAProxy 2.1 dropped '{}': '{} del-header NAME' removes headers by name only", by.phrase, rules_of(by.phrase)));
    return true;
  }
  one.replace(0, 1, fmt::format("{} del-header {}", rules_of(by.phrase), found->name));
  say_translated(one, by);
  return true;
}

bool rewrite_replace(statement& one, const row& by) {
  if (!plain_rule(one, by, 2)) return true;
  const std::string& expression = one.words()[1].text;
  const std::string& replacement = one.words()[2].text;
  const std::string_view letters = any_case(by.phrase) ? "(?i)" : "";
  if (const auto header = header_of(expression)) {
    const std::size_t colon = replacement.find(':');
    if (colon != std::string::npos && same_text(std::string_view(replacement).substr(0, colon), header->name)) {
      std::size_t value = replacement.find_first_not_of(' ', colon + 1);
      if (value == std::string::npos) value = replacement.size();
      one.replace(0, 2, fmt::format("{} replace-header {} {} {}", rules_of(by.phrase), header->name,
                                    as_word(std::string(letters) + header->value),
                                    as_word(std::string_view(replacement).substr(value), true)));
      say_translated(one, by);
      return true;
    }
  } else if (auto line = response(by.phrase) ? std::nullopt : request_line_of(expression); line && line->group) {
    std::string_view rest = replacement;
    std::string path = line->rest;
    bool good = rest.starts_with("\\1");
    if (good) rest.remove_prefix(2);
    std::string fresh;
    if (line->slash) {
      path.insert(0, "/");
      fresh = "/";
    } else if (good && !expression.starts_with("^([^ ]* )") && !expression.starts_with("^([^ :]* )")) {
      good = rest.starts_with(' ');
      if (good) rest.remove_prefix(1);
    }
    const auto counted = good ? shifted(rest) : std::nullopt;
    if (counted) {
      fresh += *counted;
      if (cut_version(path, fresh) && fresh.starts_with('/') && path.starts_with('/')) {
        const bool query = path.find('?') != std::string::npos &&
                           (path.find("\\?") != std::string::npos || path.find("[?]") != std::string::npos);
        one.replace(0, 2, fmt::format("http-request {} {} {}", query ? "replace-pathq" : "replace-path",
                                      as_word(fmt::format("{}^{}", letters, path)), as_word(fresh, true)));
        say_translated(one, by, query ? "; path and query are rewritten" : "; the path is rewritten, a query stays as it is");
        return true;
      }
    }
  }
  one.keep(fmt::format("HAProxy 2.1 dropped '{}': this expression is neither one header's nor the path's, write {} rules for it",
                       by.phrase, rules_of(by.phrase)));
  return true;
}

bool rewrite_judge(statement& one, const row& by) {
  if (!plain_rule(one, by, 1)) return true;
  const std::string& expression = one.words()[1].text;
  const std::string_view letters = any_case(by.phrase) ? "-i " : "";
  std::string test;
  if (const auto header = header_of(expression)) {
    test = fmt::format("{{ {}.hdr({}) {}-m reg {} }}", response(by.phrase) ? "res" : "req", header->name, letters,
                       as_word(header->value));
  } else if (const auto line = response(by.phrase) ? std::nullopt : request_line_of(expression);
             line && line->rest.find(' ') == std::string::npos && !line->rest.empty()) {
    test = fmt::format("{{ url_reg {}{} }}", letters, as_word((line->slash ? "^/" : "^") + line->rest));
  }
  const auto& words = one.words();
  bool single = true;  // the condition is one name or one bracket
  for (std::size_t i = 3; i < words.size(); ++i) {
    if (words[i].text == "or" || words[i].text == "||") test.clear();
    if (i > 3 && words[3].text != "{") single = false;
    if (words[i].text == "}" && i + 1 < words.size()) single = false;
  }
  const bool unless = words.size() > 2 && words[2].text == "unless";
  if (words.size() == 3 || (unless && !single) || test.empty()) {
    one.keep(fmt::format("HAProxy 2.1 dropped '{}': write {} rules with a condition instead", by.phrase, rules_of(by.phrase)));
    return true;
  }
  const std::string_view action = by.phrase.ends_with("tarpit") ? "tarpit" : by.phrase.ends_with("allow") ? "allow" : "deny";
  const std::string fresh = fmt::format("{} {} if {}", rules_of(by.phrase), action, test);
  if (words.size() == 2) one.replace(0, 1, fresh);
  else one.replace_until(0, 3, fresh + (unless ? " !" : " "));
  say_translated(one, by);
  return true;
}

bool rewrite_httpchk(statement& one, const row&) {
  const auto& words = one.words();
  // option httpchk METHOD URI VERSION…; what is hidden stands behind the version's first line.
  std::size_t at = 2;
  while (at < words.size() && words[at].text.find('\n') == std::string::npos) ++at;
  if (at >= words.size() || one.head() != 0) return false;
  if (at + 1 != words.size() || words[at].empty_variable) {
    one.keep("HAProxy 3 refuses headers behind the version: write 'http-check send hdr NAME VALUE' instead");
    return true;
  }
  std::string_view rest = words[at].text;
  const auto line = [&rest] {
    const std::size_t feed = rest.find('\n');
    std::string_view out = rest.substr(0, feed);
    rest.remove_prefix(feed == std::string_view::npos ? rest.size() : feed + 1);
    if (out.ends_with('\r')) out.remove_suffix(1);
    return out;
  };
  const std::string_view protocol = line();
  std::string send = one.indent() + "http-check send";
  while (!rest.empty()) {
    const std::string_view header = line();
    if (header.empty()) break;
    const std::size_t colon = header.find(':');
    if (colon == std::string_view::npos || !token(header.substr(0, colon))) {
      one.keep("HAProxy 3 refuses headers behind the version, and one of these is none: write 'http-check send' instead");
      return true;
    }
    std::string_view value = header.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    send += fmt::format(" hdr {} {}", header.substr(0, colon), as_word(value, true));
  }
  if (!rest.empty()) send += fmt::format(" body {}", as_word(rest));
  if (protocol.empty()) one.remove(at, at);
  else one.replace(words[at], std::string(protocol));
  if (send.size() > one.indent().size() + 15) one.add_below(std::move(send));
  one.because(verdict::translated, "HAProxy 3 wants headers of checks on a line of their own", words[at].where.column);
  return true;
}

}  // namespace ringway::migrate
