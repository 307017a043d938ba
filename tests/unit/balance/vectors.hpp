// Reads placement vectors: the committed sample in data/, or a full directory (RINGWAY_VECTORS).
#pragma once
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "balance/chooser.hpp"

namespace vectors {

using namespace ringway;
using namespace ringway::balance;

inline std::string sample_directory() { return RINGWAY_SOURCE_DIR "/tests/unit/balance/data"; }

// "" if there is no full set on this machine.
inline std::string full_directory() {
  const char* named = std::getenv("RINGWAY_VECTORS");
  const std::string path = named != nullptr ? named : RINGWAY_SOURCE_DIR "/../shared/placement/vectors";
  return std::ifstream(path + "/sequences.csv") ? path : "";
}

inline std::vector<std::string> split(const std::string& text, char by) {
  std::vector<std::string> parts(1);
  for (char c : text) {
    if (c == by)
      parts.emplace_back();
    else
      parts.back().push_back(c);
  }
  return parts;
}

// RFC 4180: fields may be quoted, a doubled quote is a quote, quoted fields may hold line breaks.
inline std::vector<std::vector<std::string>> read_csv(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::vector<std::string>> rows(1);
  rows.back().emplace_back();
  bool quoted = false;
  char last = '\0';
  for (std::istreambuf_iterator<char> i(file), end; i != end; last = *i, ++i) {
    const char c = *i;
    if (c == '"') {
      if (!quoted && last == '"') rows.back().back().push_back(c);  // a doubled quote stands for itself
      quoted = !quoted;
    } else if (quoted || (c != ',' && c != '\n' && c != '\r')) {
      rows.back().back().push_back(c);
    } else if (c == ',') {
      rows.back().emplace_back();
    } else if (c == '\n') {
      rows.emplace_back();
      rows.back().emplace_back();
    }
  }
  if (rows.back().size() == 1 && rows.back().front().empty()) rows.pop_back();
  return rows;
}

struct config {
  std::string name, balance;
  settings rules;
  bool allbackups = false;
  bool for_target = false;  // holds for the 3.x behaviour
  bool by_sample = false;   // `balance hash`: the key column is what is hashed
  std::vector<server_facts> servers;

  std::unique_ptr<chooser> make() const { return std::make_unique<chooser>(rules, servers, allbackups); }
};

inline settings rules_of(const std::string& balance, const std::string& hash_type) {
  settings s;
  const auto words = split(balance, ' ');
  auto word = words.front();
  const auto parenthesis = word.find('(');
  if (parenthesis != std::string::npos) {
    s.name = word.substr(parenthesis + 1, word.size() - parenthesis - 2);
    word = word.substr(0, parenthesis);
  }
  const std::map<std::string, algorithm> kinds{{"roundrobin", algorithm::roundrobin},
                                               {"static-rr", algorithm::static_rr},
                                               {"source", algorithm::source},
                                               {"uri", algorithm::uri},
                                               {"url_param", algorithm::url_param},
                                               {"hdr", algorithm::hdr},
                                               {"hash", algorithm::uri}};
  s.kind = kinds.at(word);
  for (std::size_t i = 1; i < words.size(); ++i) {
    const auto number = [&] { return static_cast<std::uint32_t>(std::stoul(words[++i])); };
    if (words[i] == "whole")
      s.uri_whole = true;
    else if (words[i] == "path-only")
      s.uri_path_only = true;
    else if (words[i] == "len")
      s.uri_len = number();
    else if (words[i] == "depth")
      s.uri_depth = number();
    else if (words[i] == "use_domain_only")
      s.use_domain_only = true;
    else
      s.name = words[i];
  }
  const auto type = split(hash_type, ' ');
  s.method = type.front() == "consistent" ? hash_method::consistent : hash_method::map_based;
  s.avalanche = hash_type == "consistent";
  const std::map<std::string, hash_function> functions{{"sdbm", hash_function::sdbm},
                                                       {"djb2", hash_function::djb2},
                                                       {"wt6", hash_function::wt6},
                                                       {"crc32", hash_function::crc32},
                                                       {"none", hash_function::none}};
  for (std::size_t i = 1; i < type.size(); ++i) {
    if (type[i] == "avalanche")
      s.avalanche = true;
    else
      s.function = functions.at(type[i]);
  }
  return s;
}

inline std::map<std::string, config> read_configs() {
  std::map<std::string, config> all;
  std::ifstream file(sample_directory() + "/configs.txt");
  for (std::string line; std::getline(file, line);) {
    const auto fields = split(line, '\t');
    config c;
    c.name = fields[0];
    c.balance = fields[1];
    c.rules = rules_of(fields[1], fields[2]);
    c.by_sample = fields[1].rfind("hash ", 0) == 0;
    c.allbackups = fields[3] == "option allbackups";
    c.for_target = fields[4].find("3.5") != std::string::npos;
    const std::map<std::string, hash_key> keys{{"", hash_key::id},
                                               {"id32", hash_key::id32},
                                               {"addr", hash_key::addr},
                                               {"addr-port", hash_key::addr_port},
                                               {"guid", hash_key::guid}};
    for (const auto& text : split(fields[5], ' ')) {
      auto f = split(text, ':');
      while (f.size() > 7) {  // an IPv6 address holds colons itself
        f[f.size() - 2] += ":" + f.back();
        f.pop_back();
      }
      server_facts s;
      s.weight = static_cast<unsigned>(std::stoul(f[0]));
      if (!f[1].empty()) s.id = static_cast<std::uint32_t>(std::stoul(f[1]));
      s.usable = f[2].find('d') == std::string::npos;
      s.backup = f[2].find('b') != std::string::npos;
      s.key = keys.at(f[3]);
      s.guid = f[4];
      if (!f[6].empty()) s.at = parse_ip(f[6]).value();
      if (!f[5].empty()) s.at.port = static_cast<std::uint16_t>(std::stoul(f[5]));
      c.servers.push_back(std::move(s));
    }
    assign_ids(c.servers);
    all.emplace(c.name, std::move(c));
  }
  return all;
}

// Places one key of a vector file.
inline server_index place(chooser& balancer, const config& c, const std::string& key) {
  if (c.by_sample) return balancer.place({true, hash_of(c.rules, key), key});
  request_facts facts;
  std::string scratch;
  facts.method = "GET";
  facts.target = "/";
  if (c.rules.kind == algorithm::source) facts.source = parse_ip(key).value();
  if (c.rules.kind == algorithm::uri || c.rules.kind == algorithm::url_param)
    facts.target = normalise_target("GET", key, scratch);
  facts.fields = &key;
  facts.field = [](const void* value, std::string_view) {
    return std::optional<std::string_view>(*static_cast<const std::string*>(value));
  };
  return balancer.pick(facts);
}

inline server_index index_of(const std::string& server) {
  return static_cast<server_index>(std::stoul(server.substr(3)) - 1);  // "app7"
}

}  // namespace vectors
