// stats.hpp: what a pool has done so far, as values.
// Thread: any; immutable.
#pragma once

#include <string>
#include <vector>

#include "api/annotate.hpp"

namespace hdb {

/// How durations are spread, since the pool was made.
struct JS_RECORD Histogram {
  /// Upper bounds of the buckets, in milliseconds.
  std::vector<double> bounds_ms;
  /// How many fell into each bucket (not cumulative): one more than there are bounds, for those beyond the
  /// last.
  std::vector<double> counts;
  /// How many there were.
  double count = 0;
  /// All of them together, in milliseconds.
  double sum_ms = 0;
};

/// How calls of statements ended. A batch that is atomic counts as one.
struct JS_RECORD StatementCounts {
  /// Answered.
  double succeeded = 0;
  /// Failed, and nothing had been sent.
  double not_sent = 0;
  /// Refused by the server before it ran.
  double not_executed = 0;
  /// It ran, and the server undid it.
  double rolled_back = 0;
  /// Stored on the primary, not confirmed by the synchronous standby.
  double committed_locally = 0;
  /// Stored; its answer could not be used.
  double committed = 0;
  /// The connection died before the answer.
  double unknown = 0;
};

/// How transactions ended.
struct JS_RECORD TransactionCounts {
  /// Stored.
  double committed = 0;
  /// Stored on the primary, not confirmed by the synchronous standby.
  double committed_locally = 0;
  /// Rolled back, by whomever.
  double rolled_back = 0;
  /// The connection died between COMMIT and its answer, and what became of it was not found out.
  double unknown = 0;
};

/// Why statements were sent once more. None of these had been stored, or it was allowed to repeat them.
struct JS_RECORD RetryCounts {
  /// The connection was lost.
  double lost = 0;
  /// The node had been fenced, or was no longer the primary.
  double fenced = 0;
  /// The server was shutting down.
  double shutdown = 0;
  /// A serialization failure or a deadlock.
  double conflict = 0;
};

/// Why sessions were closed while the pool went on.
struct JS_RECORD EvictionCounts {
  /// Nobody had used it for `idleTimeoutMs`.
  double idle = 0;
  /// `maxLifetimeMs` had passed.
  double lifetime = 0;
  /// Its host is no longer what it was.
  double role = 0;
  /// Its place was needed on another host or for another mode.
  double room = 0;
  /// The connection broke, or the server ended it.
  double lost = 0;
};

/// What was done on one host. All numbers only grow, except `sessions` and `warmSessions`.
struct JS_RECORD HostStats {
  /// `name:port`.
  std::string host;
  /// Open connections of this pool to it.
  double sessions = 0;
  /// Warm connections to it: on a standby, ready for its promotion, beside `poolSize`.
  double warm_sessions = 0;
  /// How long it took to open a session, login and role check included.
  Histogram connect;
  /// Sessions that could not be opened.
  double connect_failures = 0;
  /// How long calls waited for a session of this host; for most of them one was free at once. The tracing
  /// channel `hyperiondb:pool:acquire` tells of each.
  Histogram acquire;
  /// How long statements took, from the call to the answer of this host; the wait for a session is part of
  /// it.
  Histogram query;
  /// How those statements ended.
  StatementCounts statements;
  /// How long transactions were open.
  Histogram transaction;
  /// How those transactions ended.
  TransactionCounts transactions;
  /// Statements that failed here and were sent once more, by reason.
  RetryCounts retries;
  /// Statements that came here after another host.
  double reroutes = 0;
  /// Cancel requests that were sent to it.
  double cancels = 0;
  /// Sessions that were closed, by reason.
  EvictionCounts evictions;
  /// Statements that the session had prepared before.
  double statement_cache_hits = 0;
  /// Statements that it had not.
  double statement_cache_misses = 0;
};

/// Calls that failed while they waited for a session, by reason.
struct JS_RECORD AcquireFailureCounts {
  /// There was no host for their mode until the deadline.
  double no_host = 0;
  /// Every session was in use until the deadline, or too many requests waited.
  double exhausted = 0;
  /// Their own `timeoutMs` passed.
  double timeout = 0;
  /// Their signal was aborted.
  double aborted = 0;
  /// Every host refused to let us in.
  double refused = 0;
};

/// What a pool has done since it was made.
struct JS_RECORD PoolStats {
  /// Of each host, in the order of the options.
  std::vector<HostStats> hosts;
  /// Failovers: how long there was no writable primary.
  Histogram failover_gap;
  /// Calls that got no session.
  AcquireFailureCounts acquire_failures;
};

/// Whether a pool can do its work, for the probes of an orchestrator.
struct JS_RECORD PoolHealth {
  /// False: only a new process helps: the pool was ended, or its I/O thread does not answer. For liveness
  /// probes.
  bool live = true;
  /// Statements of the pool's mode have a host to run on. For readiness probes.
  bool ready = true;
  /// Why not, one sentence each; empty when it is ready.
  std::vector<std::string> reasons;
};

}  // namespace hdb
