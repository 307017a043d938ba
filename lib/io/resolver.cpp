#include "io/resolver.hpp"

#include <netdb.h>
#include <signal.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

namespace ringway::io {

namespace asio = boost::asio;

namespace {

std::string lower(std::string_view text) {
  std::string made(text);
  for (char& c : made) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return made;
}

resolution ask_libc(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;  // otherwise each address comes once per socket type
  addrinfo* list = nullptr;
  resolution said;
  const int code = getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (code != 0) {
    const bool unknown = code == EAI_NONAME || code == EAI_NODATA;
    said.what = unknown ? resolve_outcome::no_such_name : resolve_outcome::failed;
    said.reason = code == EAI_SYSTEM ? std::generic_category().message(errno) : gai_strerror(code);
    return said;
  }
  for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
    const address at = from_raw(one->ai_addr, one->ai_addrlen);
    if (!at.is_ip() || std::find(said.addresses.begin(), said.addresses.end(), at) != said.addresses.end())
      continue;
    said.addresses.push_back(at);
  }
  freeaddrinfo(list);
  said.what = said.addresses.empty() ? resolve_outcome::no_such_name : resolve_outcome::found;
  if (said.addresses.empty()) said.reason = "no usable address";
  return said;
}

resolution found(const std::vector<address>& addresses) {
  resolution said;
  said.what = resolve_outcome::found;
  said.addresses = addresses;
  return said;
}

}  // namespace

bool fixed_names::add(std::string_view word) {
  const auto colon = word.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  std::string_view text = word.substr(colon + 1);
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  const auto at = parse_ip(text);
  if (!at) return false;
  auto& all = names_[lower(word.substr(0, colon))];
  if (std::find(all.begin(), all.end(), *at) == all.end()) all.push_back(*at);
  return true;
}

const std::vector<address>* fixed_names::find(std::string_view host) const {
  if (names_.empty()) return nullptr;
  const auto here = names_.find(lower(host));
  return here == names_.end() ? nullptr : &here->second;
}

resolution resolve_now(const std::string& host, const fixed_names& fixed) {
  if (const auto* known = fixed.find(host)) return found(*known);
  return ask_libc(host);
}

// Shared by the resolver and its threads. What a stuck thread may touch after stop() is `shared` only: it
// holds no executor use after `stopped`, so the io_context may be gone by then.
struct resolver::core : std::enable_shared_from_this<core> {
  core(asio::io_context& on, fixed_names names, unsigned parallel, lookup asked)
      : context(&on),
        fixed(std::move(names)),
        most(parallel == 0 ? 1 : parallel),
        ask(asked ? std::move(asked) : lookup(&ask_libc)) {}

  struct waiter {
    handler done;
    asio::steady_timer limit;
  };

  asio::io_context* context;  // used by threads under `lock` and only while not stopped
  const fixed_names fixed;
  const unsigned most;
  const lookup ask;

  // Control thread only.
  std::map<std::string, std::vector<std::shared_ptr<waiter>>> open;
  bool closed = false;

  std::mutex lock;
  std::condition_variable work;
  std::deque<std::string> queue;
  unsigned threads = 0, idle = 0;
  bool stopped = false;

  // A thread of the resolver; it keeps the core alive.
  static void serve(const std::shared_ptr<core>& self);
  void answered(const std::string& host, const resolution& said);
  static void finish(waiter& one, resolution said);
};

void resolver::core::finish(waiter& one, resolution said) {
  if (!one.done) return;
  one.limit.cancel();
  const handler done = std::exchange(one.done, nullptr);
  done(std::move(said));
}

void resolver::core::answered(const std::string& host, const resolution& said) {
  const auto here = open.find(host);
  if (here == open.end()) return;
  const auto all = std::move(here->second);  // handlers may ask again
  open.erase(here);
  for (const auto& one : all) {
    if (closed) return;  // a handler called stop()
    finish(*one, said);
  }
}

void resolver::core::serve(const std::shared_ptr<core>& self) {
  std::unique_lock held(self->lock);
  for (;;) {
    ++self->idle;
    self->work.wait(held, [&] { return self->stopped || !self->queue.empty(); });
    --self->idle;
    if (self->stopped) return;
    const std::string host = std::move(self->queue.front());
    self->queue.pop_front();
    held.unlock();
    resolution said;
    try {
      said = self->ask(host);
    } catch (const std::exception& fault) {
      said.what = resolve_outcome::failed;
      said.reason = fault.what();
    }
    held.lock();
    if (self->stopped) return;
    asio::post(*self->context, [self, host, answer = std::move(said)] {
      if (!self->closed) self->answered(host, answer);
    });
  }
}

resolver::resolver(asio::io_context& deliver_to, fixed_names fixed, unsigned parallel, lookup ask)
    : core_(std::make_shared<core>(deliver_to, std::move(fixed), parallel, std::move(ask))) {}

resolver::~resolver() { stop(); }

void resolver::resolve(const std::string& host, milliseconds limit, handler done) {
  auto self = core_;
  if (self->closed) return;
  auto one =
      std::make_shared<core::waiter>(core::waiter{std::move(done), asio::steady_timer(*self->context)});
  if (const auto* known = self->fixed.find(host)) {
    asio::post(*self->context, [self, one, answer = found(*known)] {
      if (!self->closed) core::finish(*one, answer);
    });
    return;
  }

  one->limit.expires_after(limit);
  one->limit.async_wait([weak = std::weak_ptr(one)](const boost::system::error_code& error) {
    if (error) return;
    if (const auto waiting = weak.lock()) {
      resolution late;
      late.what = resolve_outcome::timed_out;
      late.reason = "no answer in time";
      core::finish(*waiting, std::move(late));
    }
  });
  // A name whose askers have all given up is still being asked: they join that question, not a second one.
  const auto [here, first] = self->open.try_emplace(host);
  auto& waiting = here->second;
  std::erase_if(waiting, [](const auto& other) { return !other->done; });
  waiting.push_back(one);
  if (!first) return;

  bool more = false;
  {
    const std::lock_guard guard(self->lock);
    self->queue.push_back(host);
    more = self->idle < self->queue.size() && self->threads < self->most;
    if (more) ++self->threads;
  }
  self->work.notify_one();
  if (!more) return;
  // Signals are for the control thread: the new thread inherits a mask that lets none through.
  sigset_t all_signals, before;
  sigfillset(&all_signals);
  pthread_sigmask(SIG_SETMASK, &all_signals, &before);
  std::optional<std::string> refused;
  try {
    // Never joined: getaddrinfo cannot be interrupted, and nobody may wait for it.
    std::thread([self] { core::serve(self); }).detach();
  } catch (const std::system_error& fault) {
    refused = fault.what();
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (!refused) return;
  {
    const std::lock_guard guard(self->lock);
    if (--self->threads != 0) return;  // one of the others will take the name
    self->queue.clear();
  }
  resolution said;
  said.reason = *refused;
  asio::post(*self->context, [self, host, said] { self->answered(host, said); });
}

void resolver::stop() {
  auto self = core_;
  if (self->closed) return;
  self->closed = true;
  {
    const std::lock_guard guard(self->lock);
    self->stopped = true;
    self->queue.clear();
  }
  self->work.notify_all();
  for (auto& [host, all] : self->open) {
    for (auto& one : all) {
      one->done = nullptr;
      one->limit.cancel();
    }
  }
  self->open.clear();
}

}  // namespace ringway::io
