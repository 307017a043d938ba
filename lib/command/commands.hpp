// Private to this room: the handlers that table.cpp has rows for.
#pragma once
#include "command/table.hpp"

namespace ringway::command {

// commands_session.cpp: the conversation itself
reply help(const call&);
reply prompt(const call&);
reply quit(const call&);
reply lower_to_operator(const call&);
reply lower_to_user(const call&);
reply set_timeout(const call&);
reply set_severity_output(const call&);
reply show_cli_level(const call&);
reply show_cli_sockets(const call&);

// commands_process.cpp
reply show_version(const call&);
reply show_env(const call&);
reply show_startup_files(const call&);
reply show_info(const call&);  // info.cpp

// commands_show.cpp
reply show_backend(const call&);
reply show_servers_state(const call&);
reply get_weight(const call&);

// commands_server.cpp: changes of one server
reply set_weight(const call&);
reply set_server(const call&);
reply enable_server(const call&);
reply disable_server(const call&);
reply enable_health(const call&);
reply disable_health(const call&);
reply enable_agent(const call&);
reply disable_agent(const call&);
reply shutdown_sessions(const call&);

// "backend/server": both found, or why not.
struct place {
  proxy::backend* back = nullptr;
  std::uint32_t server = 0;
  const servers::state& state() const { return (*back->servers)[server]; }
};
// By name, or #id. nullptr: none.
proxy::backend* find_backend(const subject& of, std::string_view name);
// False: `why` is the answer. `change`: refused where the section is disabled.
bool find_server(const call& asked, bool change, place& out, reply& why);

}  // namespace ringway::command
