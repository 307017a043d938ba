// What is known of a connection, its listener, and the backends (configuration.txt 7.3.2, 7.3.3).
#include "rules/fetch.hpp"

namespace ringway::rules {
namespace {

bool source(const context& in, const argument_list&, cursor&, sample& out) {
  if (!in.client.is_ip()) return false;
  out.set_ip(in.client);
  return true;
}
bool source_port(const context& in, const argument_list&, cursor&, sample& out) {
  if (!in.client.is_ip()) return false;
  out.set_integer(in.client.port);
  return true;
}
bool destination(const context& in, const argument_list&, cursor&, sample& out) {
  const address to = in.around.client_came_to();
  if (!to.is_ip()) return false;
  out.set_ip(to);
  return true;
}
bool destination_port(const context& in, const argument_list&, cursor&, sample& out) {
  const address to = in.around.client_came_to();
  if (!to.is_ip()) return false;
  out.set_integer(to.port);
  return true;
}
bool source_is_local(const context& in, const argument_list&, cursor&, sample& out) {
  out.set_bool(!in.client.is_ip() || in.around.is_of_this_machine(in.client));
  return true;
}
bool destination_is_local(const context& in, const argument_list&, cursor&, sample& out) {
  const address to = in.around.client_came_to();
  out.set_bool(!to.is_ip() || in.around.is_of_this_machine(to));
  return true;
}
bool listener_id(const context& in, const argument_list&, cursor&, sample& out) {
  out.set_integer(in.around.listener_id());
  return true;
}
bool listener_name(const context& in, const argument_list&, cursor&, sample& out) {
  const std::string_view name = in.around.listener_name();
  if (name.empty()) return false;
  out.set_text(name);
  return true;
}
bool front_id(const context& in, const argument_list&, cursor&, sample& out) {
  out.set_integer(in.around.frontend_id());
  return true;
}
bool front_name(const context& in, const argument_list&, cursor&, sample& out) {
  out.set_text(in.around.frontend_name());
  return true;
}
bool front_default_backend(const context& in, const argument_list&, cursor&, sample& out) {
  const std::string_view name = in.around.frontend_default_backend();
  if (name.empty()) return false;
  out.set_text(name);
  return true;
}
bool front_connections(const context& in, const argument_list& args, cursor&, sample& out) {
  const std::uint32_t front = args.empty() || args[0].index == no_index ? in.around.frontend() : args[0].index;
  out.set_integer(in.around.frontend_connections(front));
  return true;
}
bool client_tls(const context& in, const argument_list&, cursor&, sample& out) {
  out.set_bool(in.around.client_tls());
  return true;
}
bool back_id(const context& in, const argument_list&, cursor&, sample& out) {
  const std::uint32_t back = in.around.backend();
  if (back == no_index) return false;
  out.set_integer(in.around.backend_id(back));
  return true;
}
bool back_name(const context& in, const argument_list&, cursor&, sample& out) {
  const std::uint32_t back = in.around.backend();
  if (back == no_index) return false;
  out.set_text(in.around.backend_name(back));
  return true;
}

// --- backends and servers that were named; resolve() has turned the names into numbers.

std::uint32_t back_of(const argument_list& args) { return args.empty() ? no_index : args[0].index; }

bool back_connections(const context& in, const argument_list& args, cursor&, sample& out) {
  const std::uint32_t back = back_of(args);
  if (back == no_index) return false;
  out.set_integer(in.around.backend_connections(back));
  return true;
}
bool usable_servers(const context& in, const argument_list& args, cursor&, sample& out) {
  const std::uint32_t back = back_of(args);
  if (back == no_index) return false;
  out.set_integer(in.around.usable_servers(back));
  return true;
}

unsigned waiting(const context& in, std::uint32_t back) {
  unsigned all = in.around.backend_queue(back);
  for (std::uint32_t server = 0; server < in.around.server_count(back); ++server)
    all += in.around.server_queue(back, server);
  return all;
}
bool queued(const context& in, const argument_list& args, cursor&, sample& out) {
  const std::uint32_t back = back_of(args);
  if (back == no_index) return false;
  out.set_integer(waiting(in, back));
  return true;
}
bool average_queue(const context& in, const argument_list& args, cursor&, sample& out) {
  const std::uint32_t back = back_of(args);
  if (back == no_index) return false;
  const unsigned servers = in.around.usable_servers(back), all = waiting(in, back);
  out.set_integer(servers > 0 ? (all + servers - 1) / servers : all * 2);
  return true;
}
// Of all servers that are up; -1 as soon as one of them has no limit.
bool slots(const context& in, const argument_list& args, cursor&, sample& out) {
  const std::uint32_t back = back_of(args);
  if (back == no_index) return false;
  std::int64_t sum = 0;
  for (std::uint32_t server = 0; server < in.around.server_count(back); ++server) {
    if (!in.around.server_is_up(back, server)) continue;
    const unsigned most = in.around.server_limit(back, server), most_waiting = in.around.server_maxqueue(back, server);
    if (most == 0 || most_waiting == 0) {
      out.set_integer(-1);
      return true;
    }
    sum += std::int64_t{most} - in.around.server_connections(back, server);
    sum += std::int64_t{most_waiting} - in.around.server_queue(back, server);
  }
  out.set_integer(sum);
  return true;
}
bool back_free(const context& in, const argument_list& args, cursor&, sample& out) {
  const std::uint32_t back = back_of(args);
  if (back == no_index) return false;
  std::int64_t sum = 0;
  for (std::uint32_t server = 0; server < in.around.server_count(back); ++server) {
    if (!in.around.server_takes_work(back, server)) continue;
    const unsigned most = in.around.server_limit(back, server);
    if (most == 0) {
      out.set_integer(-1);
      return true;
    }
    const unsigned used = in.around.server_connections(back, server);
    if (most > used) sum += most - used;
  }
  out.set_integer(sum);
  return true;
}

template <auto Ask>
bool of_server(const context& in, const argument_list& args, cursor&, sample& out) {
  if (args.empty() || args[0].index == no_index || args[0].server == no_index) return false;
  out.set_integer((in.around.*Ask)(args[0].index, args[0].server));
  return true;
}
bool server_up(const context& in, const argument_list& args, cursor&, sample& out) {
  if (args.empty() || args[0].index == no_index || args[0].server == no_index) return false;
  out.set_bool(in.around.server_is_up(args[0].index, args[0].server));
  return true;
}
bool server_free(const context& in, const argument_list& args, cursor&, sample& out) {
  if (args.empty() || args[0].index == no_index || args[0].server == no_index) return false;
  const unsigned most = in.around.server_limit(args[0].index, args[0].server);
  const unsigned used = in.around.server_connections(args[0].index, args[0].server);
  out.set_integer(most == 0 ? -1 : most > used ? most - used : 0);
  return true;
}

constexpr std::array rows = {
    fetch_row{.name = "src", .gives = kind::ip, .wants = needs::client,
        .summary = "The client's address. Not there on unix sockets.", .example = "src 10.0.0.0/8 192.168.0.0/16",
        .since = "1.3", .run = &source},
    fetch_row{.name = "src_port", .gives = kind::integer, .wants = needs::client, .summary = "The client's TCP port.",
        .example = "src_port lt 1024", .since = "1.3", .run = &source_port},
    fetch_row{.name = "src_is_local", .gives = kind::boolean, .wants = needs::client,
        .summary = "The client's address is one of this machine; a unix socket's is.", .example = "src_is_local",
        .since = "1.5", .run = &source_is_local},
    fetch_row{.name = "dst", .gives = kind::ip, .wants = needs::client, .summary = "The address the client connected to.",
        .example = "dst 192.0.2.10", .since = "1.3", .run = &destination},
    fetch_row{.name = "dst_port", .gives = kind::integer, .wants = needs::client,
        .summary = "The TCP port the client connected to.", .example = "dst_port 8443", .since = "1.3",
        .run = &destination_port},
    fetch_row{.name = "dst_is_local", .gives = kind::boolean, .wants = needs::client,
        .summary = "The address the client connected to is one of this machine; a unix socket's is.",
        .example = "dst_is_local", .since = "1.5", .run = &destination_is_local},
    fetch_row{.name = "so_id", .gives = kind::integer, .wants = needs::client, .summary = "The id of the bind address.",
        .example = "so_id 2", .since = "1.4", .run = &listener_id},
    fetch_row{.name = "so_name", .gives = kind::text, .wants = needs::client,
        .summary = "The name of the bind address, where it has one.", .example = "so_name internal", .since = "2.4",
        .run = &listener_name},
    fetch_row{.name = "fe_id", .gives = kind::integer, .summary = "The frontend's id.", .example = "fe_id 3",
        .since = "1.4", .run = &front_id},
    fetch_row{.name = "fe_name", .gives = kind::text, .summary = "The frontend's name.", .example = "fe_name public",
        .since = "1.9", .run = &front_name},
    fetch_row{.name = "fe_defbe", .gives = kind::text, .summary = "The name of the frontend's default backend.",
        .example = "fe_defbe shop", .since = "1.9", .run = &front_default_backend},
    fetch_row{.name = "fe_conn", .arguments = "([<frontend>])", .takes_ = {takes::frontend}, .gives = kind::integer,
        .summary = "Clients that are connected to the frontend.", .example = "fe_conn gt 900", .since = "1.3",
        .run = &front_connections},
    fetch_row{.name = "ssl_fc", .gives = kind::boolean, .wants = needs::client,
        .summary = "The client speaks TLS with this proxy.", .example = "ssl_fc", .since = "1.5", .run = &client_tls},
    fetch_row{.name = "be_id", .gives = kind::integer, .wants = needs::backend,
        .summary = "The id of the backend that was chosen.", .example = "be_id 4", .since = "1.4", .run = &back_id},
    fetch_row{.name = "be_name", .gives = kind::text, .wants = needs::backend,
        .summary = "The name of the backend that was chosen.", .example = "be_name shop", .since = "1.9",
        .run = &back_name},
    fetch_row{.name = "be_conn", .arguments = "([<backend>])", .takes_ = {takes::backend}, .gives = kind::integer,
        .summary = "Requests that the backend has now.", .example = "be_conn(shop) ge 100", .since = "1.3",
        .run = &back_connections},
    fetch_row{.name = "be_conn_free", .arguments = "([<backend>])", .takes_ = {takes::backend}, .gives = kind::integer,
        .summary = "Free places at the usable servers; -1 when one has no maxconn.",
        .example = "be_conn_free(shop) lt 5", .since = "2.1", .run = &back_free},
    fetch_row{.name = "nbsrv", .arguments = "([<backend>])", .takes_ = {takes::backend}, .gives = kind::integer,
        .summary = "Servers of the backend that may be used.", .example = "nbsrv(shop) lt 2", .since = "1.3",
        .run = &usable_servers},
    fetch_row{.name = "connslots", .arguments = "([<backend>])", .takes_ = {takes::backend}, .gives = kind::integer,
        .summary = "Free places and queue places at servers that are up; -1 when one has no limit.",
        .example = "connslots(shop) lt 10", .since = "1.3", .run = &slots},
    fetch_row{.name = "queue", .arguments = "([<backend>])", .takes_ = {takes::backend}, .gives = kind::integer,
        .summary = "Requests that wait for a server of the backend.", .example = "queue(shop) gt 50", .since = "1.3",
        .run = &queued},
    fetch_row{.name = "avg_queue", .arguments = "([<backend>])", .takes_ = {takes::backend}, .gives = kind::integer,
        .summary = "Requests that wait, divided by the usable servers.", .example = "avg_queue(shop) gt 5",
        .since = "1.3", .run = &average_queue},
    fetch_row{.name = "srv_is_up", .arguments = "([<backend>/]<server>)", .takes_ = {takes::server}, .required = 1,
        .gives = kind::boolean, .summary = "The server is up and in no maintenance.", .example = "srv_is_up(shop/s1)",
        .since = "1.4", .run = &server_up},
    fetch_row{.name = "srv_conn", .arguments = "([<backend>/]<server>)", .takes_ = {takes::server}, .required = 1,
        .gives = kind::integer, .summary = "Requests that the server has now.", .example = "srv_conn(shop/s1) gt 10",
        .since = "1.4", .run = &of_server<&surroundings::server_connections>},
    fetch_row{.name = "srv_conn_free", .arguments = "([<backend>/]<server>)", .takes_ = {takes::server}, .required = 1,
        .gives = kind::integer, .summary = "Free places at the server; -1 without maxconn.",
        .example = "srv_conn_free(shop/s1) lt 2", .since = "2.1", .run = &server_free},
    fetch_row{.name = "srv_queue", .arguments = "([<backend>/]<server>)", .takes_ = {takes::server}, .required = 1,
        .gives = kind::integer, .summary = "Requests that wait for this server.", .example = "srv_queue(shop/s1) gt 3",
        .since = "2.0", .run = &of_server<&surroundings::server_queue>},
    fetch_row{.name = "srv_uweight", .arguments = "([<backend>/]<server>)", .takes_ = {takes::server}, .required = 1,
        .gives = kind::integer, .summary = "The server's weight now.", .example = "srv_uweight(shop/s1) gt 0",
        .since = "2.2", .run = &of_server<&surroundings::server_weight>},
};

}  // namespace

bool surroundings::is_of_this_machine(const address& at) const {
  if (at.kind == family::v4) return at.bytes[0] == 127;
  bool zero = at.kind == family::v6;
  for (std::size_t i = 0; i < 15; ++i) zero = zero && at.bytes[i] == 0;
  return zero && at.bytes[15] == 1;
}

std::span<const fetch_row> fetches_of_connections() { return rows; }

}  // namespace ringway::rules
