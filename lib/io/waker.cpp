#include "io/waker.hpp"

namespace ringway::io {

waker::~waker() {
  if (queued_) queue_->erase(*this);
  if (queue_->running_ == this) queue_->running_ = nullptr;
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
  one.in_second_ = one.goes_on_ || one.heavy_;
  line& to = one.in_second_ ? later_ : ready_;
  one.next_ = nullptr;
  one.previous_ = to.last;
  (to.last != nullptr ? to.last->next_ : to.first) = &one;
  to.last = &one;
}

void run_queue::erase(waker& one) {
  if (stop_ == &one) stop_ = one.previous_;
  line& from = one.in_second_ ? later_ : ready_;
  (one.previous_ != nullptr ? one.previous_->next_ : from.first) = one.next_;
  (one.next_ != nullptr ? one.next_->previous_ : from.last) = one.previous_;
  one.queued_ = false;
}

void run_queue::resume(waker& one, turn& budget, std::size_t share, std::int64_t at) {
  one.pending_ = one.goes_on_ = false;
  auto* const call = std::exchange(one.resume_, nullptr);
  if (call == nullptr) return;
  budget.begin(share, at);
  running_ = &one;
  call(one.storage_);  // may destroy `one`
  if (running_ != nullptr) running_->heavy_ = budget.spent() >= turn::fresh_share;
  running_ = nullptr;
}

void run_queue::run(turn& budget) {
  stop_ = ready_.last;
  while (ready_.first != nullptr && stop_ != nullptr) {
    waker& one = *ready_.first;
    ready_.first = one.next_;
    (ready_.first != nullptr ? ready_.first->previous_ : ready_.last) = nullptr;
    one.queued_ = false;
    if (stop_ == &one) stop_ = nullptr;
    resume(one, budget, turn::fresh_share);
  }
  stop_ = nullptr;
}

void run_queue::run_later(turn& budget, std::int64_t now) {
  waker& one = *later_.first;
  erase(one);
  resume(one, budget, turn::later_share, now);
}

}  // namespace ringway::io
