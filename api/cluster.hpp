// cluster.hpp: what is known of the hosts, as values.
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

/// What a host is to its cluster.
enum class JS_ENUM HostRole : std::uint8_t {
  kUnknown,      ///< It has not answered yet.
  kPrimary,      ///< Writable, and of the newest epoch seen.
  kStandby,      ///< In recovery.
  kFenced,       ///< Out of recovery, but read-only by default: demoted, or promoted and not yet opened.
  kQuarantined,  ///< Claims to be writable with an older epoch, or belongs to another cluster.
  kDown,         ///< It does not answer.
};

/// One host as the client sees it.
struct JS_RECORD HostView {
  /// `name:port`.
  std::string host;
  /// What it is to the cluster.
  HostRole role = HostRole::kUnknown;
  /// Timeline of its WAL; rises with each promotion. None until it has answered, and for a standby whose
  /// timeline only a role with `pg_monitor` may see.
  std::optional<std::uint32_t> timeline;
  /// Identifier of the cluster it was initialised with (`pg_control_system`).
  std::optional<std::string> system_identifier;
  /// WAL position: inserted on a primary, replayed on a standby.
  std::optional<std::string> lsn;
  /// Bytes that it is behind the primary; none on the primary and while there is none.
  std::optional<double> lag_bytes;
  /// Round-trip time of the last probe.
  std::optional<double> round_trip_ms;
  /// Open connections of this pool to it. Those to all hosts add up to `available` and `inUse` of `status()`.
  std::int32_t sessions = 0;
  /// Warm connections to it: on a standby, ready for its promotion, beside `poolSize`.
  std::int32_t warm_sessions = 0;
  /// Why it is not usable, or the last failure.
  std::optional<std::string> last_error;
  /// Code of the last failure while the host is not usable: an SQLSTATE such as `28P01`, or one such as
  /// `ECONNREFUSED`.
  std::optional<std::string> last_error_code;
  /// Whether it answers and does not let this pool in: a wrong password, no such database, TLS. Its role is not known then.
  bool refused = false;
};

/// The cluster as the client sees it.
struct JS_RECORD TopologyView {
  /// `name:port` of the writable primary, if there is one.
  std::optional<std::string> primary;
  /// All hosts, in the order of the options.
  std::vector<HostView> hosts;
};

/// Another node became the writable primary.
struct JS_EVENT("primaryChanged") PrimaryChangedEvent {
  /// The new primary; none while there is none.
  std::optional<std::string> host;
  /// The one before.
  std::optional<std::string> previous;
  /// Timeline of the new one.
  std::optional<std::uint32_t> timeline;
  /// Milliseconds without a primary, if one was known before.
  std::optional<double> gap_ms;
};

/// A node was found read-only without having dropped its sessions.
struct JS_EVENT("fenced") FencedEvent {
  /// The node.
  std::string host;
};

/// A host stopped answering.
struct JS_EVENT("hostDown") HostDownEvent {
  /// The host.
  std::string host;
  /// What was seen.
  std::string reason;
};

/// A host answers again.
struct JS_EVENT("hostUp") HostUpEvent {
  /// The host.
  std::string host;
  /// What it is now.
  HostRole role = HostRole::kUnknown;
};

/// Two nodes accept writes in the same epoch, or one claims to with an older one.
struct JS_EVENT("splitBrain") SplitBrainEvent {
  /// The nodes that get no writes.
  std::vector<std::string> hosts;
  /// What was seen.
  std::string reason;
};

/// No node fits the pool's mode; requests wait.
struct JS_EVENT("hold") HoldEvent {
  /// Requests that wait.
  std::int32_t waiting = 0;
};

/// A node fits again and the waiting requests have been served.
struct JS_EVENT("drained") DrainedEvent {
  /// How long requests were held.
  double held_ms = 0;
};

/// A session is being opened.
struct JS_EVENT("sessionOpening") SessionOpeningEvent {
  /// The host.
  std::string host;
  /// Its number in this pool.
  double session = 0;
};

/// It is open: dialled, logged in, and its host's role checked.
struct JS_EVENT("sessionOpened") SessionOpenedEvent {
  /// The host.
  std::string host;
  /// Its number in this pool.
  double session = 0;
  /// How long that took.
  double took_ms = 0;
};

/// It is closed, or could not be opened.
struct JS_EVENT("sessionClosed") SessionClosedEvent {
  /// The host.
  std::string host;
  /// Its number in this pool.
  double session = 0;
  /// Whether it had been open.
  bool was_open = false;
  /// Why.
  std::string reason;
};

/// A transaction has been open for `leakDetectionMs`. lib/ tells it.
struct JS_EVENT("leak") LeakEvent {
  /// The host of its session.
  std::string host;
  /// For how long it has been open.
  double held_ms = 0;
  /// The stack of who began it.
  std::string stack;
};

using ClusterEvent =
    std::variant<PrimaryChangedEvent, FencedEvent, HostDownEvent, HostUpEvent, SplitBrainEvent, HoldEvent,
                 DrainedEvent, SessionOpeningEvent, SessionOpenedEvent, SessionClosedEvent>;

}  // namespace hdb
