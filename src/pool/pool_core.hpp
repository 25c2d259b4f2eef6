// PoolCore: who gets which session, when. Opens and closes sessions, follows the topology.
// Thread: I/O only, but for the gauges.  Owner: the engine.
// Not here: what is known of the hosts (Cluster), what a session may send (Connection), JavaScript.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/cluster.hpp"
#include "api/options.hpp"
#include "base/lifetime.hpp"
#include "base/meter.hpp"
#include "base/random.hpp"
#include "base/snapshot.hpp"
#include "cluster/cluster.hpp"
#include "cluster/selector.hpp"
#include "conn/connection.hpp"
#include "loop/loop.hpp"
#include "pool/claim.hpp"
#include "pool/host_pool.hpp"
#include "pool/mode_set.hpp"
#include "pool/waiters.hpp"
#include "pq/session.hpp"

namespace hdb {

struct PoolConfig {
  std::vector<HostAddress> hosts;
  pq::Conninfo conninfo;                      // of every session
  std::string restricted_options;             // libpq's `options` for sessions of the read modes
  std::string unrestricted_options;           // and for all others
  std::shared_ptr<PasswordSource> passwords;  // null: the password, if there is one, is in the conninfo
  PoolOptions options;                        // with nothing left open that the environment decides
  std::string name_prefix;                    // of prepared statements
  std::uint64_t seed = 0;                     // of the jitter
};

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

/// What a call gets when its pool is closed.
Error pool_closed_error();

enum class PoolState : std::uint8_t {
  kOpen,      // takes work
  kDraining,  // `end()` was called: new work is refused, accepted work finishes
  kClosed,    // terminal
};

class PoolCore final : private SessionKeeper, private ClusterMember {
 public:
  /// The statement, and what to do with its answer.
  struct Statement {
    std::unique_ptr<Request> request;
    Mode mode = Mode::kReadWrite;
    bool is_idempotent = false;
    Completion<ResultSet> done;
    Completion<std::vector<ResultSet>> batch_done;  // instead, of a batch
    Callback<std::string, double> on_wait;          // as in QueryOptions
  };
  PoolCore(Loop& loop, pq::SessionFactory& factory, Cluster& cluster, PoolConfig config,
           std::shared_ptr<PoolGauges> gauges);
  ~PoolCore() override;

  /// Opens `minIdle` sessions.
  void start();
  void submit(Statement statement);
  /// What a statement takes and gives. Known texts are answered without a round trip.
  void describe(Statement statement, Completion<StatementDescription> done);
  /// What is known of it already.
  std::optional<StatementDescription> description(std::string_view sql);
  void lease(Mode mode, TimePoint deadline, CancelToken token, Callback<std::string, double> on_wait,
             Leaseholder& holder);
  /// The leaseholder is done with its session, or with waiting for one.
  void give_back(Leaseholder& holder);
  void end(milliseconds drain, Completion<Unit> done);
  /// What is counted of the host of his session; null if he has none.
  std::shared_ptr<HostGauge> gauge_of(const Leaseholder& holder) const;
  /// Runs `done` after a delay.
  void pause(milliseconds delay, Completion<Unit> done);

  /// Follows another list of hosts; sessions on those that stay are kept.
  void move_to(Cluster& cluster, const std::vector<HostAddress>& hosts);

  /// New sessions are shown to `ask` before anybody gets them.
  void greet(Callback<std::uint32_t, std::string> ask) { greet_ = std::move(ask); }
  /// A statement on a session that is being shown.
  void greeting_query(std::uint32_t number, std::unique_ptr<Request> request, Completion<ResultSet> done);
  /// It may be used; or why not.
  void greeted(std::uint32_t number, const std::optional<std::string>& problem);

  /// Is told of what happens from now on, and of the sessions that are being opened.
  void listen(Callback<ClusterEvent> listener);
  const PoolOptions& options() const { return config_.options; }
  PasswordSource* passwords() { return config_.passwords.get(); }
  Loop& loop() { return loop_; }
  const Topology& topology() const { return *topology_; }
  /// `end()` was not called.
  bool is_open() const { return state_ == PoolState::kOpen; }
  /// Ends without waiting for anything.
  void close_now();

 private:
  class StatementClaim;
  class LeaseClaim;
  friend class StatementClaim;

  using Place = PooledSession::Place;
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

  void place(std::unique_ptr<Claim> claim, bool in_front);
  void place_later(std::unique_ptr<Claim> claim);
  void expire(std::unique_ptr<Claim> claim, bool aborted);
  void serve(std::unique_ptr<Claim> claim, PooledSession& session);
  bool serve_next(PooledSession& session);
  void give(PooledSession& session);
  std::optional<Error> too_many_error(const Claim& claim) const;
  void answered(std::unique_ptr<StatementClaim> claim, PooledSession& session, Expected<Reply> reply);
  void count_failure(const Error& error);
  void retire(PooledSession& session, Eviction why);
  PooledSession* free_session(Mode mode);
  PooledSession* session_for(Claim& claim);
  PooledSession* shared_session(Mode mode, std::size_t depth, std::size_t enough, const StatementInfo* text);
  void feed(PooledSession& session);

  MonitorConfig monitor_config() const;
  void demand();
  bool open_next();
  std::size_t wanted(Mode mode) const;
  HostPool* host_to_dial(Mode mode);
  void open_one(HostPool& host, Mode mode);
  bool race(Mode mode);
  bool make_room(Mode mode, const HostPool& where);
  void even_out(Mode mode, const HostPool& poor);
  void keep_warm();
  bool wants_warm(const HostPool& host) const;
  void promote_warm();
  void enlist(PooledSession& session);
  bool admit(PooledSession& session);
  void show(PooledSession& session);
  void opened(PooledSession& session);
  void forget_greeting(PooledSession& session);
  void dial(HostPool& host, bool restricted, Place place, Mode mode);
  std::size_t dialing(Mode mode) const;
  std::size_t members(Mode mode) const;
  bool is_full() const { return counts_.members >= static_cast<std::size_t>(config_.options.pool_size); }
  void try_again_at(TimePoint when);
  const Error* refusal_for(Mode mode) const;
  void publish_trouble();
  void fail_refused();
  Error no_session_error(const Claim& claim, bool aborted) const;

  void look_after_sessions();
  void close_unfit();
  void close_unheard();
  void serve_waiting();
  void tell_holding();
  bool is_holding() const;
  void changed();
  void publish();
  void publish_hosts();
  void finish_end();
  void stop_everything();
  void fail_waiting(const Error& why);
  void close_everything(const Error& why);

  HostPool* pool_of(const HostAddress& address) const;

  Loop& loop_;
  pq::SessionFactory& factory_;
  Cluster* cluster_;
  PoolConfig config_;
  std::shared_ptr<PoolGauges> gauges_;
  Random random_;
  StatementCatalog catalog_;
  SessionCounts counts_;
  std::vector<std::unique_ptr<HostPool>> hosts_;  // in the order of the options
  std::shared_ptr<const Topology> topology_;
  /// Where a mode may land as things are: hosts of equal worth, and those that are raced while there is none.
  struct Targets {
    std::vector<HostPool*> hosts;
    std::vector<HostPool*> unknown;
  };
  std::array<Targets, kModes.size()> targets_;  // by mode
  Waiters waiters_;
  PoolState state_ = PoolState::kOpen;
  std::uint64_t turn_ = 0;
  Timer demand_timer_;  // the next dial that pacing or the race allows
  Timer house_timer_;   // idle and old sessions
  Timer drain_timer_;
  TimePoint race_at_{};  // when the next unknown host may be tried beside the others
  std::list<Pause> pauses_;
  struct Greeting {
    PooledSession* session;
    OneShot timer;
  };
  std::map<std::uint32_t, Greeting> greetings_;
  std::uint32_t last_greeting_ = 0;
  Callback<std::uint32_t, std::string> greet_;
  std::vector<Completion<Unit>> ending_;
  Callback<ClusterEvent> listener_;
  std::uint64_t last_session_ = 0;
  std::optional<TimePoint> held_since_;  // requests wait, and no host fits them
  bool is_demanding_ = false;
  bool demands_again_ = false;  // something has changed under it
  bool is_published_ = true;
  bool is_in_trouble_ = false;
  /// How often refused logins are tried again while nobody waits.
  static constexpr milliseconds kIdleRefusalPause{10000};
  TimePoint ask_refused_at_{};  // when refused logins are tried again though nobody waits
  bool is_stopping_ = false;    // the time to drain is over
  std::uint64_t dials_ = 0;
  Lifetime life_;
};

}  // namespace hdb
