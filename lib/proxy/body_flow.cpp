#include "proxy/body_flow.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace ringway::proxy {

using kind = http::body_length::kind;

void body_flow::start(io::socket& source, io::socket* target, io::buffer& buffer, std::size_t offset,
                      http::body_length length, target_coding coding, std::string_view head, bool retain) {
  source_ = &source;
  target_ = target;
  buffer_ = &buffer;
  cursor_ = body_start_ = decoded_ = offset;
  length_ = original_ = length;
  coding_ = coding;
  retain_ = retain;
  pending_ = first_ = 0;
  finished_ = body_done_ = bad_ = end_follows_ = false;
  error_ = 0;
  body_bytes_ = sent_bytes_ = 0;
  release_pipe();
  pipes_ = nullptr;
  full_reads_ = 0;
  spliced_ = false;
  if (length.how == kind::chunked) decoder_.restart();
  if (length.how == kind::none) body_done_ = true;
  head_volatile_ = !head.empty();
  if (!head.empty()) push(head.data(), head.size());
}

void body_flow::restart(io::socket& target, std::string_view head) {
  if (length_.how != kind::chunked) {
    start(*source_, &target, *buffer_, body_start_, original_, coding_, head, true);
    return;
  }
  // What was decoded is not coded any more; the decoder goes on where it is.
  target_ = &target;
  release_pipe();
  pending_ = first_ = 0;
  finished_ = end_follows_ = false;
  error_ = 0;
  sent_bytes_ = 0;
  head_volatile_ = !head.empty();
  if (!head.empty()) push(head.data(), head.size());
  push_data(body_start_, decoded_);
  if (body_done_) push_end();
}

void body_flow::discard() {
  target_ = nullptr;
  retain_ = head_volatile_ = false;
  pending_ = first_ = 0;
  release_pipe();
  spliced_ = false;
  if (length_.how == kind::counted && length_.bytes == 0) body_done_ = true;
}

void body_flow::push(const char* data, std::size_t size) {
  pieces_[pending_++] = {const_cast<char*>(data), size};
}

void body_flow::push_end() {
  body_done_ = true;
  if (coding_ != target_coding::chunked) return;
  push("0\r\n", 3);
  if (!decoder_.trailers().empty()) push(decoder_.trailers().data(), decoder_.trailers().size());
  push("\r\n", 2);
}

void body_flow::push_data(std::size_t from, std::size_t to) {
  if (from == to) return;
  char* const data = buffer_->begin() + from;
  if (coding_ == target_coding::chunked) push(size_.data(), http1::write_chunk_size(to - from, size_.data()));
  push(data, to - from);
  if (coding_ == target_coding::chunked) push("\r\n", 2);
}

void body_flow::prepare(io::turn& budget) {
  if (length_.how == kind::none) return;
  if (length_.how == kind::chunked) return decode(budget);
  std::size_t n = buffer_->size() - cursor_;
  if (length_.how == kind::counted) {
    n = static_cast<std::size_t>(std::min<std::uint64_t>(length_.bytes, n));
    length_.bytes -= n;
    body_done_ = length_.bytes == 0;
  }
  if (n == 0) return;
  push(buffer_->begin() + cursor_, n);
  cursor_ += n;
  body_bytes_ += n;
}

// All chunks that are here become one: their data is moved together, and sent by one call however small they are.
void body_flow::decode(io::turn& budget) {
  char* const base = buffer_->begin();
  std::string_view input = buffer_->text().substr(cursor_), data;
  std::size_t start = decoded_, chunks = 0;
  http1::chunk_decoder::step step = decoder_.next(input, data);
  for (; step == http1::chunk_decoder::step::data; step = decoder_.next(input, data)) {
    const auto at = static_cast<std::size_t>(data.data() - base);
    if (chunks++ == 0 && !retain_) start = decoded_ = at;  // nothing before it is needed: the first stays where it is
    if (at != decoded_) std::memmove(base + decoded_, data.data(), data.size());
    decoded_ += data.size();
  }
  cursor_ = buffer_->size() - input.size();
  body_bytes_ += decoded_ - start;
  budget.spend(chunks * io::turn::chunk);
  push_data(start, decoded_);
  if (step == http1::chunk_decoder::step::end) push_end();
  bad_ = step == http1::chunk_decoder::step::bad;
}

flow_state body_flow::flush(io::turn& budget) {
  while (first_ < pending_) {
    const io::transfer t = target_->write(&pieces_[first_], static_cast<int>(pending_ - first_), end_follows_ && body_done_);
    if (t.what == io::outcome::failed) {
      error_ = t.error;
      return flow_state::target_failed;
    }
    std::size_t left = t.what == io::outcome::done ? t.bytes : 0;
    sent_bytes_ += left;
    budget.spend(left);
    while (first_ < pending_ && left >= pieces_[first_].iov_len) left -= pieces_[first_++].iov_len;
    if (left > 0) {
      pieces_[first_].iov_base = static_cast<char*>(pieces_[first_].iov_base) + left;
      pieces_[first_].iov_len -= left;
    }
    if (first_ < pending_ && !target_->can_write()) {
      if (head_volatile_ && first_ == 0) {  // the caller's head does not live on
        unsent_head_.assign(static_cast<const char*>(pieces_[0].iov_base), pieces_[0].iov_len);
        pieces_[0].iov_base = unsent_head_.data();
      }
      head_volatile_ = false;
      return flow_state::wait_write;
    }
  }
  head_volatile_ = false;
  pending_ = first_ = 0;
  return flow_state::done;
}

// Only when everything in the buffer was sent.
void body_flow::make_room() {
  if (retain_ && buffer_->room() > 0) return;
  retain_ = false;  // too large to be sent twice
  buffer_->clear();
  cursor_ = decoded_ = 0;
}

// Below this many bytes to come two copies cost less than the calls around a pipe (measured by scripts/bench).
constexpr std::uint64_t worth_splicing = 65536;

// Only when everything in the buffer was sent.
bool body_flow::splices() const {
  if (pipes_ == nullptr || retain_ || coding_ != target_coding::plain || target_ == nullptr) return false;
  switch (length_.how) {
    case kind::counted: return length_.bytes >= (splice_always_ ? 1 : worth_splicing);
    case kind::until_close: return splice_always_ || full_reads_ >= 2;
    default: return false;
  }
}

void body_flow::release_pipe() {
  if (!pipe_) return;
  pipes_->put_back(std::move(*pipe_));
  pipe_.reset();
}

// No pipe to be had, or a socket that cannot be spliced: the rest is copied.
flow_state body_flow::copy_again() {
  release_pipe();
  pipes_ = nullptr;
  spliced_ = false;
  return flow_state::again;
}

// The body goes on through a pipe. A message once spliced stays so to its end, unless a stream becomes a trickle.
flow_state body_flow::splice_on(io::turn& budget) {
  for (bool first = true;;) {
    if (pipe_ && !pipe_->empty()) {
      const io::transfer t = pipe_->drain(*target_);
      if (t.what == io::outcome::failed) {
        error_ = t.error;
        return flow_state::target_failed;
      }
      sent_bytes_ += t.bytes;
      budget.spend(t.bytes);
      if (!pipe_->empty()) return flow_state::wait_write;
      continue;
    }
    if (length_.how == kind::counted && length_.bytes == 0) {
      release_pipe();
      body_done_ = finished_ = true;
      return flow_state::done;
    }
    if (length_.how == kind::until_close && !splice_always_ && full_reads_ == 0) {  // the stream became a trickle
      release_pipe();
      spliced_ = false;
      return flow_state::again;
    }
    const bool readable = source_->can_read();
    if (!readable || (!first && budget.over())) {
      release_pipe();
      return readable ? flow_state::again : flow_state::wait_read;
    }
    first = false;
    if (!pipe_) {
      pipe_ = pipes_->take();
      if (!pipe_) return copy_again();
    }
    const std::uint64_t left = length_.how == kind::counted ? length_.bytes : pipe_->capacity();
    const io::transfer t = pipe_->fill(*source_, static_cast<std::size_t>(std::min<std::uint64_t>(left, budget.piece())));
    switch (t.what) {
      case io::outcome::done:
        body_bytes_ += t.bytes;
        budget.spend(t.bytes);
        if (length_.how == kind::counted)
          length_.bytes -= t.bytes;
        else if (t.bytes < 4096)
          full_reads_ = 0;
        break;
      case io::outcome::blocked: break;
      case io::outcome::failed:
        if (t.error == EINVAL) return copy_again();
        release_pipe();
        error_ = t.error;
        return flow_state::source_failed;
      case io::outcome::end:
        release_pipe();
        if (length_.how != kind::until_close) return flow_state::source_ended;
        body_done_ = finished_ = true;
        return flow_state::done;
    }
  }
}

flow_state body_flow::pump(io::turn& budget) {
  if (spliced_) return splice_on(budget);
  for (bool first = true;;) {
    // What the buffer already holds goes out together with the head.
    if (pending_ <= 1 && !body_done_ && !bad_) prepare(budget);
    if (bad_ && sent_bytes_ == 0) return flow_state::malformed;  // nobody has seen any of it: nobody will
    if (pending_ > 0) {
      if (target_ == nullptr) {
        pending_ = first_ = 0;  // read and forgotten
      } else if (const flow_state state = flush(budget); state != flow_state::done) {
        return state;
      }
    }
    if (body_done_) {
      finished_ = true;
      return flow_state::done;
    }
    if (bad_) return flow_state::malformed;
    if (!source_->can_read()) return flow_state::wait_read;
    if (!first && budget.over()) return flow_state::again;
    first = false;
    make_room();
    if (splices()) {
      spliced_ = true;
      return splice_on(budget);
    }
    const std::size_t room = buffer_->room();
    const io::transfer t = source_->read(buffer_->space(), room);
    switch (t.what) {
      case io::outcome::done:
        buffer_->filled(t.bytes);
        budget.spend(t.bytes);
        full_reads_ = t.bytes < room ? 0 : static_cast<std::uint8_t>(std::min(full_reads_ + 1, 2));
        break;
      case io::outcome::blocked: return flow_state::wait_read;
      case io::outcome::failed: error_ = t.error; return flow_state::source_failed;
      case io::outcome::end:
        if (length_.how != kind::until_close) return flow_state::source_ended;
        push_end();
        break;
    }
  }
}

}  // namespace ringway::proxy
