// Writes JSON (RFC 8259), indented, members in the order given. Bytes that are not UTF-8 become U+FFFD, so that the text
// is valid whatever a log line held. Pure; one thread.
#pragma once
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace ringway::explain {

class json {
 public:
  json& open_object() { return open('{'); }
  json& close_object() { return close('}'); }
  json& open_array() { return open('['); }
  json& close_array() { return close(']'); }
  json& key(std::string_view name);

  json& value(std::string_view text);
  json& value(const char* text) { return value(std::string_view(text)); }
  json& value(const std::string& text) { return value(std::string_view(text)); }
  json& value(bool flag) { return raw(flag ? "true" : "false"); }
  json& value(double number);  // six digits after the point at most; never an exponent
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  json& value(T number) {
    return raw(std::to_string(number));
  }
  json& null() { return raw("null"); }
  json& text_or_null(std::string_view text) { return text.empty() ? null() : value(text); }

  template <class T>
  json& pair(std::string_view name, const T& what) {
    return key(name).value(what);
  }

  // The text with a final line feed; the writer is empty afterwards.
  std::string take();

 private:
  json& open(char bracket);
  json& close(char bracket);
  json& raw(std::string_view text);
  void place();  // what comes before a value or key: comma, line feed, indentation

  std::string out_;
  std::size_t depth_ = 0;
  bool first_ = true;      // nothing stands in the innermost brackets yet
  bool after_key_ = false;
};

}  // namespace ringway::explain
