// Requests: what is accepted is sent on as one message with one framing, at any cut of the input.
#include "wire_properties.hpp"

using namespace ringway;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using support::wire_reader;
  const std::string_view input = fuzz::text_of(data, size);
  const wire_reader strict(wire_reader::side::requests);
  fuzz::check_wire(input, strict, strict, true);
  const wire_reader lenient(wire_reader::side::requests, http::parsing::lenient);
  fuzz::check_wire(input, lenient, lenient, true);
  for (const auto how : {http::parsing::haproxy, http::parsing::haproxy_lenient}) {
    const wire_reader loose(wire_reader::side::requests, how);
    fuzz::check_wire(input, loose, loose, true, false);
  }
  return 0;
}
