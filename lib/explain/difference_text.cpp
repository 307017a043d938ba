// A difference as text for people and as JSON.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/columns.hpp"
#include "explain/difference.hpp"

namespace ringway::explain {
namespace {

using balance::no_server;

constexpr std::size_t flows_in_text = 12;

std::string at(const config::source_set& sources, const config::span& where) {
  return fmt::format("{}:{}", sources.name(where.file), where.line);
}

std::string_view word_of(change what) {
  switch (what) {
    case change::added: return "added";
    case change::removed: return "removed";
    case change::changed: return "changed";
  }
  return "";
}

std::string title(const changed_section& of) {
  std::string out = of.kind.empty() ? "lines above the first section" : of.kind;
  if (!of.name.empty()) out += " " + of.name;
  return out;
}

// Lines broken between words; what goes on stands behind the line's own indentation and four blanks.
class page {
 public:
  explicit page(std::size_t width) : width_(width) {}
  page& operator+=(std::string_view text) {
    for (std::size_t end = 0; !text.empty(); text.remove_prefix(end)) {
      end = std::min(text.find('\n'), text.size() - 1) + 1;
      line(text.substr(0, end - (text[end - 1] == '\n' ? 1 : 0)));
      if (text[end - 1] == '\n') out_ += '\n';
    }
    return *this;
  }
  std::size_t size() const { return out_.size(); }
  std::string take() { return std::move(out_); }

 private:
  void line(std::string_view text) {
    const std::size_t indent = std::min(text.find_first_not_of(" +-"), text.size());
    out_.append(text.substr(0, indent)).append(wrapped(text.substr(indent), indent, indent + (indent == 0 ? 2 : 4), width_));
  }
  std::string out_;
  std::size_t width_;
};

std::string server_before(const backend_change& of, server_index s) {
  return s == no_server ? "(nobody)" : of.before->server(s);
}
std::string server_after(const backend_change& of, server_index s) { return s == no_server ? "(nobody)" : of.after->server(s); }

std::string percent(double part) {
  return part > 0 && part < 0.0005 ? fmt::format("{:.3f} %", 100 * part) : fmt::format("{:.1f} %", 100 * part);
}

// The words to write, and what they are good for.
std::string advice_text(const backend_change& of, const config::source_set& after) {
  std::string ids;
  for (const auto& [s, id] : of.advice->ids) {
    const auto& server = of.after->of->servers[s];
    ids += fmt::format("{}'id {}' on the line of {} ({})", ids.empty() ? "" : ", ", id, server.name, at(after, server.where));
  }
  return fmt::format("write {}: then {} move", ids, percent(of.advice->moved));
}

std::string why_shifted(const backend_change& of) {
  std::string out;
  std::size_t told = 0;
  for (const auto s : of.shifted) {
    if (told++ == 6) {
      out += fmt::format(" and {} more", of.shifted.size() - 6);
      break;
    }
    const auto old = static_cast<server_index>(std::find(of.same.begin(), of.same.end(), s) - of.same.begin());
    out += fmt::format("{}{} {} -> {}", out.empty() ? "" : ", ", of.after->server(s), of.before->of->servers[old].id,
                       of.after->of->servers[s].id);
  }
  return out;
}

void backend_text(page& out, const backend_change& of, const config::source_set& after) {
  const auto before_rule = algorithm_text(of.before->chooser->rules()), after_rule = algorithm_text(of.after->chooser->rules());
  out += fmt::format("\nbackend {}: {}{}\n", of.after->name(), before_rule, before_rule == after_rule ? "" : " -> " + after_rule);
  for (const auto& [a, b] : of.renamed)
    out += fmt::format("  {} is taken to be {} under a new name: both are at {}\n", of.after->server(b), of.before->server(a),
                       address_text(of.after->of->servers[b]));
  for (server_index s = 0; s < of.same.size(); ++s) {
    if (of.same[s] == no_server) continue;
    const auto now = address_text(of.after->of->servers[of.same[s]]), then = address_text(of.before->of->servers[s]);
    if (now != then) out += fmt::format("  {} is another machine, {} instead of {}: its keys find it new\n", of.before->server(s), now, then);
  }
  if (!of.hashed) {
    const bool was = of.before->hashes(), is = of.after->hashes();
    out += was || is ? fmt::format("  {} by a key: no request keeps its server\n", is ? "from now on placed" : "no longer placed")
                     : fmt::format("  no keys to move: {}\n", what_it_does(of.after->chooser->rules().kind));
    return;
  }
  const auto& keys = of.keys;
  const std::string error = keys.error > 0 ? fmt::format(" +- {:.2f} %", 100 * keys.error) : "";
  out += fmt::format("  keys that move    {}{}  ({})\n", percent(keys.moved), error, keys.how);
  out += fmt::format("  least possible    {} to end with these shares; {} by weight\n", percent(keys.least), percent(of.least_by_weight));
  const double needless = keys.moved - keys.least;
  if (needless > 0.0005) out += fmt::format("  needless          {}\n", percent(needless));
  for (std::size_t i = 0; i < std::min(keys.flows.size(), flows_in_text); ++i)
    out += fmt::format("  {:>7}  {} -> {}\n", percent(keys.flows[i].share), server_before(of, keys.flows[i].from),
                       server_after(of, keys.flows[i].to));
  if (keys.flows.size() > flows_in_text) {
    double rest = 0;
    for (std::size_t i = flows_in_text; i < keys.flows.size(); ++i) rest += keys.flows[i].share;
    out += fmt::format("  {:>7}  between {} other pairs\n", percent(rest), keys.flows.size() - flows_in_text);
  }
  if (of.advice) {
    out += fmt::format("  The numbers of servers shift ({}), and with them their points on the ring.\n", why_shifted(of));
    out += fmt::format("  To avoid it, {}.\n", advice_text(of, after));
  }
  if (of.if_consistent)
    out += fmt::format("  A map moves keys of servers that stay; with hash-type consistent in both files {} would move.\n",
                       percent(*of.if_consistent));
}

void names_text(page& out, std::string_view what, const named_changes& of) {
  const auto list = [&](std::string_view how, const std::vector<std::string>& names) {
    if (names.empty()) return;
    out += fmt::format("{} {}: {}\n", what, how, fmt::join(names, ", "));
  };
  list("added", of.added);
  list("removed", of.removed);
  list("changed", of.changed);
}

void write(json& out, const named_changes& of) {
  out.open_object();
  const auto list = [&](std::string_view name, const std::vector<std::string>& all) {
    out.key(name).open_array();
    for (const auto& each : all) out.value(each);
    out.close_array();
  };
  list("added", of.added);
  list("removed", of.removed);
  list("changed", of.changed);
  out.close_object();
}

void write(json& out, const backend_change& of, const config::source_set& after) {
  out.open_object().pair("name", of.after->name()).pair("before", algorithm_text(of.before->chooser->rules()));
  out.pair("after", algorithm_text(of.after->chooser->rules())).pair("hashed", of.hashed);
  out.key("renamed").open_array();
  for (const auto& [a, b] : of.renamed)
    out.open_object().pair("from", of.before->server(a)).pair("to", of.after->server(b)).close_object();
  out.close_array();
  if (of.hashed) {
    out.pair("moved", of.keys.moved).pair("error", of.keys.error).pair("how", of.keys.how).pair("least", of.keys.least);
    out.pair("least_by_weight", of.least_by_weight).pair("needless", of.keys.moved - of.keys.least);
    out.key("flows").open_array();
    for (const auto& each : of.keys.flows) {
      out.open_object().key("from").text_or_null(each.from == no_server ? "" : of.before->server(each.from));
      out.key("to").text_or_null(each.to == no_server ? "" : of.after->server(each.to));
      out.pair("share", each.share).close_object();
    }
    out.close_array();
    out.key("shares").open_object();
    for (server_index s = 0; s < of.keys.after.size(); ++s) out.pair(of.after->server(s), of.keys.after[s]);
    out.close_object();
    out.key("shifted_ids").open_array();
    for (const auto s : of.shifted) out.value(of.after->server(s));
    out.close_array().key("advice");
    if (of.advice) {
      out.open_object().pair("moved", of.advice->moved).key("ids").open_array();
      for (const auto& [s, id] : of.advice->ids) {
        const auto& server = of.after->of->servers[s];
        out.open_object().pair("server", server.name).pair("id", id).pair("file", after.name(server.where.file));
        out.pair("line", server.where.line).close_object();
      }
      out.close_array().close_object();
    } else {
      out.null();
    }
    out.key("moved_if_consistent");
    if (of.if_consistent)
      out.value(*of.if_consistent);
    else
      out.null();
  }
  out.close_object();
}

}  // namespace

std::string text_of(const difference& of, const config::source_set& before, const config::source_set& after, std::size_t width) {
  page out(width);
  for (const auto& each : of.sections) {
    const auto& from = each.what == change::removed ? before : after;
    out += fmt::format("{} {} ({})\n", title(each), word_of(each.what), at(from, each.where));
    for (const auto& line : each.lines) out += fmt::format("  {} {}\n", line.added ? '+' : '-', line.text);
    if (each.reordered) out += "  the same lines in another order\n";
  }
  if (of.sections.empty()) return "No line differs.\n";
  out += "\n";
  const std::size_t before_names = out.size();
  names_text(out, "listeners", of.named.listeners);
  names_text(out, "frontends", of.named.frontends);
  names_text(out, "backends", of.named.backends);
  names_text(out, "servers", of.named.servers);
  if (out.size() == before_names) out += "listeners, frontends, backends and servers stay as they are\n";
  for (const auto& each : of.backends) {
    const bool same = each.hashed ? each.keys.moved == 0 && each.keys.flows.empty()
                                  : each.before->hashes() == each.after->hashes();
    if (!same) backend_text(out, each, after);
  }
  if (of.most_moved() == 0 && !of.traffic) out += "\nNo key moves.\n";
  if (of.traffic) {
    const auto& t = *of.traffic;
    const auto part = [](std::uint64_t some, std::uint64_t all) {
      return all == 0 ? 0.0 : static_cast<double>(some) / static_cast<double>(all);
    };
    out += fmt::format("\nTraffic: {} of {} requests move ({}), {} of {} keys ({})\n", t.moved, t.requests,
                       percent(part(t.moved, t.requests)), t.keys_moved, t.keys, percent(part(t.keys_moved, t.keys)));
    if (t.unplaced > 0) out += fmt::format("  {} requests belong to no server before or after, and are not counted\n", t.unplaced);
  }
  return out.take();
}

std::string json_of(const difference& of, const config::source_set& before, const config::source_set& after) {
  json out;
  out.open_object().key("sections").open_array();
  for (const auto& each : of.sections) {
    const auto& from = each.what == change::removed ? before : after;
    out.open_object().pair("kind", each.kind).key("name").text_or_null(each.name).pair("change", word_of(each.what));
    out.pair("file", from.name(each.where.file)).pair("line", each.where.line).pair("reordered", each.reordered);
    out.key("lines").open_array();
    for (const auto& line : each.lines)
      out.open_object().pair("change", line.added ? "added" : "removed").pair("text", line.text).pair("line", line.where.line).close_object();
    out.close_array().close_object();
  }
  out.close_array();
  out.key("listeners");
  write(out, of.named.listeners);
  out.key("frontends");
  write(out, of.named.frontends);
  out.key("backends");
  write(out, of.named.backends);
  out.key("servers");
  write(out, of.named.servers);
  out.key("moves").open_array();
  for (const auto& each : of.backends) write(out, each, after);
  out.close_array().pair("most_moved", of.most_moved()).key("traffic");
  if (of.traffic) {
    const auto& t = *of.traffic;
    out.open_object().pair("requests", t.requests).pair("moved", t.moved).pair("keys", t.keys).pair("keys_moved", t.keys_moved);
    out.pair("unplaced", t.unplaced).close_object();
  } else {
    out.null();
  }
  out.close_object();
  return out.take();
}

}  // namespace ringway::explain
