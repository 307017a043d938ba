// Servers as the tests of their room want them.
#pragma once
#include "base/address.hpp"
#include "servers/settings.hpp"

namespace ringway::support {

// 192.0.2.1:8080, unchecked.
inline servers::settings server(const char* name, bool backup = false) {
  servers::settings made;
  made.name = name;
  made.ip = *parse_ip("192.0.2.1");
  made.port = 8080;
  made.backup = backup;
  return made;
}

}  // namespace ringway::support
