// How diagnostics look: as text for people (and for what greps HAProxy's output), as JSON for programs.
#include <fmt/format.h>
#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <tuple>

#include "base/columns.hpp"
#include "config/diagnostic.hpp"
#include "config/excerpt.hpp"
#include "config/source.hpp"

namespace ringway::config {
namespace {

struct look {
  std::string_view label;   // as HAProxy writes it, padded so that the process ids stand below one another
  std::string_view name;    // in JSON
  std::string_view colour;  // SGR
};

look look_of(severity level) {
  switch (level) {
    case severity::notice:
      return {"[NOTICE]  ", "notice", "36"};
    case severity::warning:
      return {"[WARNING] ", "warning", "1;33"};
    case severity::diag:
      return {"[DIAG]    ", "diag", "35"};
    case severity::advice:
      return {"[ADVICE]  ", "advice", "32"};
    case severity::alert:
      break;
  }
  return {"[ALERT]   ", "alert", "1;31"};
}

std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t> key(span where) {
  if (where.line == 0) return {};
  return {where.file, where.line, where.column, where.length};
}

// The first of each set of equal ones, in the order in which they were found.
std::vector<const diagnostic*> distinct(const diagnostics& from) {
  const auto less = [](const diagnostic* a, const diagnostic* b) {
    const auto tied = [](const diagnostic& d) { return std::tie(d.level, d.id, d.message, d.help); };
    if (key(a->where) != key(b->where)) return key(a->where) < key(b->where);
    if (tied(*a) != tied(*b)) return tied(*a) < tied(*b);
    return std::lexicographical_compare(a->notes.begin(), a->notes.end(), b->notes.begin(), b->notes.end(),
                                        [](const auto& x, const auto& y) {
                                          if (key(x.first) != key(y.first))
                                            return key(x.first) < key(y.first);
                                          return x.second < y.second;
                                        });
  };
  std::set<const diagnostic*, decltype(less)> seen(less);
  std::vector<const diagnostic*> result;
  for (const diagnostic& each : from.all())
    if (seen.insert(&each).second) result.push_back(&each);
  return result;
}

class text_writer {
 public:
  text_writer(const source_set& sources, const render_options& how) : sources_(sources), how_(how) {}

  void write(const diagnostic& what) {
    const look looks = look_of(what.level);
    std::string first = fmt::format("({}) : config : ", how_.pid);
    if (what.where.line != 0)
      first += fmt::format("parsing [{}:{}] : ", printable(sources_.name(what.where.file)), what.where.line);
    paint(looks.label, looks.colour);
    put(" {}\n", wrapped(first + printable(what.message), looks.label.size() + 1, 4, how_.width));
    show(what.where, looks.colour);
    explain("help", "1;32", what.help);
    std::size_t notes = 0;
    for (const auto& [where, text] : what.notes) {
      if (how_.most_notes != 0 && notes++ == how_.most_notes) {
        explain("note", "1;34", fmt::format("and {} more places; --all shows them", what.notes.size() - how_.most_notes));
        break;
      }
      explain("note", "1;34", text);
      show(where, "1;34");
    }
    explain("see", "1;34", what.see);
  }

  void sum(std::size_t errors, std::size_t warnings, std::size_t advice) {
    const auto counted = [](std::size_t n, std::string_view what) {
      return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
    };
    std::string all;
    const auto add = [&all](std::string text) { all += (all.empty() ? "" : ", ") + text; };
    if (errors != 0) add(counted(errors, "error"));
    if (warnings != 0) add(counted(warnings, "warning"));
    if (advice != 0) add(fmt::format("{} piece{} of advice", advice, advice == 1 ? "" : "s"));
    if (!all.empty()) out_ += all + '\n';
  }

  // What was not shown: "2980 more errors: 2900 unknown-keyword, 80 invalid-value; --all shows them".
  void left_out(std::string_view what, const std::map<std::string_view, std::size_t>& kinds) {
    if (kinds.empty()) return;
    std::vector<std::pair<std::string_view, std::size_t>> most(kinds.begin(), kinds.end());
    std::sort(most.begin(), most.end(), [](const auto& a, const auto& b) {
      return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    std::size_t all = 0;
    std::string list;
    for (const auto& [kind, count] : most) {
      all += count;
      list += fmt::format("{}{} {}", list.empty() ? "" : ", ", count, kind);
    }
    put("{} more {}: {}; --all shows them\n", all, what, list);
  }

  std::string take() { return std::move(out_); }

 private:
  template <typename... Arguments>
  void put(fmt::format_string<Arguments...> form, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(out_), form, std::forward<Arguments>(arguments)...);
  }

  void paint(std::string_view text, std::string_view colour) {
    if (how_.colour)
      put("\x1b[{}m{}\x1b[0m", colour, text);
    else
      out_ += text;
  }

  void show(span where, std::string_view colour) {
    if (where.line == 0 || where.line > sources_.line_count(where.file)) return;
    const std::string number = std::to_string(where.line);
    const std::size_t room = how_.width > number.size() + 31 ? how_.width - number.size() - 7 : how_.width == 0 ? 120 : 24;
    const excerpt part = make_excerpt(sources_.line_text(where), where.column, where.length, std::min<std::size_t>(room, 120));
    put("  --> {}:{}", printable(sources_.name(where.file)), where.line);
    if (where.length != 0) put(":{}", where.column);
    put("\n  {} | {}\n", number, part.line);
    put("  {:{}} | ", "", number.size());
    paint(part.marks, colour);
    out_ += '\n';
  }

  // Further lines of an explanation stand below its first.
  void explain(std::string_view label, std::string_view colour, std::string_view text) {
    if (text.empty()) return;
    out_ += "  ";
    paint(fmt::format("{}:", label), colour);
    for (;;) {
      const std::size_t end = text.find('\n');
      const std::size_t begin = 2 + label.size() + 1;
      put(" {}\n", wrapped(printable(text.substr(0, end)), begin + 1, begin + 1, how_.width));
      if (end == std::string_view::npos) return;
      text.remove_prefix(end + 1);
      put("  {:{}}", "", label.size() + 1);
    }
  }

  const source_set& sources_;
  const render_options& how_;
  std::string out_;
};

void json_place(std::string& out, const source_set& sources, span where) {
  const bool known = where.line != 0;
  fmt::format_to(std::back_inserter(out), R"("file":{},"line":{},"column":{},"length":{})",
                 known ? json_string(sources.name(where.file)) : "null", where.line, known ? where.column : 0,
                 known ? where.length : 0);
}

}  // namespace

std::string render_text(const diagnostics& from, const source_set& sources, const render_options& how) {
  text_writer writer(sources, how);
  struct tally {
    std::size_t count = 0;
    std::map<std::string_view, std::size_t> hidden;  // by id
  };
  tally errors, warnings, advice, others;
  for (const diagnostic* each : distinct(from)) {
    if (each->level == severity::diag && !how.diag) continue;
    tally& of = each->level == severity::alert     ? errors
                : each->level == severity::warning ? warnings
                : each->level == severity::advice  ? advice
                                                   : others;
    ++of.count;
    if (how.most != 0 && of.count > how.most)
      ++of.hidden[each->id];
    else
      writer.write(*each);
  }
  writer.left_out("errors", errors.hidden);
  writer.left_out("warnings", warnings.hidden);
  writer.left_out("pieces of advice", advice.hidden);
  writer.left_out("notices", others.hidden);
  writer.sum(errors.count, warnings.count, advice.count);
  return writer.take();
}

std::string render_json(const diagnostics& from, const source_set& sources) {
  std::string out = "[";
  bool first = true;
  for (const diagnostic* each : distinct(from)) {
    out += first ? "\n  {" : ",\n  {";
    first = false;
    json_place(out, sources, each->where);
    fmt::format_to(std::back_inserter(out), R"(,"severity":"{}","id":{},"message":{},"help":{},"notes":[)",
                   look_of(each->level).name, json_string(each->id), json_string(each->message),
                   json_string(each->help));
    for (std::size_t i = 0; i < each->notes.size(); ++i) {
      out += i == 0 ? "{" : ",{";
      json_place(out, sources, each->notes[i].first);
      fmt::format_to(std::back_inserter(out), R"(,"message":{}}})", json_string(each->notes[i].second));
    }
    fmt::format_to(std::back_inserter(out), R"(],"see":{}}})", json_string(each->see));
  }
  out += first ? "]\n" : "\n]\n";
  return out;
}

}  // namespace ringway::config
