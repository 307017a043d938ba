#include "io/buffers.hpp"

#include <new>

namespace ringway::io {

buffer buffers::take() {
  buffer out;
  out.pool_ = this;
  out.capacity_ = static_cast<std::uint32_t>(2 * size_);
  if (!free_.empty()) {
    out.data_ = free_.take().release();
  } else {
    out.data_ = static_cast<char*>(std::malloc(2 * size_));
    if (out.data_ == nullptr) throw std::bad_alloc();
  }
  return out;
}

void buffers::put_back(char* data) {
  if (!free_.put(std::unique_ptr<char, release>(data))) dropped_ += 2 * size_;
}

std::size_t buffers::shrink() { return std::exchange(dropped_, 0) + free_.shrink(kept) * 2 * size_; }

}  // namespace ringway::io
