// Kernel pipes through which bodies pass from socket to socket without visiting user space (splice(2)).
// A worker keeps a few empty ones; a flow holds one only while bytes are in it.
// Thread: the worker. Errors are errno values in io::transfer.
#pragma once
#include <cstddef>
#include <optional>

#include "io/socket.hpp"
#include "io/spares.hpp"

namespace ringway::io {

class pipes;

// An open pipe and how many bytes are in it. Closes itself; hand it back with pipes::put_back().
class pipe {
 public:
  pipe(pipe&& other) noexcept;
  pipe& operator=(pipe&& other) noexcept;
  ~pipe();

  // From the socket into the pipe, at most `most` bytes. Only while empty(): a full pipe and an empty socket look alike.
  transfer fill(socket& from, std::size_t most);
  // From the pipe to the socket, all of it if the socket takes it.
  transfer drain(socket& to);
  bool empty() const { return held_ == 0; }
  std::size_t held() const { return held_; }
  std::size_t capacity() const { return capacity_; }

 private:
  friend class pipes;
  pipe(int out, int in, std::size_t capacity) : out_(out), in_(in), capacity_(capacity) {}
  int out_, in_;  // read end, write end
  std::size_t capacity_, held_ = 0;
};

class pipes {
 public:
  // `capacity`: bytes asked of the kernel for each pipe (0: its default); it may give less. `most`: pipes in use at
  // once (0: none at all).
  pipes(std::size_t capacity, std::size_t most) : capacity_(capacity), most_(most) {}
  pipes(const pipes&) = delete;
  pipes& operator=(const pipes&) = delete;

  // nullopt: the limit is reached or the kernel refuses; the caller copies instead.
  std::optional<pipe> take();
  // Keeps it if it is empty; bytes of one connection must never meet another's.
  void put_back(pipe one);
  // Closes the empty ones: descriptors are short.
  void clear() { free_.clear(); }
  std::size_t spare() const { return free_.size(); }
  void shrink() { free_.shrink(0); }  // see spares

 private:
  std::size_t capacity_, most_, in_use_ = 0;
  spares<pipe> free_{16};
};

}  // namespace ringway::io
