// Claim: somebody who wants a session: a statement or a transaction. It waits, is served, or fails.
// Thread: I/O only.  Owner: the waiter queue until it is served or fails; then itself is gone.
#pragma once

#include <algorithm>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/error.hpp"
#include "api/options.hpp"
#include "base/callback.hpp"
#include "base/cancel_token.hpp"
#include "base/clock.hpp"
#include "loop/timers.hpp"

namespace hdb {

class PooledSession;
struct StatementInfo;

class Claim {
 public:
  Claim(Mode wanted, TimePoint acquire_by, TimePoint call_by, CancelToken cancel,
        Callback<std::string, double> told)
      : mode(wanted),
        acquire_deadline(acquire_by),
        deadline(call_by),
        token(std::move(cancel)),
        on_wait(std::move(told)) {}
  virtual ~Claim() = default;
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

  /// It gets this session; it is taken out of the queue before.
  virtual void serve(std::unique_ptr<Claim> self, PooledSession& session) = 0;
  virtual void fail(Error error) = 0;
  /// How many may be in flight on a session when it is sent behind them; 0: it wants a session of its own.
  virtual std::size_t share_depth() { return 0; }
  /// The text behind whose like it goes also where a session is free, or could be opened; null: it does not.
  virtual const StatementInfo* joins() { return nullptr; }
  /// What it holds in memory, roughly.
  virtual std::size_t bytes() const { return 0; }

  const Mode mode;
  bool is_queued = false;
  std::uint32_t attempts = 0;
  /// Longest wait for a session.
  const TimePoint acquire_deadline;
  /// The whole call; kNever if it has none of its own.
  const TimePoint deadline;
  const CancelToken token;
  /// Is told of its waits; as in QueryOptions.
  const Callback<std::string, double> on_wait;
  TimePoint began{};                // when it came for the first time
  TimePoint since{};                // when it began to wait
  Duration waited{};                // for sessions, so far
  const void* last_host = nullptr;  // that it was sent to; only to be compared
  std::vector<std::string> causes;  // what failed so far, one line each

  TimePoint wait_until() const { return std::min(acquire_deadline, deadline); }

 private:
  friend class Waiters;
  std::int64_t turn_ = 0;  // among all that wait
  OneShot timer_;          // none: those in front of it wait no longer than it does
  std::list<std::unique_ptr<Claim>>::iterator place_;
  std::shared_ptr<Claim*> watched_;  // what its token refers to; null: it has none
};

}  // namespace hdb
