// Topology: what is known of the hosts of one cluster, as an immutable value with a pure update.
// Thread: any; plain values.
// Not here: who asks (cluster.hpp), what to do about it (the pool).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/cluster.hpp"
#include "api/error.hpp"
#include "base/clock.hpp"
#include "conn/dialer.hpp"
#include "conn/host_facts.hpp"

namespace hdb {

/// How new a node's claim to be primary is. A promotion raises the timeline; pg_replica's decision
/// number, where it is installed, orders decisions of one timeline.
struct Epoch {
  std::uint32_t timeline = 0;
  std::int64_t sequence = 0;
  friend auto operator<=>(const Epoch&, const Epoch&) = default;
};

struct Host {
  HostAddress address;
  HostRole role = HostRole::kUnknown;
  std::optional<HostFacts> facts;  // the last ones
  std::string reason;              // why it is not usable; the last failure
  std::string code;                // of the last failure
  bool is_refusal = false;         // it answers and refuses us: wrong password, no such database, TLS
  bool split = false;              // writable in the same epoch as another one
  std::uint32_t failures = 0;      // probes in a row
  std::uint32_t generation = 0;    // raised when its sessions must go
  TimePoint seen_at{};             // its last answer
  TimePoint checked_at{};          // the last answer or failure
  /// Since when it is writable again after it was lost. A killed primary that restarts is writable
  /// for a moment before its cluster fences it: it gets no write before every other host was asked
  /// whether it knows a newer timeline.
  std::optional<TimePoint> returned_at;
  bool was_lost = false;
  TimePoint fence_seen_at{};  // a response said read-only or in recovery

  Epoch epoch() const { return facts ? Epoch{facts->timeline, facts->sequence} : Epoch{}; }
};

struct Topology {
  std::vector<Host> hosts;
  std::string system_identifier;  // of the first node that answered; others are quarantined
  Epoch newest;                   // highest epoch in which any node was writable

  const Host* find(const HostAddress& address) const;
  const Host* primary() const;  // null: none
  bool is_split() const;
};

/// What was learnt about a host.
struct TopologyEvent {
  enum class Kind : std::uint8_t {
    kProbed,        // `facts`
    kFailed,        // a probe or a dial failed: `reason`, `code`
    kRefused,       // it answered and refused us for good: `reason`, `code`
    kFenceSeen,     // a response said read-only
    kRecoverySeen,  // a response said in recovery
  };
  Kind kind;
  HostAddress host;
  HostFacts facts;
  std::string reason;
  std::string code;
  bool is_conclusive = false;  // connection refused: down at once
  TimePoint at{};
  TimePoint asked_at{};  // when the probe was sent or the dial began; newer news may have arrived since
};

/// How many silent probes make a host down.
inline constexpr std::uint32_t kFailuresUntilDown = 2;

/// A failure that says nothing about the host: too many connections, or we lack descriptors or memory.
bool is_shortage(const std::string& code);

Topology make_topology(const std::vector<HostAddress>& hosts);
Topology reduce(const Topology& before, const TopologyEvent& event);
/// Applies another list of hosts; what is known about those that stay is kept.
Topology with_hosts(const Topology& before, const std::vector<HostAddress>& hosts);

/// What changed, as events for users.
std::vector<ClusterEvent> diff(const Topology& before, const Topology& after);

}  // namespace hdb
