#include "servers/queue.hpp"

#include <algorithm>

namespace ringway::servers {

using balance::no_server;
using balance::server_index;

void queue::tell(const std::shared_ptr<waiter>& one) {
  one->home->post([one] {
    if (one->wake != nullptr) one->wake->wake();
  });
}

void queue::join(const std::shared_ptr<waiter>& one) {
  {
    const std::lock_guard guard(lock_);
    auto& list = one->wanted == no_server ? any_ : per_server_[one->wanted];
    one->ahead = static_cast<std::uint32_t>(list.size());
    one->order = ++order_;
    list.push_back(one);
    waiting_.fetch_add(1);
    chooser_.queued(one->wanted, +1);
  }
  // A place may have come free between the caller's look and the joining.
  if (one->wanted != no_server)
    serve(one->wanted);
  else
    serve_all();
}

bool queue::leave(const std::shared_ptr<waiter>& one) {
  const std::lock_guard guard(lock_);
  auto& list = one->wanted == no_server ? any_ : per_server_[one->wanted];
  const auto at = std::find(list.begin(), list.end(), one);
  if (at == list.end()) return one->granted.load() == no_server;
  list.erase(at);
  waiting_.fetch_sub(1);
  chooser_.queued(one->wanted, -1);
  return true;
}

void queue::grant_locked(server_index server) {
  while (waiting_.load() > 0 && chooser_.usable(server)) {
    auto& own = per_server_[server];
    std::list<std::shared_ptr<waiter>>* from = nullptr;
    if (!own.empty() && (any_.empty() || own.front()->order < any_.front()->order))
      from = &own;
    else if (!any_.empty())
      from = &any_;
    if (from == nullptr || !chooser_.try_take(server)) return;
    const std::shared_ptr<waiter> one = from->front();
    from->pop_front();
    waiting_.fetch_sub(1);
    chooser_.queued(one->wanted, -1);
    one->granted.store(server);
    tell(one);
  }
}

void queue::serve(server_index server) {
  if (waiting_.load() == 0) return;
  const std::lock_guard guard(lock_);
  grant_locked(server);
}

void queue::serve_all() {
  if (waiting_.load() == 0) return;
  const std::lock_guard guard(lock_);
  for (server_index i = 0; i < per_server_.size(); ++i) grant_locked(i);
}

unsigned queue::send_away(server_index server) {
  const std::lock_guard guard(lock_);
  unsigned count = 0;
  for (const auto& one : per_server_[server]) {
    one->moved_on.store(true);
    waiting_.fetch_sub(1);
    chooser_.queued(server, -1);
    tell(one);
    ++count;
  }
  per_server_[server].clear();
  return count;
}

}  // namespace ringway::servers
