// The functions of the rows. Pure: they look at what was read and say what they find.
#pragma once
#include <string_view>
#include <unordered_map>
#include <vector>

#include "advice/advice.hpp"

namespace ringway::advice {

// check_balance.cpp: how servers are chosen
void map_based_hash(const subject&, std::vector<finding>&);
void shifting_ids(const subject&, std::vector<finding>&);
void lost_weights(const subject&, std::vector<finding>&);
void factor_without_ring(const subject&, std::vector<finding>&);
void lost_slowstart(const subject&, std::vector<finding>&);
void unchecked_servers(const subject&, std::vector<finding>&);

// check_traffic.cpp: clients, times, logs
void no_forwardfor(const subject&, std::vector<finding>&);
void idle_clients(const subject&, std::vector<finding>&);
void times_without_unit(const subject&, std::vector<finding>&);
void lost_logs(const subject&, std::vector<finding>&);

// check_lines.cpp: lines that do not do what they look like
void no_server(const subject&, std::vector<finding>&);
void no_port(const subject&, std::vector<finding>&);
void shared_address(const subject&, std::vector<finding>&);
void lost_limits(const subject&, std::vector<finding>&);
void hop_headers(const subject&, std::vector<finding>&);
void unset_variables(const subject&, std::vector<finding>&);

// check_rules.cpp: who is used by whom
void unreachable_rules(const subject&, std::vector<finding>&);
void unused_backends(const subject&, std::vector<finding>&);
void requests_in_tcp(const subject&, std::vector<finding>&);

// Common to them.
std::string_view kind_of(const proxy::section_settings& section);  // "listen", "frontend", "backend"
bool hashed(const proxy::section_settings& section);
// The n-th word of the line that begins with `phrase` (see outline::find), else `otherwise`.
config::span word_of(const subject& of, const proxy::section_settings& section, std::string_view phrase, std::size_t n,
                     const config::span& otherwise);

// The lines of a section's servers, found once for all of them.
class server_lines {
 public:
  server_lines(const subject& of, const proxy::section_settings& section);
  // The line of a server; nullptr: it has none (a template's).
  const config::line* line_of(const servers::settings& server) const;
  // The word on that line, or of the section's default-server lines; nullptr: nowhere.
  const config::word* find(const servers::settings& server, std::string_view word) const;

 private:
  const config::outline::section* at_;
  std::vector<const config::line*> defaults_;  // default-server lines, the last that counts first
};

// Sections with servers by their name; views and pointers into the model.
using backends_by_name = std::unordered_multimap<std::string_view, const proxy::section_settings*>;
backends_by_name backends_of(const proxy::model& model);

}  // namespace ringway::advice
