// SessionPicker: which session a request gets.
// Thread: I/O only.  Owner: the dispatcher.
// Not here: who waits, in which order (Waiters); whether a session is opened instead (SessionOpener).
#pragma once

#include <cstddef>
#include <cstdint>

#include "pool/claim.hpp"
#include "pool/pool_hosts.hpp"

namespace hdb {

class SessionPicker {
 public:
  explicit SessionPicker(const PoolHosts& hosts) : hosts_(hosts) {}

  /// The session for a request, or null if it has to wait.
  PooledSession* session_for(Claim& claim);
  /// An idle one on the least busy host that fits; equals take turns.
  PooledSession* free_session(Mode mode) const;
  /// A busy session has completed a request: may this waiter be pipelined onto it? `is_first`: nothing has
  /// been pipelined since that answer.
  bool may_follow(const PooledSession& session, Claim& claim, bool is_first) const;
  /// Notes that the session was handed out.
  void given(PooledSession& session) { session.home.served = ++turn_; }

 private:
  PooledSession* shared_session(Mode mode, std::size_t depth, std::size_t enough,
                                const StatementInfo* text) const;

  const PoolHosts& hosts_;
  std::uint64_t turn_ = 0;
};

}  // namespace hdb
