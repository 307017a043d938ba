#include "explain/json.hpp"

#include <fmt/format.h>

namespace ringway::explain {
namespace {

// Length of the well-formed UTF-8 sequence at `at` (RFC 3629 section 4); 0: none.
std::size_t sequence(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned>(static_cast<unsigned char>(text[i])) : 0U;
  };
  const auto first = byte(at);
  std::size_t length = 0;
  unsigned low = 0x80, high = 0xbf;  // of the second byte
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) length = 2;
  if (first >= 0xe0 && first <= 0xef) length = 3;
  if (first >= 0xf0 && first <= 0xf4) length = 4;
  if (first == 0xe0) low = 0xa0;   // overlong below
  if (first == 0xed) high = 0x9f;  // surrogates above
  if (first == 0xf0) low = 0x90;
  if (first == 0xf4) high = 0x8f;
  if (length == 0 || byte(at + 1) < low || byte(at + 1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i)
    if ((byte(at + i) & 0xc0U) != 0x80U) return 0;
  return length;
}

}  // namespace

void json::place() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (depth_ == 0) return;
  if (!first_) out_ += ',';
  out_ += '\n';
  out_.append(2 * depth_, ' ');
  first_ = false;
}

json& json::open(char bracket) {
  place();
  out_ += bracket;
  ++depth_;
  first_ = true;
  return *this;
}

json& json::close(char bracket) {
  --depth_;
  if (!first_) {
    out_ += '\n';
    out_.append(2 * depth_, ' ');
  }
  out_ += bracket;
  first_ = false;
  return *this;
}

json& json::key(std::string_view name) {
  value(name);
  out_ += ": ";
  after_key_ = true;
  return *this;
}

json& json::raw(std::string_view text) {
  place();
  out_ += text;
  return *this;
}

json& json::value(double number) {
  std::string text = fmt::format("{:.6f}", number);
  while (text.ends_with('0') && !text.ends_with(".0")) text.pop_back();
  return raw(text);
}

json& json::value(std::string_view text) {
  place();
  out_ += '"';
  for (std::size_t i = 0; i < text.size();) {
    const auto length = sequence(text, i);
    const char c = text[i];
    if (length == 0)
      out_ += "\\ufffd";
    else if (c == '"' || c == '\\')
      out_.append({'\\', c});
    else if (static_cast<unsigned char>(c) < 32 || c == 127)
      out_ += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    else
      out_ += text.substr(i, length);
    i += length == 0 ? 1 : length;
  }
  out_ += '"';
  return *this;
}

std::string json::take() {
  std::string out = std::move(out_);
  out += '\n';
  *this = json();
  return out;
}

}  // namespace ringway::explain
