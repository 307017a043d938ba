// The section rules at the points of a request's journey. Sections without rules never come here.
#include "proxy/rules_view.hpp"
#include "proxy/transaction.hpp"

namespace ringway::proxy {

backend* transaction::backend_by_rules() {
  const rules_view around(*of_, nullptr);
  const rules::context in{.around = around,
                          .client = of_->client,
                          .memory = at_->rules_memory,
                          .at = request_.bytes > 0 ? rules::point::request : rules::point::session,
                          .request = request_.bytes > 0 ? &request_ : nullptr,
                          .first_request = of_->requests <= 1};
  at_->rules_memory.clear();
  const std::uint32_t found = rules::choose_backend(of_->front.settings.rules, in);
  return found == rules::no_index ? of_->front.default_backend : at_->all.backends[found].get();
}

}  // namespace ringway::proxy
