// A whole file in memory, and why not. Every file that a configuration names is read through this: what cannot be
// read must never look like an empty file.
#pragma once
#include <cstddef>
#include <string>

namespace ringway {

struct file_text {
  std::string bytes;
  int error = 0;           // errno of what failed; 0: nothing
  bool too_large = false;  // more than `most_bytes`; `bytes` is empty then
  std::string why;         // the cause as a person reads it ("Is a directory"); empty: all was read

  explicit operator bool() const { return why.empty(); }
};

// All bytes of the file at `path`, at most `most_bytes` (inclusive). Follows symbolic links; reads pipes to their end.
// Directories are refused, also where the system would let them be opened. Blocks: start-up and control thread only.
file_text read_file(const std::string& path, std::size_t most_bytes);
// The same of an open descriptor, from where it stands. It stays open.
file_text read_descriptor(int fd, std::size_t most_bytes);

}  // namespace ringway
