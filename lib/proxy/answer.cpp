// Which reply of ours a client gets, and the one that monitors ask for.
#include "http/reply.hpp"
#include "proxy/transaction.hpp"
#include "rules/request_parts.hpp"

namespace ringway::proxy {

transaction::reply transaction::reply_for(unsigned status) const {
  for (const section_settings* section : {back_ != nullptr ? &back_->settings : nullptr, &of_->front.settings}) {
    if (section == nullptr || section->errors.empty()) continue;
    const auto found = section->errors.find(status);
    if (found == section->errors.end()) continue;
    const error_page& page = *found->second;
    return {page.head, page.body, page.minor, page.framed, page.silent, page.closes};
  }
  const http::canned_reply& page = http::reply_for(status);
  return {page.head, page.body};
}

bool transaction::is_monitor() const {
  const std::string& uri = of_->front.settings.monitor_uri;
  return (uri.starts_with('/') ? rules::path_of(request_.target) : request_.target) == uri;
}

// Before any rule, and without a line in the log.
io::task<> transaction::answer_monitor() {
  logged_ = true;
  const rules::section& rules = of_->front.settings.rules;
  if (!rules.monitor_fail.empty() && monitor_is_to_fail())
    co_await answer(503, "monitor fail");
  else
    co_await answer(200, "monitor-uri");
}

}  // namespace ringway::proxy
