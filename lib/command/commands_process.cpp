// Commands about the process.
#include <fmt/format.h>

#include "command/commands.hpp"

namespace ringway::command {

reply show_version(const call& asked) { return told(asked.of.process.version); }

reply show_env(const call& asked) {
  reply out;
  for (const std::string& each : asked.of.process.environment) {
    if (asked.words.empty())
      out.text.append(each).push_back('\n');
    else if (std::string_view(each).substr(0, each.find('=')) == asked.words[0])
      return {each + "\n"};
  }
  if (!asked.words.empty()) return failed("Variable not found");
  return out;
}

reply show_startup_files(const call& asked) {
  reply out{"# bytes xxh3 path\n"};
  for (const startup_file& each : asked.of.process.files)
    out.text += fmt::format("{} {:016x} {}\n", each.bytes, each.hash, each.path);
  return out;
}

}  // namespace ringway::command
