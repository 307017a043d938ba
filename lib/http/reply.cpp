#include "http/reply.hpp"

#include <array>
#include <string>

namespace ringway::http {

namespace {

struct page {
  unsigned status;
  const char* phrase;
  const char* sentence;
};

// The texts that HAProxy's users see; 407's phrase and 501's leading dot are as theirs.
constexpr std::array pages = {
    page{200, "OK", "Service ready."},
    page{400, "Bad request", "Your browser sent an invalid request."},
    page{401, "Unauthorized", "You need a valid user and password to access this content."},
    page{403, "Forbidden", "Request forbidden by administrative rules."},
    page{404, "Not Found", "The resource could not be found."},
    page{405, "Method Not Allowed",
         "A request was made of a resource using a request method not supported by that resource"},
    page{407, "Unauthorized", "You need a valid user and password to access this content."},
    page{408, "Request Time-out", "Your browser didn't send a complete request in time."},
    page{410, "Gone", "The resource is no longer available and will not be available again."},
    page{413, "Payload Too Large", "The request entity exceeds the maximum allowed."},
    page{414, "URI Too Long", "The URI provided was too long for the server to process."},
    page{421, "Misdirected Request", "Request sent to a non-authoritative server."},
    page{422, "Unprocessable Content", "The server cannot process the contained instructions."},
    page{425, "Too Early", "Your browser sent early data."},
    page{429, "Too Many Requests", "You have sent too many requests in a given amount of time."},
    page{431, "Request Header Fields Too Large", "Request Header Fields Too Large."},
    page{500, "Internal Server Error", "An internal server error occurred."},
    page{501, "Not Implemented",
         ".The server does not support the functionality required to fulfill the request."},
    page{502, "Bad Gateway", "The server returned an invalid or incomplete response."},
    page{503, "Service Unavailable", "No server is available to handle this request."},
    page{504, "Gateway Time-out", "The server didn't respond in time."},
    page{505, "HTTP Version Not Supported", "The server speaks HTTP/1.1 here."},  // HAProxy has none
};

struct rendered {
  std::array<std::string, pages.size()> heads, bodies;
  std::array<canned_reply, pages.size()> replies;
  rendered() {
    for (std::size_t i = 0; i < pages.size(); ++i) {
      const page& one = pages[i];
      const std::string title = std::to_string(one.status) + " " + one.phrase;
      bodies[i] = "<html><body><h1>" + title + "</h1>\n" + one.sentence + "\n</body></html>\n";
      heads[i] = "HTTP/1.1 " + title + "\r\ncontent-length: " + std::to_string(bodies[i].size()) +
                 "\r\ncache-control: no-cache\r\ncontent-type: text/html\r\n";
      replies[i] = {one.status, heads[i], bodies[i]};
    }
  }
};

}  // namespace

const canned_reply& reply_for(unsigned status) {
  static const rendered all;
  const canned_reply* internal_error = nullptr;
  for (const canned_reply& one : all.replies) {
    if (one.status == status) return one;
    if (one.status == 500) internal_error = &one;
  }
  return *internal_error;
}

}  // namespace ringway::http
