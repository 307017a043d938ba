// Environment variables as the configuration sees them: a copy of the process's, changed by presetenv,
// setenv, unsetenv and resetenv (configuration.txt, "Process management and security") without touching
// ::environ.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ringway::config {

// Start-up only; one thread. A value, copied where a child process or a later look-up needs it.
class environment {
 public:
  using values = std::map<std::string, std::string, std::less<>>;

  environment() = default;  // empty: tests, and `resetenv` without arguments
  explicit environment(values from) : values_(std::move(from)) {}
  static environment of_process();  // a copy of ::environ as it is now

  std::optional<std::string_view> find(std::string_view name) const;  // nullopt: unset; "" is set
  bool contains(std::string_view name) const { return values_.find(name) != values_.end(); }

  // The names are not judged here: see valid_name().
  void set(std::string_view name, std::string_view value);     // setenv: overwrites
  bool preset(std::string_view name, std::string_view value);  // presetenv: keeps; true when it was set now
  bool unset(std::string_view name);                           // unsetenv: false when there was none
  void reset(const std::vector<std::string>& keep);            // resetenv: removes all but these

  const values& all() const { return values_; }
  // "name=value" strings in name order, for execve() and for posix spawn.
  std::vector<std::string> entries() const;

  // Letters, digits and underscore, not starting with a digit (configuration.txt, "Environment variables").
  static bool valid_name(std::string_view name);

 private:
  values values_;
};

}  // namespace ringway::config
