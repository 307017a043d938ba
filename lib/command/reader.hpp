// Bytes of a client into commands: lines, `;` between commands of one line, `\` before a byte that is to be
// itself,
// `<<` at the end of a line before a payload, which an empty line ends. Management manual 9.3. No I/O.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ringway::command {

class reader {
 public:
  // `limit`: bytes that one command with its payload may have (tune.bufsize).
  explicit reader(std::size_t limit) : limit_(limit) {}

  void add(std::string_view bytes) { held_.append(bytes); }
  enum class found : unsigned char {
    nothing,  // more bytes are needed
    payload,  // a line of a payload was taken; a person would be shown "+ " for the next one
    command,
    too_long  // no command ends within the limit; what follows cannot be understood
  };
  found next();
  // Of the last command found; valid until the next call.
  std::string_view line() const { return line_; }
  std::string_view payload() const { return payload_; }
  // Nothing of a further command has arrived: neither bytes nor the rest of a line after `;`.
  bool at_rest() const { return held_.size() == taken_ && !inside_ && !within_line_; }

 private:
  found take_line();
  found take_payload();
  void forget();

  std::size_t limit_;
  std::string held_, line_, payload_;
  std::size_t taken_ = 0;     // bytes of held_ that are done with
  bool inside_ = false;       // a payload is being read
  bool done_ = false;         // line_ and payload_ are of a command that was given out
  bool within_line_ = false;  // the last command ended with `;`
};

// Words between blanks, without the backslashes that guard a byte.
std::vector<std::string> words_of(std::string_view line);

}  // namespace ringway::command
