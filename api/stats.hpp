// stats.hpp: what a pool has done so far, as values.
// Thread: any; immutable.
#pragma once

#include <string>
#include <vector>

#include "api/annotate.hpp"

namespace hdb {

/// Distribution of durations since the pool was created.
struct JS_RECORD Histogram {
  /// Upper bounds of the buckets, in milliseconds.
  std::vector<double> bounds_ms;
  /// Number of durations in each bucket, not cumulative. One more than there are bounds: the last bucket has
  /// those above all of them.
  std::vector<double> counts;
  /// Number of durations.
  double count = 0;
  /// Sum of the durations, in milliseconds.
  double sum_ms = 0;
};

/// Statements by outcome. An atomic batch counts as one.
struct JS_RECORD StatementCounts {
  /// Answered.
  double succeeded = 0;
  /// Failed before anything was sent.
  double not_sent = 0;
  /// Refused by the server before they ran.
  double not_executed = 0;
  /// Ran, and were undone by the server.
  double rolled_back = 0;
  /// Stored on the primary, not confirmed by the synchronous standby.
  double committed_locally = 0;
  /// Stored, but the answer could not be used.
  double committed = 0;
  /// The connection died before the answer.
  double unknown = 0;
};

/// Transactions by outcome.
struct JS_RECORD TransactionCounts {
  /// Stored.
  double committed = 0;
  /// Stored on the primary, not confirmed by the synchronous standby.
  double committed_locally = 0;
  /// Rolled back, by the application or by the server.
  double rolled_back = 0;
  /// The connection died between COMMIT and its answer, and the outcome could not be determined.
  double unknown = 0;
};

/// Retried statements, by reason. They had not been stored, or the caller had allowed a retry.
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

/// Connections that were closed while the pool was open, by reason.
struct JS_RECORD EvictionCounts {
  /// Idle for `idleTimeoutMs`.
  double idle = 0;
  /// Older than `maxLifetimeMs`.
  double lifetime = 0;
  /// The role of the host changed.
  double role = 0;
  /// Closed to make room for a connection to another host or for another mode.
  double room = 0;
  /// The connection broke, or the server ended it.
  double lost = 0;
};

/// Statistics of one host. All numbers only grow, except `sessions` and `warmSessions`.
struct JS_RECORD HostStats {
  /// `name:port`.
  std::string host;
  /// This pool's open connections to it.
  double sessions = 0;
  /// Warm connections: to a standby, ready for its promotion, in addition to `poolSize`.
  double warm_sessions = 0;
  /// Time to open a connection, login and role check included.
  Histogram connect;
  /// Connections that could not be opened.
  double connect_failures = 0;
  /// Time that calls waited for a connection to this host; zero for most of them. The tracing channel
  /// `hyperiondb:pool:acquire` reports each wait.
  Histogram acquire;
  /// Duration of statements, from the call to this host's answer, including the wait for a connection.
  Histogram query;
  /// Those statements by outcome.
  StatementCounts statements;
  /// Duration of transactions.
  Histogram transaction;
  /// Those transactions by outcome.
  TransactionCounts transactions;
  /// Statements that failed here and were retried, by reason.
  RetryCounts retries;
  /// Statements that were retried here after another host.
  double reroutes = 0;
  /// Cancel requests sent to it.
  double cancels = 0;
  /// Closed connections, by reason.
  EvictionCounts evictions;
  /// Statements that were already prepared on their connection.
  double statement_cache_hits = 0;
  /// Statements that had to be prepared.
  double statement_cache_misses = 0;
};

/// Calls that failed while they waited for a connection, by reason.
struct JS_RECORD AcquireFailureCounts {
  /// No host fitted their mode before the deadline.
  double no_host = 0;
  /// All connections were in use until the deadline, or the queue was full.
  double exhausted = 0;
  /// Their own `timeoutMs` passed.
  double timeout = 0;
  /// Their signal was aborted.
  double aborted = 0;
  /// Every host refused the login.
  double refused = 0;
};

/// What a pool has done since it was created.
struct JS_RECORD PoolStats {
  /// Statistics of each host, in the order of the options.
  std::vector<HostStats> hosts;
  /// Time without a writable primary, per failover.
  Histogram failover_gap;
  /// Calls that got no connection.
  AcquireFailureCounts acquire_failures;
};

/// Whether a pool can do its work, for the probes of an orchestrator.
struct JS_RECORD PoolHealth {
  /// False if only a new process helps: the pool was ended, or its I/O thread does not answer. For liveness
  /// probes.
  bool live = true;
  /// True if there is a host that statements of the pool's mode can run on. For readiness probes.
  bool ready = true;
  /// Why it is not ready, one sentence each.
  std::vector<std::string> reasons;
};

}  // namespace hdb
