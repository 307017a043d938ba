#include "proxy/runtime.hpp"

#include <malloc.h>

#include <algorithm>

#include "proxy/listener.hpp"
#include "proxy/session.hpp"
#include "proxy/transaction.hpp"

namespace ringway::proxy {

namespace {
constexpr std::size_t worth_trimming = 1 << 20;  // bytes
}  // namespace

runtime::~runtime() = default;

void runtime::close_idle_links(home& here, const servers::state* to) {
  const auto close = [to](servers::pool& of) {
    if (to != nullptr) of.clear(*to);
    else of.clear();
  };
  close(here.idle_links);
  for (const auto& one : homes)
    if (one.get() != &here) one->worker.post([at = one.get(), close] { close(at->idle_links); });
}

void frontend::come_in(runtime& all, const bind_settings& bind) {
  all.connections.fetch_add(1);
  connections.fetch_add(1);
  connections_of(bind).fetch_add(1);
}

void frontend::give_back(runtime& all, const bind_settings& bind) {
  connections_of(bind).fetch_sub(1);
  connections.fetch_sub(1);
  all.connections.fetch_sub(1);
}

home::home(runtime& of, unsigned index, std::size_t buffer_size, std::size_t pipes_here)
    : all(of), pipes(of.global.pipesize, pipes_here), session_memory(sizeof(session)), worker(index, buffer_size),
      scratch_size(std::max<std::size_t>(65536, 3 * buffer_size + 4096)), scratch(new char[scratch_size]),
      housekeeping_wake(worker.ready()), spare(most_spare) {
  worker.on_escape = [this](const char*) { all.escaped.fetch_add(1); };
}

// Sessions under way are owned by their coroutines, which the worker's context destroys; those at rest by nobody else.
home::~home() {
  for (session* one = first_session; one != nullptr;) {
    session* const next = one->next_;
    if (one->resting_) delete one;
    one = next;
  }
}

std::unique_ptr<transaction> home::take_transaction() {
  if (spare.empty()) return std::make_unique<transaction>();
  return spare.take();
}

void home::put_transaction(std::unique_ptr<transaction> one) {
  one->reset();
  spare.put(std::move(one));
  look_after_memory();
}

void home::stop_listening() {
  for (auto& one : listeners) one->close();
  listeners.clear();
}

void home::stop_listening_softly() {
  for (auto& one : listeners) one->drain_and_close();
  listeners.clear();
}

void home::resume_listeners() {
  for (auto& one : listeners) one->resume_if_called();
}

void home::let_go_of_addresses() {
  for (auto& one : listeners) one->let_go();
}

void home::take_addresses_back() {
  for (auto& one : listeners) {
    const int error = one->take_back();
    if (error != 0 && all.cannot_take_back) all.cannot_take_back(one->of(), one->settings(), error);
  }
}

void home::drop_spares() {
  pipes.clear();
  spare.clear();
  worker.memory().shrink();  // from now on only what is wanted now counts as wanted
  session_memory.shrink();
  while (worker.memory().shrink() + session_memory.shrink() > 0) {
  }
}

void home::kill_sessions() {
  leaving = true;
  for (session* one = first_session; one != nullptr; one = one->next_) one->end_soon();
  housekeeping_wake.wake();
}

void home::wake_idle_sessions() {
  for (session* one = first_session; one != nullptr; one = one->next_) one->end_soon();
}

void runtime::end_transactions(const backend& of, balance::server_index server, char cause) {
  for (const auto& one : homes)
    one->worker.post([at = one.get(), back = &of, server, cause] { at->end_transactions(*back, server, cause); });
}

void home::end_transactions(const backend& of, balance::server_index server, char cause) {
  for (session* one = first_session; one != nullptr; one = one->next_)
    if (one->current != nullptr && one->current->is_at(of, server)) one->current->end_now(cause);
}

// Once nothing more is to be had, the allocator gives the system what lies between the pieces that are still in use.
void home::give_back_memory() {
  pipes.shrink();
  const std::size_t gone =
      worker.memory().shrink() + session_memory.shrink() + spare.shrink(kept) * sizeof(transaction);
  given_back += gone;
  if (gone > 0) return;
  if (given_back >= worth_trimming) ::malloc_trim(0);
  given_back = 0;
}

io::task<> home::housekeeping() {
  io::deadline next(worker.time_limits(), &housekeeping_wake);
  io::tick purged_at = worker.now(), shrunk_at = purged_at;
  while (!leaving) {
    bool paused = false;
    for (auto& one : listeners) paused = paused || one->paused();
    // With nothing to look after, an idle process sleeps.
    if (idle_links.idle() > 0 || paused)
      next.arm(worker.now() + all.purge_period);
    else if (has_spares() || given_back > 0)
      next.arm(worker.now() + shrink_period);
    else
      next.disarm();
    idle_housekeeping = !next.armed();
    co_await housekeeping_wake.wait();
    idle_housekeeping = false;
    if (worker.now() - purged_at >= all.purge_period) {
      purged_at = worker.now();
      idle_links.purge(worker.now());
      for (auto& one : listeners) one->try_again();
    }
    if (worker.now() - shrunk_at >= shrink_period) {
      shrunk_at = worker.now();
      give_back_memory();
    }
  }
}

}  // namespace ringway::proxy
