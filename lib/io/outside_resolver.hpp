// Names for a process in a jail: chroot takes away /etc/hosts, /etc/resolv.conf and the C library's own modules. A child
// made before it stays outside and asks there; it holds one socket to us and nothing else, and ends when we do.
//
// Each question carries the socket for its answer, so that questions and answers need no numbers and a lost child is an
// answer too. Threads: ask() may be called on any, and blocks.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "io/resolver.hpp"

namespace ringway::io {

class outside_resolver {
 public:
  // Forks; while there is one thread only, and with the rights still there that `in_child` gives up: it runs in the child
  // and returns false when that failed. Empty `failed` afterwards: it is there.
  static std::shared_ptr<outside_resolver> start(const std::function<bool()>& in_child, std::string& failed);
  ~outside_resolver();  // the child ends by itself
  outside_resolver(const outside_resolver&) = delete;
  outside_resolver& operator=(const outside_resolver&) = delete;

  // resolver::lookup
  resolution ask(const std::string& host) const;

 private:
  explicit outside_resolver(int fd) : fd_(fd) {}
  const int fd_;
};

}  // namespace ringway::io
