// The short way for heads as nearly all are: printable ASCII, one field a line, nothing folded, nothing that needs a
// second thought. It accepts only what Beast's parser would accept, with the same result (a fuzz target and a test hold
// the two side by side); whatever else it meets it leaves to Beast, which alone decides what is malformed.
// A third of the cost of a small request was tokenizing; this makes it a tenth. No I/O.
#pragma once
#include <string_view>

#include "http/head.hpp"
#include "http1/tokenizer.hpp"

namespace ringway::http1 {

// True: the head is whole, `out` is filled (views into `input`). False: incomplete or not plain; `out` is then undefined.
// `input` begins with the first byte of the start line.
bool read_plain(std::string_view input, const limits& most, http::request_head& out);
bool read_plain(std::string_view input, const limits& most, http::response_head& out);

}  // namespace ringway::http1
