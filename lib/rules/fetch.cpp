// The names of all fetches and converters, ours and HAProxy's.
#include "rules/fetch.hpp"

#include <algorithm>
#include <unordered_map>

#include "rules/convert.hpp"

namespace ringway::rules {
namespace {

template <class Row>
using by_name = std::unordered_map<std::string_view, const Row*>;

const by_name<fetch_row>& fetches() {
  static const by_name<fetch_row> all = [] {
    by_name<fetch_row> out;
    for (const auto rows : {fetches_of_connections(), fetches_of_requests(), fetches_of_process()})
      for (const fetch_row& row : rows) out.emplace(row.name, &row);
    return out;
  }();
  return all;
}

const by_name<converter_row>& converters() {
  static const by_name<converter_row> all = [] {
    by_name<converter_row> out;
    for (const auto rows : {converters_of_text(), converters_of_numbers()})
      for (const converter_row& row : rows) out.emplace(row.name, &row);
    return out;
  }();
  return all;
}

constexpr std::string_view fetches_of_haproxy[] = {
    "acl", "act_thread", "base32+src", "url32+src", "be_sess_rate", "be_server_timeout", "be_tunnel_timeout", "bc_dst", "bc_dst_port",
    "bc_http_major", "bc_src", "bc_src_port", "bc_rtt", "bc_rttvar", "bc_err", "bc_err_str", "bc_conn_err", "bin",
    "capture.req.hdr", "capture.req.method", "capture.req.uri", "capture.req.ver", "capture.res.hdr",
    "capture.res.ver", "cookie", "cpu_calls", "cpu_ns_avg", "cpu_ns_tot", "cur_client_timeout",
    "cur_server_timeout", "cur_tunnel_timeout", "distcc_body", "distcc_param", "dst_conn",
    "fc_conn_err", "fc_conn_err_str", "fc_dst", "fc_dst_is_local", "fc_dst_port", "fc_err", "fc_err_str", "fc_fackets", "fc_http_major",
    "fc_lost", "fc_pp_authority", "fc_pp_unique_id", "fc_pp_tlv", "fc_rcvd_proxy", "fc_reordering", "fc_retrans", "fc_rtt",
    "fc_rttvar", "fc_sacked", "fc_settings_streams_limit", "fc_src", "fc_src_is_local", "fc_src_port", "fc_unacked",
    "fe_client_timeout", "fe_tarpit_timeout", "fe_req_rate", "fe_sess_rate", "fix_is_valid", "fix_tag_value", "http_auth", "http_auth_bearer", "http_auth_group",
    "http_auth_pass", "http_auth_type", "http_auth_user", "internal.htx.data", "internal.strm.is_htx", "last_entity", "last_rule_file",
    "last_rule_line", "lat_ns_avg", "lat_ns_tot", "meth", "mqtt_is_valid", "mqtt_field_value", "payload", "payload_lv", "pid", "prio_class", "prio_offset",
    "quic_enabled", "rdp_cookie", "rdp_cookie_cnt", "rep_ssl_hello_type", "req.body", "req.body_len", "req.body_param", "req.hdrs",
    "req.hdrs_bin", "req.len", "req_len", "req.payload", "req.payload_lv", "req.rdp_cookie",
    "req.rdp_cookie_cnt", "req.ssl_alpn", "req.ssl_ec_ext", "req.ssl_hello_type", "req_ssl_hello_type", "req.ssl_cipherlist", "req.ssl_keyshare_groups", "req.ssl_sigalgs", "req.ssl_supported_groups",
    "req.ssl_sni", "req_ssl_sni", "req.ssl_st_ext", "req.ssl_ver", "req_ssl_ver", "req.timer.hdr", "req.timer.idle", "req.timer.queue", "req.timer.tq", "req_proto_http", "res.body",
    "res.body_len", "res.body_size", "res.cache_hit", "res.cache_name", "res.comp", "res.comp_algo", "res.cook",
    "res.cook_cnt", "res.cook_val", "res.fhdr", "res.fhdr_cnt", "res.hdr", "res.hdr_cnt", "res.hdr_ip",
    "res.hdr_names", "res.hdr_val", "res.hdrs", "res.hdrs_bin", "res.len", "res.payload", "res.payload_lv",
    "res.ssl_hello_type", "res.timer.data", "res.timer.hdr", "res.ver", "resp_ver", "sc0_conn_cnt", "sc0_conn_cur", "sc0_conn_rate", "sc0_get_gpc0", "sc0_http_err_rate", "sc0_http_req_rate",
    "sc0_inc_gpc0", "sc1_conn_rate", "sc1_http_req_rate", "sc1_inc_gpc0", "sc_bytes_in_rate", "sc_bytes_out_rate",
    "sc_clr_gpc", "sc_clr_gpc0", "sc_clr_gpc1", "sc_conn_cnt", "sc_conn_cur", "sc_conn_rate", "sc_get_gpc", "sc_get_gpc0", "sc_get_gpc1",
    "sc_get_gpt", "sc_get_gpt0", "sc_glitch_cnt", "sc_glitch_rate", "sc_gpc_rate", "sc_gpc0_rate", "sc_gpc1_rate", "sc_http_err_cnt", "sc_http_err_rate", "sc_http_fail_cnt",
    "sc_http_fail_rate", "sc_http_req_cnt", "sc_http_req_rate", "sc_inc_gpc", "sc_inc_gpc0", "sc_inc_gpc1", "sc_kbytes_in",
    "sc_kbytes_out", "sc_key", "sc_sess_cnt", "sc_sess_rate", "sc_tracked", "sc_trackers", "scook", "scook_cnt", "scook_val", "set-cookie", "shdr",
    "shdr_cnt", "shdr_ip", "shdr_val", "src_bytes_in_rate", "src_bytes_out_rate", "src_clr_gpc", "src_clr_gpc0", "src_conn_cnt",
    "src_conn_cur", "src_conn_rate", "src_get_gpc", "src_get_gpc0", "src_get_gpt", "src_get_gpt0", "src_gpc_rate", "src_gpc0_rate", "src_http_err_cnt",
    "src_http_err_rate", "src_http_fail_cnt", "src_http_fail_rate", "src_http_req_cnt", "src_http_req_rate", "src_inc_gpc", "src_inc_gpc0", "src_kbytes_in",
    "src_kbytes_out", "src_sess_cnt", "src_sess_rate", "src_updt_conn_cnt", "srv_id", "srv_name", "srv_iweight", "srv_sess_rate",
    "srv_weight", "ssl_bc", "ssl_bc_alg_keysize", "ssl_bc_alpn", "ssl_bc_cipher", "ssl_bc_client_random", "ssl_bc_is_resumed", "ssl_bc_npn", "ssl_bc_protocol", "ssl_bc_use_keysize",
    "ssl_c_ca_err", "ssl_c_ca_err_depth", "ssl_c_chain_der", "ssl_c_der", "ssl_c_err", "ssl_c_i_dn", "ssl_c_key_alg", "ssl_c_notafter",
    "ssl_c_notbefore", "ssl_c_r_dn", "ssl_c_s_dn", "ssl_c_serial", "ssl_c_sha1", "ssl_c_sig_alg", "ssl_c_used", "ssl_c_verify",
    "ssl_c_version", "ssl_f_der", "ssl_f_i_dn", "ssl_f_key_alg", "ssl_f_notafter", "ssl_f_notbefore", "ssl_f_s_dn", "ssl_f_serial",
    "ssl_f_sha1", "ssl_f_sig_alg", "ssl_f_version", "ssl_fc_alg_keysize", "ssl_fc_alpn", "ssl_fc_cipher", "ssl_fc_cipherlist_bin",
    "ssl_fc_cipherlist_hex", "ssl_fc_cipherlist_str", "ssl_fc_cipherlist_xxh", "ssl_fc_client_random", "ssl_fc_ecformats_bin", "ssl_fc_eclist_bin", "ssl_fc_err", "ssl_fc_err_str",
    "ssl_fc_extlist_bin", "ssl_fc_has_crt", "ssl_fc_has_early", "ssl_fc_has_sni", "ssl_fc_is_resumed", "ssl_fc_npn",
    "ssl_fc_protocol", "ssl_fc_protocol_hello_id", "ssl_fc_session_id", "ssl_fc_session_key", "ssl_fc_sni", "ssl_fc_unique_id", "ssl_fc_use_keysize", "ssl_s_der",
    "status", "stopping", "table_avl", "table_cnt", "table_cnt", "term_events", "txn.conn_retries", "txn.id32", "txn.redispatched", "txn.sess_term_state", "txn.status", "txn.timer.total", "txn.timer.user", "unique-id", "url_ip", "url_port", "uptime", "uuid", "var", "wait_end",
};

constexpr std::string_view converters_of_haproxy[] = {
    "51d.single", "add_item", "aes_cbc_dec", "aes_cbc_enc", "aes_gcm_dec", "aes_gcm_enc", "be2dec", "be2hex", "bytes_lf", "capture-req", "capture-res", "concat", "crc32c",
    "cut_crlf", "da-csv-conv", "date", "debug", "digest", "fix_is_valid", "fix_tag_value", "hmac", "http_date", "htonl", "in_table", "ip.fp", "ip.ver", "is_blank", "json", "json_query", "jwt_decrypt_cert",
    "jwt_header_query", "jwt_payload_query", "jwt_verify", "language", "ltime", "map", "map_beg", "map_dir", "map_dom",
    "map_end", "map_int", "map_ip", "map_reg", "map_regm", "map_str", "map_str_int", "map_beg_int", "map_str_ip", "map_sub", "map_int_int", "map_reg_int", "map_ip_int", "map_key", "mqtt_field_value", "mqtt_is_valid", "ms_ltime", "ms_utime", "nbsrv",
    "param", "protobuf", "reverse", "reverse_dom", "rfc7239_field", "rfc7239_is_valid", "rfc7239_n2nn", "rfc7239_n2np", "rfc7239_nn", "rfc7239_np",
    "secure_memcmp", "set-var", "sha1", "sha2", "srv_queue", "strcmp", "table_bytes_in_rate", "table_bytes_out_rate", "table_clr_gpc0", "table_conn_cnt", "table_conn_cur",
    "table_conn_rate", "table_expire", "table_gpc", "table_gpc0", "table_gpc0_rate", "table_gpc1", "table_gpt", "table_gpt0", "table_http_err_cnt", "table_http_err_rate",
    "table_http_req_cnt", "table_http_req_rate", "table_idle", "table_inc_gpc0", "table_kbytes_in", "table_kbytes_out", "table_server_id", "table_sess_cnt",
    "table_sess_rate", "table_trackers", "ub64dec", "ub64enc", "ungrpc", "unset-var", "us_ltime", "us_utime",
    "utime", "x509_v_err_str", "xxh3", "xxh64", "when",
};

}  // namespace

const fetch_row* find_fetch(std::string_view name) {
  const auto found = fetches().find(name);
  return found == fetches().end() ? nullptr : found->second;
}

const converter_row* find_converter(std::string_view name) {
  const auto found = converters().find(name);
  return found == converters().end() ? nullptr : found->second;
}

std::vector<std::string_view> fetch_names() {
  std::vector<std::string_view> out;
  for (const auto rows : {fetches_of_connections(), fetches_of_requests(), fetches_of_process()})
    for (const fetch_row& row : rows) out.push_back(row.name);
  return out;
}

std::vector<std::string_view> converter_names() {
  std::vector<std::string_view> out;
  for (const auto rows : {converters_of_text(), converters_of_numbers()})
    for (const converter_row& row : rows) out.push_back(row.name);
  return out;
}

std::span<const std::string_view> fetches_not_yet() { return fetches_of_haproxy; }
std::span<const std::string_view> converters_not_yet() { return converters_of_haproxy; }

}  // namespace ringway::rules
