#include "config/manual.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/columns.hpp"
#include "config/places.hpp"
#include "config/suggest.hpp"

namespace ringway::config {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool glob(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::string where_text(const keyword& row) {
  return row.allowed == place::file ? std::string("section") : places_text(row.allowed);
}

void explain(std::string& to, const keyword& row, std::size_t width) {
  std::string head(row.name);
  if (!row.grammar.empty()) head += fmt::format("{}{}", row.grammar.starts_with("(") ? "" : " ", row.grammar);
  wrap(to, head, 0, width);
  std::string about = fmt::format("in {}", where_text(row));
  if (!row.since.empty()) about += fmt::format("; HAProxy {}", row.since);
  if (row.state == status::retired) about += "; an old spelling";
  if (row.state == status::no_effect) about += "; accepted, no effect";
  if (row.state == status::not_yet) about += "; not supported yet";
  if (!row.instead.empty()) about += fmt::format(", today {}", row.instead);
  wrap(to, about, 4, width);
  wrap(to, row.summary, 4, width);
  if (!row.example.empty()) wrap(to, fmt::format("example: {}", row.example), 4, width);
}

void names(std::string& to, const catalogue& of, status state, std::size_t width) {
  std::string list;
  for (const catalogue::entry& each : of.all())
    if (each.row->state == state) list += fmt::format("{}{}", list.empty() ? "" : ", ", each.row->name);
  wrap(to, list, 4, width);
}

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    if (c == '<') out += "&lt;";
    else out += c;
  }
  return out;
}

void table(std::string& to, const catalogue& of, std::string_view title, std::string_view intro, place here) {
  to += fmt::format("\n## {}\n\n{}\n\n| keyword | allowed in | meaning | example | since |\n|---|---|---|---|---|\n",
                    title, intro);
  for (const catalogue::entry& each : of.all()) {
    const keyword& row = *each.row;
    if (row.state != status::full || !any(row.allowed & here)) continue;
    to += fmt::format("| <a id=\"{}\"></a>**{}**{}{} | {} | {} | {} | {} |\n", anchor_of(here, row.name), cell(row.name),
                      row.grammar.empty() || row.grammar.starts_with("(") ? "" : " ", cell(row.grammar),
                      cell(where_text(row)), cell(row.summary),
                      row.example.empty() ? std::string() : fmt::format("`{}`", row.example), cell(row.since));
  }
}

void others(std::string& to, const catalogue& of, status state) {
  // One paragraph for each summary and place: the groups that known words come in.
  std::vector<const keyword*> rows;
  for (const catalogue::entry& each : of.all())
    if (each.row->state == state) rows.push_back(each.row);
  for (std::size_t at = 0; at < rows.size();) {
    const keyword& first = *rows[at];
    to += fmt::format("- {} ({}{}): ", cell(first.summary), where_text(first),
                      first.instead.empty() ? std::string() : fmt::format("; today `{}`", first.instead));
    std::size_t count = 0;
    for (; at < rows.size() && rows[at]->summary == first.summary && rows[at]->allowed == first.allowed &&
           rows[at]->instead == first.instead;
         ++at)
      to += fmt::format("{}`{}`", count++ == 0 ? "" : ", ", rows[at]->name);
    to += '\n';
  }
}

}  // namespace

void wrap(std::string& to, std::string_view text, std::size_t indent, std::size_t width) {
  const std::string lines = wrapped(text, indent, indent, width);
  if (!lines.empty()) to.append(indent, ' ').append(lines).append(1, '\n');
}

std::string anchor_of(place here, std::string_view name) {
  const std::string_view kind = any(here & proxies)        ? "proxy"
                                : any(here & server_lines) ? "server"
                                                           : name_of(here);
  std::string out = fmt::format("{}-{}", kind.substr(0, kind.find(' ')), name);
  std::replace(out.begin(), out.end(), ' ', '-');
  return out;
}

bool matches(std::string_view pattern, std::string_view text) {
  const std::string wanted = lower(pattern);
  if (wanted.find('*') == std::string::npos) return lower(text).find(wanted) != std::string::npos;
  return glob(wanted, lower(text));
}

std::string print_keywords(const catalogue& of, std::string_view pattern, std::size_t width) {
  std::string out;
  std::size_t found = 0;
  const bool all = pattern.empty();
  for (const bool by_name : {true, false}) {
    for (const catalogue::entry& each : of.all()) {
      const keyword& row = *each.row;
      if (all && row.state != status::full) continue;
      const bool name = matches(pattern, row.name);
      if (name != by_name || (!name && (row.state != status::full || !matches(pattern, row.summary)))) continue;
      if (found++ > 0) out += '\n';
      explain(out, row, width);
    }
  }
  if (all) {
    out += "\naccepted, without effect:\n";
    names(out, of, status::no_effect, width);
    out += "\nold spellings, accepted with a warning:\n";
    names(out, of, status::retired, width);
    out += "\nkeywords of HAProxy that are not supported yet:\n";
    names(out, of, status::not_yet, width);
    return out;
  }
  if (found > 0) return out;
  std::vector<std::string_view> known;
  for (const catalogue::entry& each : of.all()) known.push_back(each.row->name);
  wrap(out, fmt::format("No keyword matches '{}'. {}", pattern, did_you_mean(pattern, known)), 0, width);
  return out;
}

std::string markdown(const catalogue& of) {
  std::string out =
      "# Keywords\n\n"
      "Written by the program from its own tables; a test compares. To write it anew: "
      "`RINGWAY_WRITE_GENERATED=1 build/test_app`.\n\n"
      "`<…>` stands for a value, `[…]` may be left out. Times are numbers with us, ms, s, m, h or d (ms when nothing "
      "is written), sizes end in k, m or g. Options may follow `no` or `default`. A proxy begins with what the "
      "`defaults` section above it says, or the one it names with `from`.\n";
  table(out, of, "Sections", "A section lasts until the next one or the end of the file.", place::file);
  table(out, of, "Global", "Of the whole process.", place::global);
  table(out, of, "Proxies", "Lines of defaults, frontend, listen and backend.", proxies);
  table(out, of, "Words of bind", "Behind the addresses.", place::bind);
  table(out, of, "Words of server and default-server", "Behind the address.", server_lines);
  table(out, of, "Words of a server's source", "Behind the address.", place::source);
  table(out, of, "Algorithms of balance", "The first word behind `balance`.", place::balance);
  table(out, of, "Words of log", "Between the address and the facility.", place::log);
  table(out, of, "Actions of http-request", "The word behind `http-request`. `<format>` is a text with holes: "
        "`%[<sample>]`, or one of %ci %cp %fi %fp %f %fc %ac %H %HM %HU %HPO %HQ %HV; `%%` is the character itself.",
        place::http_request);
  table(out, of, "Actions of tcp-request", "The word behind `tcp-request connection` and `tcp-request session`.",
        place::tcp_connection | place::tcp_session);
  table(out, of, "Samples", "What a condition asks: `acl <name> <sample> …`, `if { <sample> … }`.", place::fetch);
  table(out, of, "Converters", "Behind a sample, with a comma: `hdr(host),lower`.", place::converter);
  out += "\n## Old spellings\n\nAccepted with a warning that shows today's.\n\n";
  others(out, of, status::retired);
  out += "\n## Without effect\n\nAccepted; they tune parts of HAProxy that are not here. `-V` names those in use.\n\n";
  others(out, of, status::no_effect);
  out += "\n## Not supported yet\n\nKnown by name; an error says so.\n\n";
  others(out, of, status::not_yet);
  return out;
}

}  // namespace ringway::config
