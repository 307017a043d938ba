#include "io/timers.hpp"

#include "io/waker.hpp"

namespace ringway::io {

deadline::~deadline() {
  if (slot_ != unfiled) list_->remove(*this);
}

void deadline::arm(tick at) {
  at_ = at;
  if (at == never) return;
  if (slot_ == unfiled || at < filed_at_) list_->file(*this);
}

void timers::file(deadline& one) {
  one.filed_at_ = one.at_;
  if (one.slot_ == deadline::unfiled) {
    heap_.push_back(&one);
    one.slot_ = static_cast<std::uint32_t>(heap_.size() - 1);
  }
  sift_up(one.slot_);
}

void timers::remove(deadline& one) {
  const std::uint32_t slot = one.slot_;
  deadline* last = heap_.back();
  heap_.pop_back();
  one.slot_ = deadline::unfiled;
  if (last == &one) return;
  place(slot, last);
  sift_up(slot);
  sift_down(last->slot_);
}

void timers::sift_up(std::uint32_t slot) {
  deadline* one = heap_[slot];
  while (slot > 0) {
    const std::uint32_t parent = (slot - 1) / 2;
    if (heap_[parent]->filed_at_ <= one->filed_at_) break;
    place(slot, heap_[parent]);
    slot = parent;
  }
  place(slot, one);
}

void timers::sift_down(std::uint32_t slot) {
  deadline* one = heap_[slot];
  const auto size = static_cast<std::uint32_t>(heap_.size());
  for (;;) {
    std::uint32_t child = 2 * slot + 1;
    if (child >= size) break;
    if (child + 1 < size && heap_[child + 1]->filed_at_ < heap_[child]->filed_at_) ++child;
    if (one->filed_at_ <= heap_[child]->filed_at_) break;
    place(slot, heap_[child]);
    slot = child;
  }
  place(slot, one);
}

void timers::expire(tick now) {
  while (!heap_.empty() && heap_.front()->filed_at_ <= now) {
    deadline& one = *heap_.front();
    if (one.at_ == never) {
      remove(one);
    } else if (one.at_ > now) {
      one.filed_at_ = one.at_;
      sift_down(0);
    } else {
      remove(one);
      if (one.owner_ != nullptr) one.owner_->wake();  // only queues; `one` stays alive
    }
  }
}

}  // namespace ringway::io
