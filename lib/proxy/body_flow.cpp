#include "proxy/body_flow.hpp"

#include <algorithm>
#include <cerrno>

namespace ringway::proxy {

using kind = http::body_length::kind;

void body_flow::start(io::socket& source, io::socket* target, io::buffer& buffer, std::size_t offset,
                      http::body_length length, target_coding coding, std::string_view head, bool retain) {
  source_ = &source;
  target_ = target;
  buffer_ = &buffer;
  cursor_ = body_start_ = offset;
  length_ = original_ = length;
  coding_ = coding;
  retain_ = retain;
  pending_ = first_ = sizes_used_ = 0;
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
  start(*source_, &target, *buffer_, body_start_, original_, coding_, head, true);
}

void body_flow::discard() {
  target_ = nullptr;
  retain_ = head_volatile_ = false;
  pending_ = first_ = sizes_used_ = 0;
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

bool body_flow::prepare() {
  std::string_view input = buffer_->text().substr(cursor_);
  const std::size_t before = pending_;
  switch (length_.how) {
    case kind::none: return false;
    case kind::counted: {
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(length_.bytes, input.size()));
      if (n == 0) return false;
      push(input.data(), n);
      cursor_ += n;
      length_.bytes -= n;
      body_bytes_ += n;
      if (length_.bytes == 0) body_done_ = true;
      return true;
    }
    case kind::until_close:
      if (input.empty()) return false;
      push(input.data(), input.size());
      cursor_ += input.size();
      body_bytes_ += input.size();
      return true;
    case kind::chunked: break;
  }
  while (!body_done_ && sizes_used_ < sizes_.size()) {
    std::string_view data;
    const std::size_t had = input.size();
    const auto step = decoder_.next(input, data);
    cursor_ += had - input.size();
    if (step == http1::chunk_decoder::step::data) {
      body_bytes_ += data.size();
      if (coding_ == target_coding::chunked) {
        auto& size = sizes_[sizes_used_++];
        push(size.data(), http1::write_chunk_size(data.size(), size.data()));
        push(data.data(), data.size());
        push("\r\n", 2);
      } else {
        ++sizes_used_;
        push(data.data(), data.size());
      }
      // Room for the head's piece, and for the three of the end.
      if (pending_ + 6 > most_pieces) break;
    } else if (step == http1::chunk_decoder::step::end) {
      push_end();
    } else {
      bad_ = step == http1::chunk_decoder::step::bad;
      break;
    }
  }
  return pending_ > before || body_done_;
}

flow_state body_flow::flush() {
  while (first_ < pending_) {
    const io::transfer t = target_->write(&pieces_[first_], static_cast<int>(pending_ - first_), end_follows_ && body_done_);
    if (t.what == io::outcome::failed) {
      error_ = t.error;
      return flow_state::target_failed;
    }
    std::size_t left = t.what == io::outcome::done ? t.bytes : 0;
    sent_bytes_ += left;
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
  pending_ = first_ = sizes_used_ = 0;
  return flow_state::done;
}

// Only when everything in the buffer was sent.
void body_flow::make_room() {
  if (retain_ && buffer_->room() > 0) return;
  retain_ = false;  // too large to be sent twice
  buffer_->clear();
  cursor_ = 0;
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
flow_state body_flow::splice_on() {
  std::size_t budget = 1 << 20;  // bytes per turn of the loop: others want it too
  for (;;) {
    if (pipe_ && !pipe_->empty()) {
      const io::transfer t = pipe_->drain(*target_);
      if (t.what == io::outcome::failed) {
        error_ = t.error;
        return flow_state::target_failed;
      }
      sent_bytes_ += t.bytes;
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
    if (budget == 0 || !source_->can_read()) {
      release_pipe();
      return budget == 0 ? flow_state::again : flow_state::wait_read;
    }
    if (!pipe_) {
      pipe_ = pipes_->take();
      if (!pipe_) return copy_again();
    }
    const std::uint64_t left = length_.how == kind::counted ? length_.bytes : pipe_->capacity();
    const io::transfer t = pipe_->fill(*source_, static_cast<std::size_t>(std::min<std::uint64_t>(left, budget)));
    switch (t.what) {
      case io::outcome::done:
        body_bytes_ += t.bytes;
        budget -= t.bytes;
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

flow_state body_flow::pump() {
  if (spliced_) return splice_on();
  std::size_t budget = 32;  // buffers per turn of the loop: others want it too
  for (;;) {
    // What the buffer already holds goes out together with the head.
    if (pending_ <= 1 && !body_done_ && !bad_) prepare();
    if (bad_ && sent_bytes_ == 0) return flow_state::malformed;  // nobody has seen any of it: nobody will
    if (pending_ > 0) {
      if (target_ == nullptr) {
        pending_ = first_ = sizes_used_ = 0;  // read and forgotten
      } else if (const flow_state state = flush(); state != flow_state::done) {
        return state;
      }
    }
    if (body_done_) {
      finished_ = true;
      return flow_state::done;
    }
    if (bad_) return flow_state::malformed;
    if (cursor_ < buffer_->size()) continue;  // many small chunks: the pieces ran out before the input did
    if (!source_->can_read()) return flow_state::wait_read;
    if (budget-- == 0) return flow_state::again;
    make_room();
    if (splices()) {
      spliced_ = true;
      return splice_on();
    }
    const std::size_t room = buffer_->room();
    const io::transfer t = source_->read(buffer_->space(), room);
    switch (t.what) {
      case io::outcome::done:
        buffer_->filled(t.bytes);
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
