// Memory for many objects of one size, side by side: no header for each, no holes between them, given back and taken
// again without the system's allocator. They lie in blocks, whose address is found in that of an object; the fullest are
// filled first, and those that stay empty go back to the system, half of them at a time.
// Thread: one at a time.
#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace ringway::io {

class slab {
 public:
  // `size`: bytes of one object, at least a pointer's.
  explicit slab(std::size_t size)
      : size_((size + align - 1) / align * align), block_size_(std::bit_ceil(head + at_once * size_)) {}
  ~slab() {  // objects that are still in use become invalid
    while (blocks_ != nullptr) destroy(blocks_);
  }
  slab(const slab&) = delete;
  slab& operator=(const slab&) = delete;

  void* take() {  // throws std::bad_alloc
    if (room_ == nullptr) grow();
    block* const from = room_;
    node* const one = from->free;
    from->free = one->next;
    if (from->used++ == 0) least_empty_ = std::min(least_empty_, --empty_);
    if (from->free == nullptr) leave_room(from);
    return one;
  }
  void put_back(void* memory) noexcept {
    block* const to = block_of(memory);
    const bool was_full = to->free == nullptr;
    to->free = ::new (memory) node{to->free};
    if (was_full) join_room(to);
    if (--to->used == 0) ++empty_;
  }

  // Gives half of the blocks back that were empty since the last call; one stays. Returns bytes.
  std::size_t shrink() {
    std::size_t gone = std::min((std::min(least_empty_, empty_) + 1) / 2, empty_ > 1 ? empty_ - 1 : 0);
    const std::size_t bytes = gone * block_size_;
    for (block* one = blocks_; gone > 0;) {
      block* const next = one->next;
      if (one->used == 0) {
        leave_room(one);
        destroy(one);
        --empty_;
        --gone;
      }
      one = next;
    }
    least_empty_ = empty_;
    return bytes;
  }
  std::size_t empty_blocks() const { return empty_; }

 private:
  static constexpr std::size_t align = alignof(std::max_align_t), at_once = 32;
  struct node {
    node* next;
  };
  struct block {
    block *next, *previous;            // all
    block *next_room, *previous_room;  // those with room
    node* free;
    std::size_t used;
  };
  static constexpr std::size_t head = (sizeof(block) + align - 1) / align * align;
  // What malloc puts before a block lies in the end of the one before it.
  static constexpr std::size_t margin = 2 * sizeof(void*);

  block* block_of(void* memory) const {
    return reinterpret_cast<block*>(reinterpret_cast<std::uintptr_t>(memory) & ~(block_size_ - 1));
  }
  void join_room(block* one) noexcept {
    one->previous_room = nullptr;
    one->next_room = room_;
    if (room_ != nullptr) room_->previous_room = one;
    room_ = one;
  }
  void leave_room(block* one) noexcept {
    (one->previous_room != nullptr ? one->previous_room->next_room : room_) = one->next_room;
    if (one->next_room != nullptr) one->next_room->previous_room = one->previous_room;
  }
  void destroy(block* one) noexcept {
    (one->previous != nullptr ? one->previous->next : blocks_) = one->next;
    if (one->next != nullptr) one->next->previous = one->previous;
    std::free(one);
  }
  void grow() {
    void* memory = nullptr;
    if (::posix_memalign(&memory, block_size_, block_size_ - margin) != 0) throw std::bad_alloc();
    auto* const one = ::new (memory) block{blocks_, nullptr, nullptr, nullptr, nullptr, 0};
    if (blocks_ != nullptr) blocks_->previous = one;
    blocks_ = one;
    auto* const first = static_cast<std::byte*>(memory) + head;
    for (std::size_t i = (block_size_ - margin - head) / size_; i > 0; --i)
      one->free = ::new (static_cast<void*>(first + (i - 1) * size_)) node{one->free};
    join_room(one);
    ++empty_;
  }

  std::size_t size_, block_size_;
  block* blocks_ = nullptr;
  block* room_ = nullptr;
  std::size_t empty_ = 0;
  std::size_t least_empty_ = 0;  // were so at every moment since the last shrink()
};

}  // namespace ringway::io
