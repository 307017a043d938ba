// Responses, to GET and to HEAD.
#include "wire_properties.hpp"

using namespace ringway;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using support::wire_reader;
  const std::string_view input = fuzz::text_of(data, size);
  for (const auto how : {http::parsing::strict, http::parsing::lenient, http::parsing::haproxy, http::parsing::haproxy_lenient}) {
    for (const auto asked : {http::method::get, http::method::head}) {
      const wire_reader reader(wire_reader::side::responses, how, asked);
      fuzz::check_wire(input, reader, reader, true, !http::as_haproxy(how));
    }
  }
  return 0;
}
