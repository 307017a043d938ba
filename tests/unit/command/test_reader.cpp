#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "command/reader.hpp"

using ringway::command::reader;
using ringway::command::words_of;
using found = reader::found;
using strings = std::vector<std::string>;

namespace {

// Commands as "line|payload", "+" for each line of a payload, "!" for too long; what is left open is not
// there.
strings all(reader& in) {
  strings out;
  for (;;) {
    switch (in.next()) {
      case found::nothing:
        return out;
      case found::payload:
        out.emplace_back("+");
        break;
      case found::too_long:
        out.emplace_back("!");
        return out;
      case found::command:
        out.push_back(std::string(in.line()) + (in.payload().empty() ? "" : "|" + std::string(in.payload())));
        break;
    }
  }
}

struct row {
  const char* what;
  std::string bytes;
  strings commands;
  bool at_rest;
};

const row rows[] = {
    {"a line", "show version\n", {"show version"}, true},
    {"with a carriage return", "show version\r\n", {"show version"}, true},
    {"two lines", "a\nb\n", {"a", "b"}, true},
    {"several commands of a line", "a;b ; c\n", {"a", "b ", " c"}, true},
    {"an empty one between", "a;;b\n", {"a", "", "b"}, true},
    {"the line goes on", "a;", {"a"}, false},
    {"no end yet", "a", {}, false},
    {"a guarded semicolon", "a \\; b;c\n", {"a \\; b", "c"}, true},
    {"a guarded backslash guards no more", "a \\\\;b\n", {"a \\\\", "b"}, true},
    {"a payload",
     "add map #1 <<\nk v\nl w\n\nnext\n",
     {"+", "+", "+", "add map #1 |k v\nl w\n", "next"},
     true},
    {"an empty payload", "set x <<\n\n", {"+", "set x "}, true},
    {"semicolons in a payload are its own", "x <<\na;b\n\n", {"+", "+", "x |a;b\n"}, true},
    {"a payload with carriage returns", "x <<\r\na\r\n\r\n", {"+", "+", "x |a\n"}, true},
    {"a payload that does not end", "x <<\na\n", {"+", "+"}, false},
    {"glued, its lines are no commands", "x<<\nquit\n\n", {"+", "+", "x<<|quit\n"}, true},
    {"only behind the last command of a line", "x <<;y\n", {"x <<", "y"}, true},
    {"what follows a NUL is not seen", std::string("a\0b\n", 4), {"a"}, true},
};

}  // namespace

TEST_CASE("bytes into commands, in one piece and byte by byte") {
  for (const row& one : rows) {
    CAPTURE(one.what);
    reader whole(1000);
    whole.add(one.bytes);
    CHECK(all(whole) == one.commands);
    CHECK(whole.at_rest() == one.at_rest);
    reader pieces(1000);
    strings seen;
    for (const char c : one.bytes) {
      pieces.add({&c, 1});
      for (std::string& each : all(pieces)) seen.push_back(std::move(each));
    }
    CHECK(seen == one.commands);
    CHECK(pieces.at_rest() == one.at_rest);
  }
}

TEST_CASE("a command has its limit, with its payload") {
  const auto said = [](std::string bytes) {
    reader in(10);
    in.add(bytes);
    return all(in);
  };
  CHECK(said("0123456789\n") == strings{"0123456789"});
  CHECK(said("0123456789x\n") == strings{"!"});
  CHECK(said("0123456789") == strings{});
  CHECK(said("0123456789x") == strings{"!"});
  CHECK(said("short\n0123456789x\n") == strings{"short", "!"});
  CHECK(said("abc <<\nab\n\n") == strings{"+", "+", "abc |ab\n"});
  CHECK(said("abc <<\nab\ncd\nef\n\n") == strings{"+", "+", "+", "!"});
}

TEST_CASE("words") {
  CHECK(words_of("  show \t info  ") == strings{"show", "info"});
  CHECK(words_of("") == strings{});
  CHECK(words_of("a\\ b c\\\\d \\;") == strings{"a b", "c\\d", ";"});
  CHECK(words_of("end\\") == strings{"end\\"});
}
