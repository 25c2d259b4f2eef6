// Dispatcher: gives sessions to requests, at once or in the order in which they wait.
// Thread: I/O only. Owner: PoolCore.
// Not here: what a request does with its session (StatementClaim, Leaseholder).
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "pool/claim.hpp"
#include "pool/pool_context.hpp"
#include "pool/session_opener.hpp"
#include "pool/session_picker.hpp"

namespace hdb {

class Dispatcher {
 public:
  /// `settled()` is called when something stops being pending.
  Dispatcher(const PoolContext& pool, SessionOpener& opener, std::function<void()> settled)
      : pool_(pool), opener_(opener), settled_(std::move(settled)), picker_(pool.hosts) {}

  /// Serves a request or queues it. `in_front`: it was served before and came back through no fault of its
  /// own.
  void place(std::unique_ptr<Claim> claim, bool in_front);
  /// Places it again after a back-off.
  void place_later(std::unique_ptr<Claim> claim);
  /// Fails a claim that waited too long or was aborted.
  void expire(std::unique_ptr<Claim> claim, bool aborted);
  /// The session has become idle.
  void give(PooledSession& session);
  /// A busy session has just completed a request, so the oldest compatible waiters can be pipelined onto it.
  void feed(PooledSession& session);
  /// The topology has changed: idle sessions may suit waiting requests now.
  void serve_waiting();
  /// Fails the claims that wait for hosts which refuse us.
  void fail_refused();

 private:
  void serve(std::unique_ptr<Claim> claim, PooledSession& session);
  bool serve_next(PooledSession& session);
  std::optional<Error> refusal_to_wait(const Claim& claim) const;

  const PoolContext& pool_;
  SessionOpener& opener_;
  const std::function<void()> settled_;
  SessionPicker picker_;
};

}  // namespace hdb
