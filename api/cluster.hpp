// cluster.hpp: what is known of the hosts, as values, and the events of a cluster.
// Thread: any; immutable.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "api/annotate.hpp"

namespace hdb {

using std::chrono::milliseconds;

/// Role of a host in its cluster.
enum class JS_ENUM HostRole : std::uint8_t {
  kUnknown,      ///< It has not answered yet.
  kPrimary,      ///< Writable, with the newest epoch seen.
  kStandby,      ///< In recovery.
  kFenced,       ///< Out of recovery, but read-only by default: demoted, or promoted and not yet opened.
  kQuarantined,  ///< Claims to be writable with an older epoch, or belongs to another cluster.
  kDown,         ///< It does not answer.
};

/// One host as the client sees it.
struct JS_RECORD HostView {
  /// `name:port`.
  std::string host;
  /// Role in the cluster.
  HostRole role = HostRole::kUnknown;
  /// Timeline of its WAL; each promotion increments it. None until the host has answered, and for a standby
  /// if only a role with `pg_monitor` may see it.
  std::optional<std::uint32_t> timeline;
  /// System identifier of its cluster (`pg_control_system`).
  std::optional<std::string> system_identifier;
  /// WAL position: inserted on a primary, replayed on a standby.
  std::optional<std::string> lsn;
  /// Bytes behind the primary; none on the primary itself, and while there is no primary.
  std::optional<double> lag_bytes;
  /// Round-trip time of the last probe.
  std::optional<double> round_trip_ms;
  /// This pool's open connections to it. Over all hosts they add up to `available` plus `inUse` of
  /// `status()`.
  std::int32_t sessions = 0;
  /// Warm connections: to a standby, ready for its promotion, in addition to `poolSize`.
  std::int32_t warm_sessions = 0;
  /// Why it is not usable, or the last failure.
  std::optional<std::string> last_error;
  /// Code of the last failure while the host is not usable: a SQLSTATE such as `28P01`, or a system error
  /// such as `ECONNREFUSED`.
  std::optional<std::string> last_error_code;
  /// True if it answers but refuses this pool: a wrong password, no such database, TLS. Its role is unknown
  /// then.
  bool refused = false;
};

/// The cluster as the client sees it.
struct JS_RECORD TopologyView {
  /// `name:port` of the writable primary, if there is one.
  std::optional<std::string> primary;
  /// All hosts, in the order of the options.
  std::vector<HostView> hosts;
};

/// Another node became the writable primary, or there is none any more.
struct JS_EVENT("primaryChanged") PrimaryChangedEvent {
  /// The new primary; null if there is none.
  std::optional<std::string> host;
  /// The previous one.
  std::optional<std::string> previous;
  /// Timeline of the new primary.
  std::optional<std::uint32_t> timeline;
  /// Time without a primary, if one was known before.
  std::optional<double> gap_ms;
};

/// A node was found to be read-only, although it has not dropped its connections.
struct JS_EVENT("fenced") FencedEvent {
  /// The node.
  std::string host;
};

/// A host stopped answering.
struct JS_EVENT("hostDown") HostDownEvent {
  /// The host.
  std::string host;
  /// What happened.
  std::string reason;
};

/// A host answers again.
struct JS_EVENT("hostUp") HostUpEvent {
  /// The host.
  std::string host;
  /// Its role now.
  HostRole role = HostRole::kUnknown;
};

/// Two nodes accept writes in the same epoch, or one claims to be writable in an older epoch.
struct JS_EVENT("splitBrain") SplitBrainEvent {
  /// The nodes that get no writes.
  std::vector<std::string> hosts;
  /// What happened.
  std::string reason;
};

/// No node fits the pool's mode, so requests wait.
struct JS_EVENT("hold") HoldEvent {
  /// Number of waiting requests.
  std::int32_t waiting = 0;
};

/// A node fits again, and the waiting requests have been served.
struct JS_EVENT("drained") DrainedEvent {
  /// How long requests waited.
  double held_ms = 0;
};

/// A connection is being opened.
struct JS_EVENT("sessionOpening") SessionOpeningEvent {
  /// The host.
  std::string host;
  /// Number of the connection in this pool.
  double session = 0;
};

/// A connection is open: logged in, and the role of its host was checked.
struct JS_EVENT("sessionOpened") SessionOpenedEvent {
  /// The host.
  std::string host;
  /// Number of the connection in this pool.
  double session = 0;
  /// How long it took to open.
  double took_ms = 0;
};

/// A connection was closed, or could not be opened.
struct JS_EVENT("sessionClosed") SessionClosedEvent {
  /// The host.
  std::string host;
  /// Number of the connection in this pool.
  double session = 0;
  /// False if it could not be opened.
  bool was_open = false;
  /// Why.
  std::string reason;
};

/// A transaction has been open for `leakDetectionMs`. Emitted by lib/.
struct JS_EVENT("leak") LeakEvent {
  /// The host of its connection.
  std::string host;
  /// How long it has been open.
  double held_ms = 0;
  /// Stack of the call that began it.
  std::string stack;
};

using ClusterEvent =
    std::variant<PrimaryChangedEvent, FencedEvent, HostDownEvent, HostUpEvent, SplitBrainEvent, HoldEvent,
                 DrainedEvent, SessionOpeningEvent, SessionOpenedEvent, SessionClosedEvent>;

}  // namespace hdb
