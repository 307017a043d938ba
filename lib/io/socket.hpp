// A connected (or connecting) stream socket, TCP or unix. Reads and writes never block and never wait: they do
// what the kernel can do now. What could not be done shows in can_read()/can_write(), which the poller renews;
// the owner's waker is woken when something it asked for changes.
// Thread: its worker. Lifetime: closes its descriptor when destroyed. Errors are errno values.
#pragma once
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/address.hpp"
#include "io/poller.hpp"

namespace ringway::io {

class waker;

enum class outcome : std::uint8_t { done, blocked, end, failed };

struct transfer {
  outcome what = outcome::blocked;
  int error = 0;          // outcome::failed only
  std::size_t bytes = 0;  // outcome::done only; never 0
};

class socket final : public event_source {
 public:
  explicit socket(poller& events, waker* owner = nullptr) : events_(&events), owner_(owner) {}
  socket(const socket&) = delete;
  socket& operator=(const socket&) = delete;
  ~socket() { close(); }

  // Takes a connected, non-blocking descriptor. errno or 0; on failure the descriptor stays the caller's.
  int adopt(int fd);
  // Takes a non-blocking descriptor on which connect() was called; writable means decided, see connect_error().
  int adopt_connecting(int fd);
  // errno of the finished connect, 0 when connected.
  int connect_error();

  transfer read(void* into, std::size_t size);
  // What a read would give, left where it is; `can_read()` changes only when there is nothing.
  transfer peek(void* into, std::size_t size);
  transfer write(const iovec* from, int count, bool more = false);

  // Is there input, or the end, right now? Asks the kernel only when the flag says there may be; a system call then.
  bool has_input();

  bool is_open() const { return fd_ >= 0; }
  int native() const { return fd_; }
  bool can_read() const { return can_read_; }
  bool can_write() const { return can_write_; }
  bool peer_closed() const { return hang_up_; }  // FIN or worse was seen; unread data may remain
  bool broken() const { return error_; }         // the kernel reported an error; reading says which
  // Bytes that have arrived and were not read yet, also behind a reset. A system call.
  std::size_t unread() const;
  // Bytes written that the peer's kernel does not have yet; 0 where that is not known. A system call.
  std::size_t unsent() const;

  // The owner is woken for input always, for output only when write() was blocked or want_write() said so.
  void change_owner(waker* owner) { owner_ = owner; }
  void want_write() { wants_write_ = true; }
  // While set, arriving data (not errors) does not wake: for a side that nobody reads from just now.
  void mute(bool on) { muted_ = on; }

  // TCP: bytes that the peer's kernel has acknowledged so far, the SYN counted as one; also after the end. Unset: not
  // known (other sockets). A system call.
  std::optional<std::uint64_t> acknowledged() const;

  void shut_down_write();  // FIN
  void close();
  void reset();            // RST instead of FIN (SO_LINGER 0), then closed
  int release();           // gives the descriptor back, unregistered

  void on_event(std::uint32_t events) override;
  // What pipe.cpp learnt by calls of its own.
  void reads_blocked() { can_read_ = false; }
  void writes_blocked() { can_write_ = false; wants_write_ = true; }
  void saw_end() { hang_up_ = true; }
  void saw_error() { error_ = true; }

 private:
  poller* events_;
  waker* owner_;
  int fd_ = -1;
  bool can_read_ = false, can_write_ = false, hang_up_ = false, error_ = false;
  bool wants_write_ = false, muted_ = false;
};

}  // namespace ringway::io
