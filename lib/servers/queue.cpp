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
    line& to = line_of(*one);
    one->mark = to.gone;
    one->order = ++order_;
    to.waiting.push_back(one);
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
  line& from = line_of(*one);
  const auto at = std::find(from.waiting.begin(), from.waiting.end(), one);
  if (at == from.waiting.end()) return one->granted.load() == no_server;
  from.waiting.erase(at);
  one->position = static_cast<std::uint32_t>(from.gone - one->mark + 1);
  waiting_.fetch_sub(1);
  chooser_.queued(one->wanted, -1);
  return true;
}

void queue::grant_locked(server_index server) {
  while (waiting_.load() > 0 && chooser_.usable(server)) {
    line& own = per_server_[server];
    line* from = nullptr;
    if (!own.waiting.empty() &&
        (any_.waiting.empty() || own.waiting.front()->order < any_.waiting.front()->order))
      from = &own;
    else if (!any_.waiting.empty())
      from = &any_;
    if (from == nullptr || !chooser_.try_take(server)) return;
    const std::shared_ptr<waiter> one = from->waiting.front();
    from->waiting.pop_front();
    one->position = static_cast<std::uint32_t>(++from->gone - one->mark);
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
  line& from = server == no_server ? any_ : per_server_[server];
  const auto count = static_cast<unsigned>(from.waiting.size());
  for (const auto& one : from.waiting) {
    one->position = static_cast<std::uint32_t>(++from.gone - one->mark);
    one->moved_on.store(true);
    waiting_.fetch_sub(1);
    chooser_.queued(server, -1);
    tell(one);
  }
  from.waiting.clear();
  return count;
}

}  // namespace ringway::servers
