#include "loop/asio_loop.hpp"

#include <algorithm>
#include <array>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <thread>
#include <utility>
#if !defined(_WIN32)
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <asio/posix/stream_descriptor.hpp>
#endif
#if defined(__linux__)
#include <sys/prctl.h>
#endif

#include "base/assert.hpp"
#include "base/turn.hpp"
#include "loop/thread.hpp"

namespace hdb {

namespace {

/// Why a name was not resolved. On Windows the system's own texts are localised.
std::string why_unresolved(int failed) {
#if defined(_WIN32)
  if (failed == WSAHOST_NOT_FOUND || failed == WSANO_DATA) return "Name or service not known";
  if (failed == WSATRY_AGAIN) return "Temporary failure in name resolution";
  return "getaddrinfo failed with " + std::to_string(failed);
#else
  return ::gai_strerror(failed);
#endif
}

Resolved resolve_now(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  Resolved resolved;
  if (const int failed = ::getaddrinfo(name.c_str(), nullptr, &hints, &list); failed != 0) {
    resolved.error = why_unresolved(failed);
    return resolved;
  }
  for (const addrinfo* a = list; a != nullptr; a = a->ai_next) {
    char text[NI_MAXHOST];
    if (::getnameinfo(a->ai_addr, static_cast<socklen_t>(a->ai_addrlen), text, sizeof text, nullptr, 0,
                      NI_NUMERICHOST) == 0) {
      resolved.addresses.emplace_back(text);
    }
  }
  ::freeaddrinfo(list);
  if (resolved.addresses.empty()) resolved.error = "the name has no address";
  return resolved;
}

/// How many processors this process may use, by its affinity and by the quota of its container.
unsigned usable_processors() {
  unsigned count = std::thread::hardware_concurrency();
#if defined(__linux__)
  double quota = 0, period = 0;  // cgroup v2; "max" for no quota is no number
  if (std::ifstream("/sys/fs/cgroup/cpu.max") >> quota >> period && period > 0)
    count = std::min(count, static_cast<unsigned>(quota / period));
#endif
  return count;
}

/// All our threads: those of the loops and those that do blocking work, even for a loop that has ended.
std::atomic<int> threads{0};
std::once_flag exits_safely;

/// Skips the exit handlers of libraries while a thread of ours still runs: they would free what it uses, such
/// as OpenSSL during a login or Kerberos while a connection closes. The process ends anyway.
void skip_exit_handlers() {
#if defined(__GLIBC__)
  ::on_exit(
      [](int status, void*) {
        if (threads == 0) return;
        std::fflush(nullptr);
        ::_exit(status);
      },
      nullptr);
#endif  // Elsewhere this is up to OpenSSL, which has no exit handler where it is part of the addon:
        // cmake/bundled.c.
}

/// Tasks from other threads. Outlives the loop, so that a helper thread that finishes late finds it
/// closed instead of gone.
struct Mailbox {
  std::mutex mutex;
  std::vector<Task> tasks;
  asio::io_context* context = nullptr;  // null: closed
  std::function<void()> drain;

  void post(Task task) {
    const std::lock_guard lock(mutex);
    if (context == nullptr) return;
    tasks.push_back(std::move(task));
    if (tasks.size() == 1) asio::post(*context, drain);
  }
};

#if defined(_WIN32)
/// On Windows a socket is not a file descriptor. The protocol does not matter: we only wait for readiness.
struct Watched : asio::ip::tcp::socket {
  Watched(asio::io_context& context, int number)
      : asio::ip::tcp::socket(context, asio::ip::tcp::v4(), static_cast<SOCKET>(number)) {}
  void let_go() {
    asio::error_code ignored;  // libpq may have closed it
    release(ignored);
  }
};
#else
struct Watched : asio::posix::stream_descriptor {
  using asio::posix::stream_descriptor::stream_descriptor;
  void let_go() { release(); }
};
#endif

/// One socket, watched until this is destroyed; the descriptor belongs to libpq.
class AsioWatch final : public SocketWatch {
 public:
  AsioWatch(asio::io_context& context, int socket, std::function<void(bool, bool)> on_ready)
      : state_(std::make_shared<State>(context, socket, std::move(on_ready))) {}
  ~AsioWatch() override {
    state_->on_ready = nullptr;
    state_->descriptor.let_go();
  }

  void want_read() override { State::wait(state_, Watched::wait_read); }
  void want_write() override {
    State::wait(state_, Watched::wait_write);
#if defined(_WIN32)
    // On Windows select() reports a refused connect as an exception, not as writable.
    State::wait(state_, Watched::wait_error);
#endif
  }

 private:
  struct State {
    State(asio::io_context& context, int socket, std::function<void(bool, bool)> f)
        : descriptor(context, socket), on_ready(std::move(f)) {}

    static void wait(const std::shared_ptr<State>& self, Watched::wait_type what) {
      if (std::exchange(self->waits[std::size_t{what}], true)) return;
      self->descriptor.async_wait(what, [self, what](const asio::error_code& error) {
        self->waits[std::size_t{what}] = false;
        if (error == asio::error::operation_aborted || !self->on_ready) return;
        const auto keep = self->on_ready;  // the handler may destroy the watch
        const bool read = what == Watched::wait_read;
        keep(read, !read);
      });
    }

    Watched descriptor;
    std::function<void(bool, bool)> on_ready;
    std::array<bool, 3> waits{};  // by wait_type
  };
  std::shared_ptr<State> state_;
};

}  // namespace

struct AsioLoop::Impl {
  explicit Impl(WaitStrategy& w) : wait(w) {}

  WaitStrategy& wait;
  asio::io_context context{1};  // one thread: no locking between handlers
  asio::steady_timer alarm{context};
  TimerQueue timers;
  std::vector<Task> deferred;
  std::shared_ptr<Mailbox> mailbox = std::make_shared<Mailbox>();
  Thread thread;
  TimePoint armed = kNever;

  void run() {
#if !defined(_WIN32)
    // Signals belong to the main thread.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
#endif
#if defined(__linux__)
    prctl(PR_SET_TIMERSLACK, 1);  // sleeps are as long as requested
#endif

    const auto work = asio::make_work_guard(context);
    Turn turn;
    while (!context.stopped()) {
      end_turn();
      turn.end();
#if !defined(_WIN32)  // whose shortest sleep is a tick of its clock, up to 16 ms
      if (const Duration nap = wait.nap(); nap > Duration::zero()) std::this_thread::sleep_for(nap);
#endif
      if (!spin(wait.spin()) && context.run_one() == 0) break;
      // Everything that is ready now is one turn, so its hand-overs are batched.
      while (wait.expects_more() && context.poll_one() != 0) {
      }
    }
    turn.end();
  }

  /// Polls without sleeping; false if nothing came within `longest`.
  bool spin(Duration longest) {
    if (longest == Duration::zero()) return false;
    const TimePoint until = SteadyClock::now() + longest;
    do {
      if (context.poll_one() != 0) return true;
      std::this_thread::yield();
    } while (SteadyClock::now() < until);
    return false;
  }

  void end_turn() {
    while (!deferred.empty()) {
      auto now_due = std::move(deferred);
      deferred.clear();
      for (Task& task : now_due) task();
    }
    if (!timers.take_earlier() && armed <= timers.next()) return;
    armed = timers.next();
    if (armed == kNever) return;
    alarm.expires_at(armed);
    alarm.async_wait([this](const asio::error_code& error) {
      if (error) return;
      armed = kNever;
      timers.fire(SteadyClock::now());
    });
  }

  void drain_mailbox() {
    std::vector<Task> tasks;
    {
      const std::lock_guard lock(mailbox->mutex);
      tasks.swap(mailbox->tasks);
    }
    for (Task& task : tasks) task();
  }
};

AsioLoop::AsioLoop() : Loop(usable_processors()), impl_(std::make_unique<Impl>(wait_strategy())) {
  impl_->mailbox->context = &impl_->context;
  impl_->mailbox->drain = [impl = impl_.get()] { impl->drain_mailbox(); };
}

AsioLoop::~AsioLoop() { HDB_CHECK(!impl_->thread.is_joinable()); }

bool AsioLoop::start() {
  std::call_once(exits_safely, skip_exit_handlers);
  ++threads;
  if (impl_->thread.start([impl = impl_.get()] { impl->run(); })) return true;
  --threads;
  return false;
}

void AsioLoop::stop(Task last) {
  if (!impl_->thread.is_joinable()) return;  // it never ran
  post(Task([impl = impl_.get(), work = std::move(last)]() mutable {
    work();
    impl->end_turn();
    impl->context.stop();
  }));
  impl_->thread.join();
  --threads;
  // Registered again because handlers run last in, first out, and libraries register theirs on first use.
  if (threads > 0) skip_exit_handlers();
  std::vector<Task> dropped;  // after the lock: what they hold may post when it goes
  const std::lock_guard lock(impl_->mailbox->mutex);
  impl_->mailbox->context = nullptr;
  impl_->mailbox->drain = nullptr;
  dropped.swap(impl_->mailbox->tasks);
}

bool AsioLoop::is_own_thread() const { return impl_->thread.is_current(); }

TimePoint AsioLoop::now() { return SteadyClock::now(); }
TimerQueue& AsioLoop::timers() { return impl_->timers; }

std::unique_ptr<SocketWatch> AsioLoop::watch(int socket, std::function<void(bool, bool)> on_ready) {
  return std::make_unique<AsioWatch>(impl_->context, socket, std::move(on_ready));
}

void AsioLoop::defer(Task task) { impl_->deferred.push_back(std::move(task)); }

void AsioLoop::resolve(std::string name, std::function<void(Resolved)> done) {
  auto resolved = std::make_shared<Resolved>();
  resolved->error = "the system has no thread left";
  offload([name = std::move(name), resolved] { *resolved = resolve_now(name); },
          [resolved, done = std::move(done)] { done(std::move(*resolved)); });
}

void AsioLoop::offload(Task work, Task done) {
  // One thread per call: getaddrinfo and a blocking cancel can hang for minutes and must not delay others.
  // Both are rare, and connects are rate-limited.
  auto both = std::make_shared<std::pair<Task, Task>>(std::move(work), std::move(done));
  ++threads;
  const bool is_started = Thread::start_detached([both, mailbox = impl_->mailbox] {
    both->first();
    both->first = Task();
    mailbox->post(std::move(both->second));
    --threads;
  });
  if (is_started) return;
  --threads;
  post(std::move(both->second));
}

void AsioLoop::post(Task task) { impl_->mailbox->post(std::move(task)); }

}  // namespace hdb
