// What a change of configuration means: sections and lines in the file's own words, and the keys that move.
// Plain functions over two sites and their texts.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/source.hpp"
#include "explain/flows.hpp"
#include "explain/json.hpp"
#include "explain/site.hpp"

namespace ringway::explain {

enum class change : std::uint8_t { added, removed, changed };

// Words and their spacing put in order, comments cut off; empty lines left out.
struct changed_line {
  bool added = false;  // else removed
  std::string text;
  config::span where;  // in the newer, or the older, files
};
struct changed_section {
  change what = change::changed;
  std::string kind, name;  // "backend", "servers"; name may be empty (global, defaults)
  config::span where;      // in the newer files; removed: in the older
  std::vector<changed_line> lines;  // of changed sections
  bool reordered = false;           // the same lines in another order
};
std::vector<changed_section> sections_changed(const config::source_set& before, const config::source_set& after);

// One thing with a name: "http_front *:80" (a listener), "http_front", "servers", "servers/server1".
struct named_changes {
  std::vector<std::string> added, removed, changed;
};
struct things_changed {
  named_changes listeners, frontends, backends, servers;
};
things_changed things(const site& before, const site& after);

// Numbers that keep every server its points: `id N` to write on these lines.
struct id_advice {
  std::vector<std::pair<server_index, std::uint32_t>> ids;  // of the newer backend
  double moved = 0;                                          // with them
};

struct backend_change {
  const farm *before = nullptr, *after = nullptr;
  std::vector<server_index> same;  // see movement_of
  std::vector<std::pair<server_index, server_index>> renamed;  // one address, two names: taken to be the same server
  bool hashed = false;             // in both; else there is nothing to move, or everything
  movement keys;
  double least_by_weight = 0;      // what must move for every server to have its weight's due
  std::vector<server_index> shifted;  // of the newer: servers whose number is another one than before
  std::optional<id_advice> advice;
  std::optional<double> if_consistent;  // map-based in both: what would move with hash-type consistent in both
};
// Backends that both have, in the newer's order.
// `told` hears of each that is begun: it may take long.
std::vector<backend_change> backends_changed(const site& before, const site& after, const config::source_set& after_text,
                                             const std::function<void(const std::string& backend)>& told = {});

struct traffic_moved {  // --keys
  std::uint64_t requests = 0, moved = 0, keys = 0, keys_moved = 0, unplaced = 0;
};

struct difference {
  std::vector<changed_section> sections;
  things_changed named;
  std::vector<backend_change> backends;
  std::optional<traffic_moved> traffic;
  double most_moved() const;  // largest share over the backends, or of the traffic when there is some
};

// `width`: cells of a line, words are not broken; 0: lines are as long as they are.
std::string text_of(const difference& of, const config::source_set& before, const config::source_set& after, std::size_t width = 0);
std::string json_of(const difference& of, const config::source_set& before, const config::source_set& after);

}  // namespace ringway::explain
