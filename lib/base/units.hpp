// Units live in types. Configuration speaks in milliseconds and bytes; so do we.
#pragma once
#include <chrono>
#include <cstdint>

namespace ringway {
using milliseconds = std::chrono::milliseconds;
using seconds = std::chrono::seconds;
using byte_count = std::uint64_t;
}  // namespace ringway
