// As the program: a peer that is gone is an error of the call, and no signal.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <csignal>

int main(int count, char** words) {
  std::signal(SIGPIPE, SIG_IGN);
  return doctest::Context(count, words).run();
}
