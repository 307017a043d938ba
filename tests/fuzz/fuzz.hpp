// What every fuzz target stands on.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace ringway::fuzz {

// A property that does not hold: said, then the run stops and keeps the input.
inline void must(bool holds, const char* property, std::string_view detail = {}) {
  if (holds) return;
  std::fprintf(stderr, "property does not hold: %s\n%.*s\n", property, static_cast<int>(detail.size()), detail.data());
  std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// A place in the input that depends on all of it, so that one input always does the same.
inline std::size_t place_in(std::string_view input, std::uint64_t salt) {
  std::uint64_t mix = 1469598103934665603ULL ^ salt;
  for (const char c : input) mix = (mix ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return input.empty() ? 0 : static_cast<std::size_t>((mix >> 20) % input.size());
}

}  // namespace ringway::fuzz
