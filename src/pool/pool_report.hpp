// PoolReport: what a pool publishes: gauges that any thread may read, and events.
// Thread: I/O only, except for the gauges.  Owner: PoolCore.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/cluster.hpp"
#include "api/options.hpp"
#include "base/callback.hpp"
#include "base/lifetime.hpp"
#include "base/meter.hpp"
#include "base/snapshot.hpp"
#include "loop/loop.hpp"
#include "pool/pool_hosts.hpp"
#include "pool/waiters.hpp"

namespace hdb {

/// The gauges of a pool.
struct PoolGauges {
  Gauge size;
  Gauge available;
  Gauge in_use;
  Gauge waiting;
  Snapshot<std::vector<std::shared_ptr<const HostGauge>>> hosts;  // in the order of the options
  Snapshot<Topology> topology;
  /// Why no session can be opened for the pool's mode, by host; empty if one can.
  Snapshot<std::vector<std::string>> trouble;
  Meter failover_gap;
  Counter no_host;  // calls that got no session, by reason
  Counter exhausted;
  Counter timed_out;
  Counter aborted;
  Counter refused;
  Gauge is_closed;  // 1 when it is
  Gauge alive_at;   // last visit of the I/O thread, in seconds of its clock
};

class PoolReport {
 public:
  PoolReport(Loop& loop, std::shared_ptr<PoolGauges> gauges, Mode mode, const PoolHosts& hosts,
             const Waiters& waiters)
      : loop_(loop), gauges_(std::move(gauges)), mode_(mode), hosts_(hosts), waiters_(waiters) {}

  PoolGauges& gauges() { return *gauges_; }
  /// Receives events from now on, and one for each session that is being opened.
  void listen(Callback<ClusterEvent> listener);
  void tell(ClusterEvent event) const { listener_(std::move(event)); }
  /// Publishes the topology that the pool follows and its events.
  void followed(const std::vector<ClusterEvent>& events);
  /// Other hosts.
  void publish_hosts();
  /// Marks the gauges as stale. They are written once per turn, before the turn's events are delivered.
  void changed() {
    if (!std::exchange(is_published_, false)) return;
    loop_.defer(life_.guard([this] { publish(); }));
  }
  void publish();
  /// Reports when requests begin to wait for a suitable node, and when the last of them has been served.
  void note_holding();
  bool is_holding() const { return held_since_.has_value(); }
  /// A call that got no session.
  void count_failure(const Error& error);

 private:
  bool waits_for_a_node() const;
  void publish_trouble();

  Loop& loop_;
  const std::shared_ptr<PoolGauges> gauges_;
  const Mode mode_;
  const PoolHosts& hosts_;
  const Waiters& waiters_;
  Callback<ClusterEvent> listener_;
  std::optional<TimePoint> held_since_;  // requests wait, and no host fits them
  bool is_published_ = true;
  bool is_in_trouble_ = false;
  Lifetime life_;
};

}  // namespace hdb
