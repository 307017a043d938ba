// errorfile, errorfiles, errorloc, in sections and in http-errors.
#include <fmt/format.h>

#include "base/file.hpp"
#include "config/places.hpp"
#include "config/values.hpp"
#include "proxy/keywords.hpp"

namespace ringway::proxy {
namespace {

using config::arguments;
using config::place;
using config::verb;
using config::word;

std::optional<unsigned> status_of(const word& given, const arguments& from) {
  const auto number = config::parse_number(given.text, 0, 999);
  if (number && has_page(static_cast<unsigned>(number.value))) return static_cast<unsigned>(number.value);
  from.wrong("invalid-value", given, fmt::format("'{}': there is no reply with status '{}'", from.phrase(), given.text),
             "200 (monitor-uri), 400, 401, 403, 404, 405, 407, 408, 410, 413, 414, 421, 422, 425, 429, 431, 500 to 505");
  return std::nullopt;
}

// More than any buffer: a file that is still larger is not kept.
constexpr std::size_t most_bytes = std::size_t{1} << 20;

std::shared_ptr<const error_page> page_of(const word& path, const arguments& from) {
  const auto refuse = [&](std::string why, std::string help = {}) {
    from.wrong("bad-file", path, fmt::format("'{}': {}", from.phrase(), why), std::move(help));
    return nullptr;
  };
  if (from.with().syntax_only) return std::make_shared<error_page>();  // no file is read
  const file_text text = read_file(path.text, most_bytes);
  if (text.too_large) return refuse(fmt::format("'{}' is larger than any buffer", path.text));
  if (!text) return refuse(fmt::format("cannot read '{}': {}", path.text, text.why));
  std::string wrong;
  auto page = parse_error_page(text.bytes, wrong);
  if (!page)
    return refuse(fmt::format("'{}' cannot be sent: {}", path.text, wrong),
                  "it holds a whole response: status line, header fields, an empty line, and the body");
  return std::make_shared<error_page>(std::move(*page));
}

std::optional<error_line> file_line(arguments& from) {
  const word* status = from.need("the status of a reply");
  if (status == nullptr) return std::nullopt;
  const auto number = status_of(*status, from);
  if (!number) return std::nullopt;
  const word* path = from.need("a file");
  if (path == nullptr) return std::nullopt;
  error_line out;
  out.where = path->where;
  out.status = *number;
  if (!from.finish()) return std::nullopt;
  out.page = page_of(*path, from);
  if (out.page == nullptr) return std::nullopt;
  return out;
}

void errorfile(section_settings& to, arguments& from) {
  if (auto line = file_line(from)) to.error_lines.push_back(std::move(*line));
}

void group_errorfile(error_group& to, arguments& from) {
  if (auto line = file_line(from)) to.lines.push_back(std::move(*line));
}

template <unsigned Redirect>
void errorloc(section_settings& to, arguments& from) {
  const word* status = from.need("the status of a reply");
  if (status == nullptr) return;
  const auto number = status_of(*status, from);
  if (!number) return;
  const word* url = from.need("a URL");
  if (url == nullptr) return;
  for (std::size_t at = 0; at < url->text.size(); ++at) {
    const auto c = static_cast<unsigned char>(url->text[at]);
    if (c > ' ' && c != 127) continue;
    from.report().alert("invalid-value", config::part_of(*url, at, 1),
                        fmt::format("'{}': a URL has no spaces and no control characters", from.phrase()),
                        "write %20 for a space");
    return;
  }
  if (!from.finish()) return;
  error_line line;
  line.where = url->where;
  line.status = *number;
  line.page = std::make_shared<error_page>(redirecting_page(Redirect, url->text));
  to.error_lines.push_back(std::move(line));
}

void errorfiles(section_settings& to, arguments& from) {
  const word* name = from.need("the name of an http-errors section");
  if (name == nullptr) return;
  error_line line;
  line.where = line.group_where = name->where;
  line.group = name->text;
  while (!from.empty()) {
    const word& given = from.take();
    const auto number = status_of(given, from);
    if (!number) return;
    line.statuses.emplace_back(*number, given.where);
  }
  to.error_lines.push_back(std::move(line));
}

constexpr std::array rows = {
    verb<&errorfile>({.name = "errorfile", .allowed = config::proxies, .grammar = "<status> <file>",
        .summary = "A file with a whole response to send instead of our own. /dev/null: nothing, the connection closes.",
        .example = "errorfile 503 /dev/null", .since = "1.0"}),
    verb<&errorfiles>({.name = "errorfiles", .allowed = config::proxies, .grammar = "<http-errors> [<status>...]",
        .summary = "The responses of an http-errors section, or those of these statuses.",
        .example = "errorfiles site", .since = "2.2"}),
    verb<&errorloc<302>>({.name = "errorloc", .allowed = config::proxies, .grammar = "<status> <url>",
        .summary = "Sends the client elsewhere instead of our own response: 302, with the same method.",
        .example = "errorloc 503 /sorry.html", .since = "1.0"}),
    verb<&errorloc<302>>({.name = "errorloc302", .allowed = config::proxies, .grammar = "<status> <url>",
        .summary = "The same as errorloc.", .example = "errorloc302 503 /sorry.html", .since = "1.3"}),
    verb<&errorloc<303>>({.name = "errorloc303", .allowed = config::proxies, .grammar = "<status> <url>",
        .summary = "Sends the client elsewhere instead of our own response: 303, with GET.",
        .example = "errorloc303 503 /sorry.html", .since = "1.3"}),
};

constexpr std::array group_rows = {
    verb<&group_errorfile>({.name = "errorfile", .allowed = place::http_errors, .grammar = "<status> <file>",
        .summary = "A file with a whole response, for sections that import this one with errorfiles.",
        .example = "errorfile 503 /dev/null", .since = "2.2"}),
};

}  // namespace

std::span<const config::keyword> error_keywords() { return rows; }
std::span<const config::keyword> error_group_keywords() { return group_rows; }

}  // namespace ringway::proxy
