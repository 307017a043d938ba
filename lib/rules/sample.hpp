// A sample: one value asked of a connection or request. Views point into the request, the configuration or the arena.
// configuration.txt 7.1, "sample fetch methods can return data of …".
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/address.hpp"

namespace ringway::rules {

enum class kind : std::uint8_t { boolean, integer, ip, text, binary };
std::string_view name_of(kind what);

struct sample {
  kind what = kind::boolean;
  std::int64_t number = 0;  // boolean, integer
  address ip;
  std::string_view text;    // text, binary

  void set_bool(bool value) { what = kind::boolean, number = value ? 1 : 0; }
  void set_integer(std::int64_t value) { what = kind::integer, number = value; }
  void set_text(std::string_view value) { what = kind::text, text = value; }
  void set_ip(const address& value) { what = kind::ip, ip = value; }
};

// Memory for what converters and formats make. Given back all at once; keeps its first blocks. One owner, one thread.
class arena {
 public:
  // `size` bytes that live until clear(); never null.
  char* take(std::size_t size);
  // Returns the unused end of the latest take().
  void shrink(std::size_t unused) { used_ -= unused; }
  std::string_view keep(std::string_view text);
  void clear();

 private:
  static constexpr std::size_t block_size = 16384;
  static constexpr std::size_t most_kept = 4;  // blocks
  struct block {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
  };
  std::vector<block> blocks_;
  std::size_t current_ = 0, used_ = 0;  // the block in use, and how much of it
};

// Turns a sample into another kind, in place, as HAProxy's cast table does; false: it has no such form.
bool cast(sample& value, kind to, arena& memory);
// Could any value of `from` be turned into `to`? (configuration.txt 7.1, table of compatible matches)
bool castable(kind from, kind to);

}  // namespace ringway::rules
