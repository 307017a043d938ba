// The text of the configuration: files, directories and standard input, whole in memory, in the order given.
// Every span elsewhere points into a source_set, so it must outlive the diagnostics that are rendered from
// it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.hpp"
#include "config/span.hpp"

namespace ringway::config {

// Start-up only; one thread. Views returned stay valid as long as the source_set lives (texts never move).
class source_set {
 public:
  // A file above this is refused: a log or an image named by mistake, not a configuration.
  static constexpr std::size_t largest_bytes = std::size_t{64} << 20;

  // One -f argument: a file, a directory (its *.cfg files that do not start with a dot, in byte order of
  // their names, files only; management.txt, "-f"), or "-" / "/dev/stdin" for standard input, which is read
  // only once. Accepts a UTF-8 byte-order mark, CRLF line ends and a missing final newline. False when
  // anything was wrong; what, is in `report`, and the files that could be read are kept.
  bool add(const std::string& path, diagnostics& report);

  // A text that has no file: tests, and conditions given on the command line. Returns its index.
  std::uint32_t add_text(std::string name, std::string text);

  // Names as given on the command line (directories: with the file's name appended). span::file is an index
  // here.
  const std::vector<std::string>& files() const { return names_; }
  std::string_view name(std::uint32_t file) const;  // empty when there is no such file

  // The whole text of a file, without byte-order mark. Empty when there is no such file.
  std::string_view text(std::uint32_t file) const;
  std::uint32_t line_count(std::uint32_t file) const;
  // The line of a span without its line end; empty when the span is nowhere.
  std::string_view line_text(span where) const;
  std::string_view line_text(std::uint32_t file, std::uint32_t line) const;

  // HAPROXY_CFGFILES: all names joined by semicolons (configuration.txt, "Environment variables").
  std::string joined_names() const;

 private:
  struct source {
    std::string text;
    std::vector<std::size_t> starts;  // offset of each line
  };
  bool add_directory(const std::string& path, diagnostics& report);
  bool add_file(const std::string& path, diagnostics& report);
  bool accept(const std::string& name, std::string text, diagnostics& report);

  std::vector<std::string> names_;
  std::deque<source> sources_;
  bool stdin_taken_ = false;
};

}  // namespace ringway::config
