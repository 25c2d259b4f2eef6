// Claim: a statement or transaction that needs a session. It waits, is served, or fails.
// Thread: I/O only. Owner: the waiter queue, until it is served or fails.
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

  /// Hands it this session, after it has left the queue.
  virtual void serve(std::unique_ptr<Claim> self, PooledSession& session) = 0;
  virtual void fail(Error error) = 0;
  /// Maximum number in flight on a session that it may be pipelined onto; 0: it needs an exclusive session.
  virtual std::size_t share_depth() { return 0; }
  /// If set, the claim prefers to be pipelined behind another run of the same statement, even when an idle
  /// session is available.
  virtual const StatementInfo* joins() { return nullptr; }
  /// Approximate memory that it holds.
  virtual std::size_t bytes() const { return 0; }

  const Mode mode;
  bool is_queued = false;
  std::uint32_t attempts = 0;
  /// When it stops waiting for a session.
  const TimePoint acquire_deadline;
  /// The deadline of the whole call; kNever if none.
  const TimePoint deadline;
  const CancelToken token;
  /// Gets its waits; as in QueryOptions.
  const Callback<std::string, double> on_wait;
  TimePoint began{};                // when it came for the first time
  TimePoint since{};                // when it began to wait
  Duration waited{};                // for sessions, so far
  const void* last_host = nullptr;  // it was last sent to; for comparison only
  std::vector<std::string> causes;  // what failed so far, one line each

  TimePoint wait_until() const { return std::min(acquire_deadline, deadline); }

 private:
  friend class Waiters;
  std::int64_t turn_ = 0;  // among all that wait
  OneShot timer_;          // none: the claims in front of it expire no later
  std::list<std::unique_ptr<Claim>>::iterator place_;
  std::shared_ptr<Claim*> watched_;  // what its token refers to; null: it has none
};

}  // namespace hdb
