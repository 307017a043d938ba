#include "io/waker.hpp"

namespace ringway::io {

waker::~waker() {
  if (queued_) queue_->erase(*this);
  // A coroutine that still waits is destroyed by whoever destroys its frame; the frame holds this waker, so
  // dropping the handler here would destroy the frame twice.
}

void waker::wake() {
  pending_ = true;
  if (resume_ != nullptr) enqueue();
}

void waker::enqueue() {
  if (queued_) return;
  queued_ = true;
  queue_->push(*this);
}

void run_queue::push(waker& one) {
  one.next_ = nullptr;
  one.previous_ = last_;
  if (last_ != nullptr)
    last_->next_ = &one;
  else
    first_ = &one;
  last_ = &one;
}

void run_queue::erase(waker& one) {
  if (stop_ == &one) stop_ = one.previous_;
  (one.previous_ != nullptr ? one.previous_->next_ : first_) = one.next_;
  (one.next_ != nullptr ? one.next_->previous_ : last_) = one.previous_;
  one.queued_ = false;
}

void run_queue::run() {
  stop_ = last_;
  while (first_ != nullptr && stop_ != nullptr) {
    waker& one = *first_;
    const bool was_last = &one == stop_;
    erase(one);
    if (was_last) stop_ = nullptr;
    one.pending_ = false;
    auto* resume = std::exchange(one.resume_, nullptr);
    if (resume != nullptr) resume(one.storage_);  // may destroy `one`
  }
  stop_ = nullptr;
}

}  // namespace ringway::io
