// SessionOpener: when a session is opened, and where: pace, races, refusals, warm ones. All permission to
// dial.
// Thread: I/O only.  Owner: PoolCore.
// Not here: how one host is dialled (Dialer), who gets the session (Dispatcher).
#pragma once

#include <cstddef>
#include <cstdint>

#include "conn/statement_cache.hpp"
#include "loop/timers.hpp"
#include "pool/pool_context.hpp"
#include "pq/session.hpp"

namespace hdb {

class SessionOpener {
 public:
  SessionOpener(const PoolContext& pool, pq::SessionFactory& factory, StatementCatalog& catalog,
                SessionKeeper& keeper);

  /// Opens what is needed: a session for each that waits, and the idle minimum.
  void demand();
  /// One session on each standby of a read-write pool: connected, authenticated and prepared, it is the first
  /// one that writes when its host is promoted.
  void keep_warm();
  /// Warm ones of a host that became the primary.
  void promote_warm();
  /// A warm one is free: does somebody want it now?
  void promote(PooledSession& session);

  /// The host has let us in.
  void logged_in(PooledSession& session);
  /// Is a session that was just verified wanted, and as what?
  bool admit(PooledSession& session);
  /// From now on it may be given to anybody.
  void opened(PooledSession& session);
  /// A dial is over; null: it went well. Later news of the same session are ignored.
  void dial_ended(PooledSession& session, const Error* why);

  /// The refusal that every host of a mode has answered us with; null while there is hope.
  const Error* refusal_for(Mode mode) const;
  /// The pool is closed.
  void stop() { timer_.disarm(); }

 private:
  using Place = PooledSession::Place;

  bool open_next();
  bool open_for(Mode mode, HostPool& host);
  std::size_t wanted(Mode mode) const;
  HostPool* host_to_dial(Mode mode);
  bool race(Mode mode);
  bool wants_warm(const HostPool& host) const;
  void enlist(PooledSession& session);
  void dial(HostPool& host, bool restricted, Place place, Mode mode);
  ConnectionConfig config_for(const HostPool& host, bool restricted);
  void try_again_at(TimePoint when);

  const PoolContext& pool_;
  pq::SessionFactory& factory_;
  StatementCatalog& catalog_;
  SessionKeeper& keeper_;
  Timer timer_;                 // the next dial that pacing or the race allows
  TimePoint race_at_{};         // when the next unknown host may be tried beside the others
  TimePoint ask_refused_at_{};  // when refused logins are tried again though nobody waits
  std::uint64_t dials_ = 0;
  bool is_demanding_ = false;
  bool demands_again_ = false;  // something has changed under it
};

}  // namespace hdb
