#include "io/buffers.hpp"

#include <cstdlib>
#include <new>

namespace ringway::io {

buffers::~buffers() {
  for (char* data : free_) std::free(data);
}

buffer buffers::take() {
  buffer out;
  out.pool_ = this;
  out.capacity_ = static_cast<std::uint32_t>(2 * size_);
  if (!free_.empty()) {
    out.data_ = free_.back();
    free_.pop_back();
  } else {
    out.data_ = static_cast<char*>(std::malloc(2 * size_));
    if (out.data_ == nullptr) throw std::bad_alloc();
  }
  return out;
}

void buffers::put_back(char* data) {
  if (free_.size() < keep)
    free_.push_back(data);
  else
    std::free(data);
}

}  // namespace ringway::io
