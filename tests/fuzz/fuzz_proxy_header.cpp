// Bytes that may be a PROXY header: the verdict never changes as more arrives, nothing beyond the header counts, and
// what is understood can be written and read again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "proxy_protocol/header.hpp"

namespace {

using namespace ringway::proxy_protocol;

void require(bool held) {
  if (!held) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t most = 4096;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const header whole = read(input, most);
  if (whole.what == state::done) {
    require(whole.bytes <= size && whole.bytes <= most);
    const header alone = read(input.substr(0, whole.bytes), most);
    require(alone.what == state::done && alone.bytes == whole.bytes && alone.names_client == whole.names_client);
    require(read(input.substr(0, whole.bytes - 1), most).what == state::more);
  }
  for (std::size_t cut = 0; cut < size; cut += 1 + cut / 8) {
    const header part = read(input.substr(0, cut), most);
    if (part.what == state::bad) require(whole.what == state::bad && whole.why == part.why);
    if (part.what == state::done) require(whole.what == state::done && whole.bytes == part.bytes);
  }
  if (!whole.names_client) return 0;
  written out;
  for (int form = 0; form < 3; ++form) {
    const std::size_t length = form == 0 ? write_v1(whole.who, out) : write_v2(whole.who, form == 2, out);
    const header again = read({out.data(), length}, most);
    require(again.what == state::done && again.bytes == length && again.names_client);
    require(again.who.source == whole.who.source && again.who.destination == whole.who.destination);
  }
  return 0;
}
