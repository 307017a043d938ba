#include "config/source.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

#include "base/file.hpp"

namespace ringway::config {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

// A text ends where its last line feed stands, so a final line feed opens no further line.
std::vector<std::size_t> line_starts(std::string_view text) {
  std::vector<std::size_t> starts;
  if (!text.empty()) starts.push_back(0);
  for (std::size_t at = text.find('\n'); at != std::string_view::npos && at + 1 < text.size();
       at = text.find('\n', at + 1))
    starts.push_back(at + 1);
  return starts;
}

class descriptor {
 public:
  explicit descriptor(int fd, bool owned) : fd_(fd), owned_(owned) {}
  ~descriptor() {
    if (owned_ && fd_ >= 0) ::close(fd_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
  bool owned_;
};

bool is_standard_input(const std::string& path) { return path == "-" || path == "/dev/stdin"; }

}  // namespace

bool source_set::add(const std::string& path, diagnostics& report) {
  struct stat status{};
  if (!is_standard_input(path) && ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode))
    return add_directory(path, report);
  return add_file(path, report);
}

bool source_set::add_directory(const std::string& path, diagnostics& report) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), &::closedir);
  if (!directory) {
    report.alert("unreadable-directory", {},
                 fmt::format("cannot read configuration directory '{}': {}", path, reason(errno)));
    return false;
  }
  std::vector<std::string> found;
  for (errno = 0; const dirent* entry = ::readdir(directory.get()); errno = 0) {
    const std::string_view name = static_cast<const char*>(entry->d_name);
    if (name.starts_with('.') || !name.ends_with(".cfg")) continue;
    std::string full = path.ends_with('/') ? path : path + '/';
    full += name;
    // Only what is known not to be a file is left out; a dangling link is reported when it is opened.
    struct stat status{};
    if (::stat(full.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) continue;
    found.push_back(std::move(full));
  }
  if (errno != 0) {
    report.alert("unreadable-directory", {},
                 fmt::format("cannot read configuration directory '{}': {}", path, reason(errno)));
    return false;
  }
  if (found.empty()) {
    report.alert(
        "no-configuration-file", {}, fmt::format("no configuration file in directory '{}'", path),
        "only files whose name ends in '.cfg' and does not start with '.' are read from a directory");
    return false;
  }
  std::sort(found.begin(), found.end());  // byte order is what LC_COLLATE=C gives
  bool good = true;
  for (const std::string& name : found) good = add_file(name, report) && good;
  return good;
}

bool source_set::add_file(const std::string& path, diagnostics& report) {
  const bool standard_input = is_standard_input(path);
  if (standard_input && stdin_taken_) {
    report.alert("stdin-twice", {}, "standard input is named twice as configuration file",
                 "it can be read only once: name it once, or put its text into a file");
    return false;
  }
  stdin_taken_ = stdin_taken_ || standard_input;
  const descriptor file(standard_input ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC),
                        !standard_input);
  if (file.fd() < 0) {
    const int error = errno;
    report.alert(error == ENOENT ? "missing-file" : "unreadable-file", {},
                 fmt::format("cannot open configuration file '{}': {}", path, reason(error)));
    return false;
  }
  file_text text = read_descriptor(file.fd(), largest_bytes);
  if (text.too_large) {
    report.alert("file-too-large", {},
                 fmt::format("configuration file '{}' is larger than {} MiB", path, largest_bytes >> 20),
                 "is this the right file? A configuration may be spread over several -f");
    return false;
  }
  if (!text) {
    report.alert("unreadable-file", {}, fmt::format("cannot read configuration file '{}': {}", path, text.why));
    return false;
  }
  return accept(path, std::move(text.bytes), report);
}

bool source_set::accept(const std::string& name, std::string text, diagnostics& report) {
  using namespace std::string_view_literals;
  if (text.starts_with("\xff\xfe"sv) || text.starts_with("\xfe\xff"sv)) {
    report.alert("wrong-encoding", {}, fmt::format("configuration file '{}' is UTF-16 text", name),
                 "save it as UTF-8, for example with: iconv -f UTF-16 -t UTF-8");
    return false;
  }
  if (text.starts_with("\xef\xbb\xbf"sv)) text.erase(0, 3);
  if (const std::size_t nul = text.find('\0'); nul != std::string::npos) {
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(nul), '\n');
    report.alert("binary-file", {},
                 fmt::format("configuration file '{}' is not text: it has a NUL byte on line {}", name, line),
                 "is this the right file? A text in UTF-16 looks like this too: save it as UTF-8");
    return false;
  }
  const bool empty = text.empty();
  const bool cut = !empty && text.back() != '\n';
  const std::uint32_t file = add_text(name, std::move(text));
  // HAProxy reads on after an empty file, and others may hold what is needed. That all are empty is an error,
  // which the preprocessor reports at the end.
  if (empty)
    report.warning("empty-file", {}, fmt::format("configuration file '{}' is empty", name));
  else if (cut)
    report.warning("missing-newline", {file, line_count(file), 0, 0},
                   "the last line has no line feed: the file may have been cut short",
                   "end the file with a line feed");
  return true;
}

std::uint32_t source_set::add_text(std::string name, std::string text) {
  names_.push_back(std::move(name));
  source& added = sources_.emplace_back();
  added.text = std::move(text);
  added.starts = line_starts(added.text);
  return static_cast<std::uint32_t>(sources_.size() - 1);
}

std::string_view source_set::name(std::uint32_t file) const {
  return file < names_.size() ? std::string_view(names_[file]) : std::string_view{};
}

std::string_view source_set::text(std::uint32_t file) const {
  return file < sources_.size() ? std::string_view(sources_[file].text) : std::string_view{};
}

std::uint32_t source_set::line_count(std::uint32_t file) const {
  return file < sources_.size() ? static_cast<std::uint32_t>(sources_[file].starts.size()) : 0;
}

std::string_view source_set::line_text(span where) const { return line_text(where.file, where.line); }

std::string_view source_set::line_text(std::uint32_t file, std::uint32_t line) const {
  if (line == 0 || line > line_count(file)) return {};
  const source& from = sources_[file];
  const std::size_t begin = from.starts[line - 1];
  const std::size_t end = line < from.starts.size() ? from.starts[line] : from.text.size();
  std::string_view text = std::string_view(from.text).substr(begin, end - begin);
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

std::string source_set::joined_names() const {
  std::string joined;
  for (const std::string& name : names_) {
    if (!joined.empty()) joined += ';';
    joined += name;
  }
  return joined;
}

}  // namespace ringway::config
