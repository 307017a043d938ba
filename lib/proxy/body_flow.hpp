// One direction of a message: what is read from one socket goes to the other, in constant memory. A plain state
// machine over two non-blocking sockets; the caller waits and keeps the time limits. Chunked bodies are decoded
// and coded anew, so that nothing of one side's framing reaches the other: what has arrived goes on as one chunk.
// Thread: the worker of both sockets.
#pragma once
#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/framing.hpp"
#include "http1/chunk.hpp"
#include "io/buffers.hpp"
#include "io/pipe.hpp"
#include "io/socket.hpp"
#include "io/turn.hpp"

namespace ringway::proxy {

enum class flow_state : std::uint8_t {
  wait_read,      // nothing to send, nothing to read yet
  wait_write,     // the other side does not take more now
  again,          // enough for this turn; there is more to do at once
  done,           // the whole message was handed to the other side
  source_ended,   // the sender closed before the end of the message
  source_failed,  // the sender's connection broke (error())
  target_failed,  // the receiver's connection broke (error())
  malformed,      // the body breaks its framing (reason())
};

enum class target_coding : std::uint8_t { plain, chunked };

class body_flow {
 public:
  ~body_flow() { release_pipe(); }

  // `head` is sent first; it is copied only if the first write leaves some of it. The body begins `offset` bytes
  // into the buffer's unread part. `retain`: bytes stay in the buffer after they were sent, as long as it has
  // room, so that restart() can send them again on another connection.
  void start(io::socket& source, io::socket* target, io::buffer& buffer, std::size_t offset, http::body_length length,
             target_coding coding, std::string_view head, bool retain);
  // Sends the same message again, from its beginning. Only while replayable().
  void restart(io::socket& target, std::string_view head);
  bool replayable() const { return retain_; }

  // From here on large pieces of the body may go through a kernel pipe. `pipes` is the worker's; `always`: not only
  // where it is cheaper than copying. Reset by start().
  void may_splice(io::pipes& from, bool always) {
    pipes_ = &from;
    splice_always_ = always;
  }
  // The caller ends the connection (FIN) as soon as the message is done: its last bytes wait for that, and leave in the
  // same segment. Reset by start().
  void end_follows() { end_follows_ = true; }
  bool end_is_due() const { return end_follows_ && finished_; }
  // From here on what comes is read and forgotten: the receiver is gone, or needs no more.
  void discard();

  // At least one piece, then as many as `budget` allows.
  flow_state pump(io::turn& budget);

  bool finished() const { return finished_; }
  bool source_complete() const { return body_done_; }  // the last byte of the body was read
  // Bytes of the buffer that belonged to this message, once source_complete(): what follows is the next one.
  std::size_t consumed() const { return cursor_; }
  std::uint64_t body_bytes() const { return body_bytes_; }  // payload read so far
  std::uint64_t sent_bytes() const { return sent_bytes_; }  // bytes handed to the receiver, heads included
  bool anything_pending() const { return pending_ > 0; }
  int error() const { return error_; }
  const char* reason() const { return decoder_.reason(); }
  void allow_padded_sizes() { decoder_.allow_padding(); }  // after start(): of this body
  void as_haproxy(bool yes) { decoder_.as_haproxy(yes); }  // chunks as HAProxy reads them
  // After 101 or CONNECT, mode tcp: bytes until the sender closes.
  bool is_tunnel() const { return length_.how == http::body_length::kind::until_close; }

 private:
  void prepare(io::turn& budget);  // makes pending pieces from what is in the buffer
  void decode(io::turn& budget);   // the same of a chunked body
  void push_data(std::size_t from, std::size_t to);  // places in the buffer
  void push(const char* data, std::size_t size);
  void push_end();
  flow_state flush(io::turn& budget);
  void make_room();
  bool splices() const;
  flow_state splice_on(io::turn& budget);
  void release_pipe();
  flow_state copy_again();

  static constexpr std::size_t most_pieces = 8;  // head, a chunk's three, the end's three
  io::socket* source_ = nullptr;
  io::socket* target_ = nullptr;
  io::buffer* buffer_ = nullptr;
  std::size_t cursor_ = 0, body_start_ = 0;
  // Of a chunked body: what was decoded lies together behind what was kept, up to here; never beyond cursor_.
  std::size_t decoded_ = 0;
  http::body_length length_, original_;
  target_coding coding_ = target_coding::plain;
  http1::chunk_decoder decoder_;
  std::array<iovec, most_pieces> pieces_;
  std::array<char, 20> size_;  // the pending chunk's first line
  std::size_t pending_ = 0, first_ = 0;
  std::string unsent_head_;
  bool head_volatile_ = false, retain_ = false, finished_ = false, body_done_ = false, bad_ = false;
  bool end_follows_ = false;
  int error_ = 0;
  io::pipes* pipes_ = nullptr;     // null: bodies are copied
  std::optional<io::pipe> pipe_;   // held only while bytes are in it
  bool splice_always_ = false, spliced_ = false;
  std::uint8_t full_reads_ = 0;    // in a row, of a body without a length: a stream worth splicing
  std::uint64_t body_bytes_ = 0, sent_bytes_ = 0;
};

}  // namespace ringway::proxy
