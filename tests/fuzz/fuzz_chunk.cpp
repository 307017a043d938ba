// Chunked coding: decoding what was coded gives the data; any input decodes to the same at any cut.
#include "fuzz.hpp"
#include "http1/chunk.hpp"

using namespace ringway;

namespace {

struct decoded {
  std::string data, trailers, reason;
  std::size_t used = 0;
  bool ended = false;
  friend bool operator==(const decoded&, const decoded&) = default;
};

decoded decode(std::string_view first, std::string_view second, bool padded = false, bool as_haproxy = false) {
  http1::chunk_decoder decoder;
  decoder.as_haproxy(as_haproxy);
  if (padded) decoder.allow_padding();
  decoded out;
  for (std::string_view input : {first, second}) {
    const std::size_t had = input.size();
    for (;;) {
      std::string_view data;
      const auto step = decoder.next(input, data);
      if (step == http1::chunk_decoder::step::data) {
        out.data.append(data);
        continue;
      }
      if (step == http1::chunk_decoder::step::bad) {
        out.reason = decoder.reason();
        out.used = 0;
        return out;
      }
      out.ended = step == http1::chunk_decoder::step::end;
      break;
    }
    out.used += had - input.size();
    if (out.ended) break;
  }
  if (out.ended) out.trailers = decoder.trailers();
  return out;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text_of(data, size);
  const decoded whole = decode(input, {});
  for (std::uint64_t salt = 0; salt < 4; ++salt) {
    const std::size_t cut = fuzz::place_in(input, salt);
    fuzz::must(decode(input.substr(0, cut), input.substr(cut)) == whole, "a cut changes nothing", input);
  }
  // A server's sizes may be padded: more is taken then, and nothing otherwise.
  const decoded padded = decode(input, {}, true);
  const std::size_t cut = fuzz::place_in(input, 4);
  fuzz::must(decode(input.substr(0, cut), input.substr(cut), true) == padded, "a cut changes nothing behind padding", input);
  if (whole.ended) fuzz::must(padded == whole, "what is taken without padding is taken the same with it", input);
  // The same of what HAProxy takes.
  const decoded loose = decode(input, {}, false, true);
  fuzz::must(decode(input.substr(0, cut), input.substr(cut), false, true) == loose, "a cut changes nothing as HAProxy", input);
  if (padded.ended) fuzz::must(loose == padded, "what is taken strictly is taken the same as HAProxy", input);
  if (loose.ended) {
    std::string again = "0\r\n" + loose.trailers + "\r\n";
    fuzz::must(decode(again, {}).trailers == loose.trailers, "what HAProxy takes of trailers goes on as strict ones", again);
  }
  if (whole.ended) {
    std::string again = "0\r\n" + whole.trailers + "\r\n";
    const decoded trailers = decode(again, {});
    fuzz::must(trailers.ended && trailers.trailers == whole.trailers, "trailers come back", again);
  }

  std::string coded;
  std::string_view rest = input;
  while (!rest.empty()) {
    const std::string_view piece = rest.substr(0, fuzz::place_in(rest, 7) + 1);
    rest.remove_prefix(piece.size());
    char digits[20];
    coded.append(digits, http1::write_chunk_size(piece.size(), digits)).append(piece).append("\r\n");
  }
  coded += "0\r\n\r\nX";
  const decoded back = decode(coded, {});
  fuzz::must(back.ended && back.data == input && back.used == coded.size() - 1, "what was coded is decoded", coded);
  return 0;
}
