// A worker's dice: xoshiro-like speed without state sharing (splitmix64, Steele et al. 2014). Not for secrets.
#pragma once
#include <cstdint>

namespace ringway {

class dice {
 public:
  explicit dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next64() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  std::uint32_t next32() { return static_cast<std::uint32_t>(next64() >> 32); }

 private:
  std::uint64_t state_;
};

}  // namespace ringway
