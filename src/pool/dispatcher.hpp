// Dispatcher: gives sessions to requests: at once, when one comes free, or in the order in which they wait.
// Thread: I/O only.  Owner: PoolCore.
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
  /// `settled()`: less is waited for than before.
  Dispatcher(const PoolContext& pool, SessionOpener& opener, std::function<void()> settled)
      : pool_(pool), opener_(opener), settled_(std::move(settled)), picker_(pool.hosts) {}

  /// Serves a request, or lets it wait. `in_front`: it was served before and came back through no fault of
  /// its own.
  void place(std::unique_ptr<Claim> claim, bool in_front);
  /// After a delay that grows with its attempts.
  void place_later(std::unique_ptr<Claim> claim);
  /// It has waited for too long, or is not wanted any more.
  void expire(std::unique_ptr<Claim> claim, bool aborted);
  /// Nothing runs on the session any more.
  void give(PooledSession& session);
  /// A busy session has had an answer: those that wait longest for one like it may be sent behind the rest.
  void feed(PooledSession& session);
  /// The topology has changed: idle sessions may fit those that wait.
  void serve_waiting();
  /// Those that wait for hosts which refuse us.
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
