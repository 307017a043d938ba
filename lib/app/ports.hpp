// --port: listen somewhere else than the configuration says, without a copy of it.
#pragma once
#include <vector>

#include "app/complaint.hpp"
#include "app/options.hpp"
#include "proxy/model.hpp"

namespace ringway::app {

// Writes the ports into the model. Only TCP addresses that the configuration binds itself count: no socket
// files and no inherited descriptors; disabled sections neither. A name is that of a bind or of a frontend
// with exactly one such address. On a complaint the model is unchanged.
outcome apply_ports(const std::vector<port_override>& overrides, proxy::model& into);

}  // namespace ringway::app
