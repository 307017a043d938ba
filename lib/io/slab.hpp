// Memory for many objects of one size, side by side: no header for each, no holes between them, given back and taken
// again without the system's allocator. What was once taken is kept until the slab ends.
// Thread: one at a time.
#pragma once
#include <cstddef>
#include <memory>
#include <vector>

namespace ringway::io {

class slab {
 public:
  // `size`: bytes of one object, at least a pointer's.
  explicit slab(std::size_t size) : size_((size + align - 1) / align * align) {}
  slab(const slab&) = delete;
  slab& operator=(const slab&) = delete;

  void* take() {  // throws std::bad_alloc
    if (free_ == nullptr) grow();
    node* const one = free_;
    free_ = one->next;
    return one;
  }
  void put_back(void* memory) noexcept { free_ = ::new (memory) node{free_}; }

 private:
  static constexpr std::size_t align = alignof(std::max_align_t), at_once = 32;
  struct node {
    node* next;
  };
  void grow() {
    blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(size_ * at_once));
    for (std::size_t i = at_once; i > 0; --i) put_back(blocks_.back().get() + (i - 1) * size_);
  }

  std::size_t size_;
  node* free_ = nullptr;
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
};

}  // namespace ringway::io
