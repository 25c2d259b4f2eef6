// PoolCore: one pool: its life, its statements and leases, what happens to its sessions and its cluster.
// Thread: I/O only.  Owner: the engine.
// Not here: who gets a session (Dispatcher), when one is opened (SessionOpener), what is known of the hosts
// (Cluster), what a session may send (Connection), JavaScript.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/cluster.hpp"
#include "api/options.hpp"
#include "base/lifetime.hpp"
#include "base/random.hpp"
#include "cluster/cluster.hpp"
#include "conn/connection.hpp"
#include "loop/loop.hpp"
#include "pool/dispatcher.hpp"
#include "pool/no_session_error.hpp"
#include "pool/pool_context.hpp"
#include "pool/pool_hosts.hpp"
#include "pool/pool_report.hpp"
#include "pool/pool_state.hpp"
#include "pool/session_opener.hpp"
#include "pool/session_setup.hpp"
#include "pool/statement_claim.hpp"
#include "pool/waiters.hpp"
#include "pq/session.hpp"

namespace hdb {

StatementDescription description_of(const StatementInfo& info);

class PoolCore final : private SessionKeeper, private ClusterMember {
 public:
  using Statement = PoolStatement;
  PoolCore(Loop& loop, pq::SessionFactory& factory, Cluster& cluster, PoolConfig config,
           std::shared_ptr<PoolGauges> gauges);
  ~PoolCore() override;

  /// Opens `minIdle` sessions.
  void start();
  void submit(Statement statement);
  /// Types of a statement's parameters and columns. What was described a moment ago needs no round trip.
  void describe(Statement statement, Completion<StatementDescription> done);
  void lease(Mode mode, TimePoint deadline, CancelToken token, Callback<std::string, double> on_wait,
             Leaseholder& holder);
  /// The leaseholder releases its session, or stops waiting for one.
  void give_back(Leaseholder& holder);
  void end(milliseconds drain, Completion<Unit> done);
  /// The gauges of the host of its session; null if it has none.
  std::shared_ptr<HostGauge> gauge_of(const Leaseholder& holder) const;
  /// Runs `done` after a delay.
  void pause(milliseconds delay, Completion<Unit> done);

  /// Follows another list of hosts; sessions on those that stay are kept.
  void move_to(Cluster& cluster, const std::vector<HostAddress>& hosts);

  /// `onConnect`.
  SessionSetup& setup() { return setup_; }
  /// Subscribes to events, including those of sessions that are being opened.
  void listen(Callback<ClusterEvent> listener) { report_.listen(std::move(listener)); }
  const PoolOptions& options() const { return config_.options; }
  PasswordSource* passwords() { return config_.passwords.get(); }
  Loop& loop() { return loop_; }
  const Topology& topology() const { return hosts_.topology(); }
  /// `end()` was not called.
  bool is_open() const { return state_ == PoolState::kOpen; }
  /// Closes immediately.
  void close_now();

 private:
  struct Pause {
    Completion<Unit> done;
    OneShot timer;
  };

  // SessionKeeper
  void on_verified(PooledSession& session) override;
  void on_free(PooledSession& session) override;
  void on_node_changed(PooledSession& session, NodeState state) override;
  void on_leaving(PooledSession& session) override;
  void on_silent(PooledSession& session) override;
  void on_closed(PooledSession& session, const Error& why, bool was_open) override;
  // ClusterMember
  void on_topology(const Topology& topology, const std::vector<ClusterEvent>& events) override;

  /// The only place that changes the state.
  void move(PoolEvent event) { state_ = after_event(state_, event); }
  void on_set_up(PooledSession& session);

  MonitorConfig monitor_config() const;
  void look_after_sessions();
  void finish_end();
  void stop_everything();
  void fail_waiting(const Error& why);
  void close_everything(const Error& why);

  Loop& loop_;
  Cluster* cluster_;
  PoolConfig config_;
  Random random_;
  StatementCatalog catalog_;
  PoolState state_ = PoolState::kOpen;
  PoolHosts hosts_;
  Waiters waiters_;
  PoolReport report_;
  const PoolContext context_{loop_, config_, state_, hosts_, waiters_, report_, random_};
  SessionOpener opener_;
  Dispatcher dispatcher_;
  const StatementClaim::Desk desk_{context_, dispatcher_, catalog_};
  SessionSetup setup_;
  Timer house_timer_;  // idle and old sessions
  Timer drain_timer_;
  std::list<Pause> pauses_;
  std::vector<Completion<Unit>> ending_;
  Lifetime life_;
};

}  // namespace hdb
