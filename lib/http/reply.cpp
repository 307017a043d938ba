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

std::string_view reason_of(unsigned status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 203: return "Non-Authoritative Information";
    case 204: return "No Content";
    case 205: return "Reset Content";
    case 206: return "Partial Content";
    case 300: return "Multiple Choices";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 407: return "Proxy Authentication Required";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 425: return "Too Early";
    case 426: return "Upgrade Required";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 451: return "Unavailable For Legal Reasons";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: break;
  }
  if (status < 300) return "OK";
  if (status < 400) return "Found";
  return status < 500 ? "Bad Request" : "Internal Server Error";
}

}  // namespace ringway::http
