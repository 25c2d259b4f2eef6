// PoolReport: what others may know of a pool: gauges that any thread reads, and events.
// Thread: I/O only, but for the gauges.  Owner: PoolCore.
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

/// What any thread may read of a pool.
struct PoolGauges {
  Gauge size;
  Gauge available;
  Gauge in_use;
  Gauge waiting;
  Snapshot<std::vector<std::shared_ptr<const HostGauge>>> hosts;  // in the order of the options
  Snapshot<Topology> topology;
  /// Why no session can be opened where the pool's mode may land, by host; empty: one can.
  Snapshot<std::vector<std::string>> trouble;
  Meter failover_gap;
  Counter no_host;  // calls that got no session, by reason
  Counter exhausted;
  Counter timed_out;
  Counter aborted;
  Counter refused;
  Gauge is_closed;  // 1 when it is
  Gauge alive_at;   // when the I/O thread last looked after the pool, in seconds of its clock
};

class PoolReport {
 public:
  PoolReport(Loop& loop, std::shared_ptr<PoolGauges> gauges, Mode mode, const PoolHosts& hosts,
             const Waiters& waiters)
      : loop_(loop), gauges_(std::move(gauges)), mode_(mode), hosts_(hosts), waiters_(waiters) {}

  PoolGauges& gauges() { return *gauges_; }
  /// Gets the events from now on, and one for each session that is being opened.
  void listen(Callback<ClusterEvent> listener);
  void tell(ClusterEvent event) const { listener_(std::move(event)); }
  /// The topology that the pool follows now, and what has happened to it.
  void followed(const std::vector<ClusterEvent>& events);
  /// Other hosts.
  void publish_hosts();
  /// Something that gauges show: they are written once a turn, before anybody is told of what happened in it.
  void changed() {
    if (!std::exchange(is_published_, false)) return;
    loop_.defer(life_.guard([this] { publish(); }));
  }
  void publish();
  /// Tells when requests begin to wait for a node that fits, and when all of them have been served.
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
