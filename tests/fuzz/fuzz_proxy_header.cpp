// Bytes that may be a PROXY header: the verdict never changes as more arrives, nothing beyond the header counts, and
// what is understood can be written and read again.
#include "fuzz.hpp"
#include "proxy_protocol/header.hpp"

using namespace ringway::proxy_protocol;
using ringway::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t most = 4096;
  const std::string_view input = ringway::fuzz::text_of(data, size);
  const header whole = read(input, most);
  if (whole.what == state::done) {
    must(whole.bytes <= size && whole.bytes <= most, "a header is no longer than what there is");
    const header alone = read(input.substr(0, whole.bytes), most);
    must(alone.what == state::done && alone.bytes == whole.bytes && alone.names_client == whole.names_client,
         "what follows a header does not count");
    must(read(input.substr(0, whole.bytes - 1), most).what == state::more, "a header ends at its last byte");
  }
  for (std::size_t cut = 0; cut < size; cut += 1 + cut / 8) {
    const header part = read(input.substr(0, cut), most);
    if (part.what == state::bad) must(whole.what == state::bad && whole.why == part.why, "bad stays bad");
    if (part.what == state::done) must(whole.what == state::done && whole.bytes == part.bytes, "done stays done");
  }
  if (!whole.names_client) return 0;
  written out;
  for (int form = 0; form < 3; ++form) {
    const std::size_t length = form == 0 ? write_v1(whole.who, out) : write_v2(whole.who, form == 2, out);
    const header again = read({out.data(), length}, most);
    must(again.what == state::done && again.bytes == length && again.names_client &&
             again.who.source == whole.who.source && again.who.destination == whole.who.destination,
         "what is written is what is read");
  }
  return 0;
}
