// ringway diff: what a change of configuration means before it is made.
#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <unordered_map>

#include "app/key_files.hpp"
#include "app/subcommand_rows.hpp"
#include "app/tools.hpp"
#include "explain/difference.hpp"

namespace ringway::app {
namespace {

constexpr int wrong = 2;

int fail(const std::string& text) {
  complain("diff", text);
  return wrong;
}

// "10%", "10", "0.5%": a part of one.
bool read_percent(std::string_view text, double& out) {
  if (text.ends_with('%')) text.remove_suffix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  out /= 100;
  return error == std::errc{} && end == text.data() + text.size() && out >= 0 && out <= 1;
}

// Where a request's server of the older files is in the newer ones: the names of both, as `backend/server`.
class machines {
 public:
  explicit machines(const std::vector<explain::backend_change>& of) {
    for (const auto& each : of)
      for (const auto& [a, b] : each.renamed) names_[each.before->name() + "/" + each.before->server(a)] = each.after->name() + "/" + each.after->server(b);
  }
  const std::string& now(const std::string& name) const {
    const auto found = names_.find(name);
    return found == names_.end() ? name : found->second;
  }

 private:
  std::unordered_map<std::string, std::string> names_;
};

bool weigh(explain::site& before, explain::site& after, const said& words, explain::difference& of) {
  explain::input_kind kind{};
  if (!input_kind_of(words.last("input"), "diff", kind)) return false;
  explain::presumed with_old, with_new;
  if (const auto name = words.last("listener"); !name.empty()) {
    with_old.front = before.front(name, with_old.bind);
    with_new.front = after.front(name, with_new.bind);
    if (with_old.front == nullptr || with_new.front == nullptr) {
      complain("diff", fmt::format("there is no frontend or named bind '{}' in both", name));
      return false;
    }
  }
  explain::router old(before, with_old), fresh(after, with_new);
  const machines same(of.backends);
  malformed bad("diff");
  explain::traffic_moved sum;
  std::unordered_map<std::string, bool> keys;
  std::string from, to, key;
  explain::asked what;
  for (const std::string& path : words.all("keys")) {
    line_source in;
    std::string why;
    if (!in.open(path, why)) {
      complain("diff", why);
      return false;
    }
    progress shown("diff", "keys");
    std::string_view line;
    while (in.next(line)) {
      shown.at(in.number(), in.progress());
      if (const auto reason = read_line(line, kind, what); !reason.empty()) {
        bad.add(in.name(), in.number(), reason, line);
        continue;
      }
      explain::farm *back_old = nullptr, *back_new = nullptr;
      const auto s = old.quick(what, back_old);
      const auto t = fresh.quick(what, back_new);
      const bool keyed = s != balance::no_server && t != balance::no_server && old.keyed() && fresh.keyed();
      if (!keyed) {
        ++sum.unplaced;
        continue;
      }
      from.assign(back_old->name()).append("/").append(back_old->server(s));
      to.assign(back_new->name()).append("/").append(back_new->server(t));
      const bool moved = same.now(from) != to;
      ++sum.requests;
      sum.moved += moved;
      key.assign(back_old->name()).append(" ").append(old.key());
      if (keys.try_emplace(key, moved).second) {
        ++sum.keys;
        sum.keys_moved += moved;
      }
    }
    if (!in.failure().empty()) complain("diff", in.failure());
  }
  bad.sum_up("lines were not understood");
  if (sum.requests == 0) {
    complain("diff", "no request of the keys belongs to a server both before and after");
    return false;
  }
  of.traffic = sum;
  return true;
}

int run(const said& words) {
  if (words.words.size() != 2) return fail("two files are needed: ringway diff OLD NEW");
  double limit = 2;
  if (const auto text = words.last("fail-above"); words.has("fail-above") && !read_percent(text, limit))
    return fail(fmt::format("--fail-above '{}' is no percentage from 0 to 100", text));
  configuration before, after;
  const bool good = read_configuration({words.words[0]}, words.all("resolve"), before);
  if (!read_configuration({words.words[1]}, words.all("resolve"), after) || !good) return wrong;
  explain::site old(before.model), fresh(after.model);
  explain::difference of;
  of.sections = explain::sections_changed(before.sources, after.sources);
  of.named = explain::things(old, fresh);
  {
    progress shown("diff");
    of.backends = explain::backends_changed(old, fresh, after.sources,
                                            [&shown](const std::string& backend) { shown.doing("keys of backend " + backend); });
  }
  if (!words.all("keys").empty() && !weigh(old, fresh, words, of)) return wrong;
  answer out;
  out.put(words.has("json") ? json_of(of, before.sources, after.sources) : text_of(of, before.sources, after.sources, columns()));
  out.flush();
  if (of.most_moved() <= limit) return 0;
  complain("diff", fmt::format("{:.1f} % move, more than the {:.1f} % allowed", 100 * of.most_moved(), 100 * limit));
  return 1;
}

constexpr subcommand_option rows[] = {
    {"--keys", "FILE", "weigh by real requests: an access log, or URLs or addresses one a line; - is standard input"},
    {"--input", "KIND", "what lines are: auto, uri, address, common, combined, httplog"},
    {"--listener", "NAME", "with --keys: the frontend, or the named bind, they came to"},
    {"--fail-above", "PERCENT", "exit status 1 when more moves: of the keys of any backend, or of the requests of --keys"},
    {"--resolve", "HOST:ADDRESS", "this name has this address (matters for hash-key addr)"},
    {"--json", "", "one object instead of text"},
};

}  // namespace

const subcommand diff_command = {
    "diff",
    "[option]... OLD NEW",
    "what a change of configuration means, and which keys it moves",
    "Names the sections, listeners, backends and servers that come, go or change, in the file's own words. For every "
    "backend that hashes it tells which share of the keys will move from whom to whom, beside the least that any scheme "
    "must move, and finds reshuffles that nobody needs: a server put in the middle renumbers those behind it, and "
    "'id N' avoids that. OLD and NEW are files or directories.",
    "Exit status: 0; 1 when more moves than --fail-above allows; 2 when something is wrong.",
    rows,
    2,
    &run,
};

}  // namespace ringway::app
