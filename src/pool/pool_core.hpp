// PoolCore: who gets which session, when. Opens and closes sessions, follows the topology.
// Thread: I/O only, but for the gauges.  Owner: the engine.
// Not here: what is known of the hosts (Cluster), what a session may send (Connection), JavaScript.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/options.hpp"
#include "api/pool.hpp"
#include "base/random.hpp"
#include "base/snapshot.hpp"
#include "cluster/cluster.hpp"
#include "cluster/selector.hpp"
#include "conn/connection.hpp"
#include "loop/loop.hpp"
#include "pool/claim.hpp"
#include "pool/pacer.hpp"
#include "pool/waiters.hpp"
#include "pq/session.hpp"

namespace hdb {

struct PoolConfig {
  std::vector<HostAddress> hosts;
  pq::Conninfo conninfo;             // of every session
  std::string restricted_options;    // libpq's `options` for sessions of the read modes
  std::string unrestricted_options;  // and for all others
  PoolOptions options;
  std::string name_prefix;           // of prepared statements
  std::uint64_t seed = 0;            // of the jitter
};

/// Sessions of a pool on one host.
struct HostGauge {
  HostAddress host;
  Gauge sessions;
};

/// What any thread may read of a pool.
struct PoolGauges {
  Gauge size;
  Gauge available;
  Gauge in_use;
  Gauge waiting;
  Snapshot<std::vector<std::shared_ptr<const HostGauge>>> hosts;  // in the order of the options
  Snapshot<Topology> topology;
};

/// What a call gets when its pool is closed.
Error pool_closed_error();

enum class PoolState : std::uint8_t {
  kOpen,      // takes work
  kDraining,  // `end()` was called: new work is refused, accepted work finishes
  kClosed,    // terminal
};

class PoolCore final : private ConnectionOwner, private ClusterMember {
 public:
  /// The statement, and what to do with its answer.
  struct Statement {
    std::unique_ptr<Request> request;
    Mode mode = Mode::kReadWrite;
    bool is_idempotent = false;
    Completion<ResultSet> done;
    Completion<std::vector<ResultSet>> batch_done;  // instead, of a batch
  };
  /// Who gets a pinned session, and gives it back by `unpin`.
  class Leaseholder {
   public:
    virtual ~Leaseholder() = default;
    virtual void on_leased(Connection& connection) = 0;
    virtual void on_refused(Error error) = 0;
    /// The session is gone.
    virtual void on_lost(const Error& why) = 0;
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
  void lease(Mode mode, TimePoint deadline, CancelToken token, Leaseholder& holder);
  /// The leaseholder is done with its session, or with waiting for one.
  void give_back(Leaseholder& holder);
  void end(milliseconds drain, Completion<Unit> done);
  /// Runs `done` after a delay.
  void pause(milliseconds delay, Completion<Unit> done);

  /// Follows another list of hosts; sessions on those that stay are kept.
  void move_to(Cluster& cluster, const std::vector<HostAddress>& hosts);

  void listen(Callback<ClusterEvent> listener) { listener_ = std::move(listener); }
  const PoolOptions& options() const { return config_.options; }
  Loop& loop() { return loop_; }
  Cluster& cluster() { return *cluster_; }
  bool is_closed() const { return state_ == PoolState::kClosed; }
  /// Ends without waiting for anything.
  void close_now();


 private:
  class StatementClaim;
  class LeaseClaim;
  friend class StatementClaim;

  enum class Place : std::uint8_t {
    kMember,  // one of `poolSize`
    kRacing,  // dialled to find out what its host is; outside `poolSize` until that is known
    kWarm,    // on a standby, for the day that it is promoted; outside `poolSize` until then
  };
  struct Session {
    std::unique_ptr<Connection> connection;
    Place place = Place::kMember;
    bool is_verified = false;
    bool is_idle = false;
    TimePoint retire_at = kNever;  // `maxLifetimeMs` with jitter
    Leaseholder* holder = nullptr;
  };
  struct Slot {
    explicit Slot(HostAddress host) : address(std::move(host)), gauge(std::make_shared<HostGauge>()) { gauge->host = address; }
    HostAddress address;
    std::shared_ptr<HostGauge> gauge;
    std::vector<std::unique_ptr<Session>> sessions;
    Pacer pacer;
    std::uint32_t generation = 0;
    std::uint64_t served = 0;       // when it was last chosen: equals take turns
    std::optional<Error> refusal;   // it answered our credentials with a final no
  };
  struct Delayed {
    std::unique_ptr<Claim> claim;
    std::unique_ptr<Timer> timer;
  };
  struct Pause {
    Completion<Unit> done;
    std::unique_ptr<Timer> timer;
  };

  // ConnectionOwner
  void on_verified(Connection& connection) override;
  void on_free(Connection& connection) override;
  void on_node_changed(Connection& connection, NodeState state) override;
  void on_silent(Connection& connection) override;
  void on_closed(Connection& connection, const Error& why, bool was_open) override;
  // ClusterMember
  void on_topology(const Topology& topology, const std::vector<ClusterEvent>& events) override;

  void place(std::unique_ptr<Claim> claim, bool in_front);
  void place_later(std::unique_ptr<Claim> claim);
  void expire(std::unique_ptr<Claim> claim, bool aborted);
  void serve(std::unique_ptr<Claim> claim, Session& session);
  void answered(std::unique_ptr<StatementClaim> claim, Connection& connection, Expected<Reply> reply);
  bool serves(const Connection& connection, Mode mode) const;
  Session* free_session(Mode mode);
  Session* shared_session(Claim& claim);
  void feed(Connection& connection);
  bool has_waiting(Mode mode) const;

  void demand();
  void demand_for(Mode mode, std::size_t wanted);
  void keep_warm();
  void promote_warm();
  bool admit(Session& session);
  void dial(Slot& slot, bool restricted, Place place);
  bool has_room(Mode mode);
  void even_out(Mode mode, const Slot& poor);
  std::size_t dialing(Mode mode) const;
  std::size_t counted() const;
  void try_again_at(TimePoint when);
  const Error* refusal_for(Mode mode) const;
  void fail_refused();
  Error no_session_error(const Claim& claim, bool aborted) const;

  void look_after_sessions();
  void close_unfit(const Topology& topology);
  void serve_waiting();
  void tell_holding();
  void set_idle(Session& session, bool idle);
  void publish();
  void publish_hosts();
  void finish_end();
  void close_everything(const Error& why);

  Slot* slot_of(const HostAddress& address);
  const Slot* slot_of(const HostAddress& address) const;
  Session* session_of(const Connection& connection);

  Loop& loop_;
  pq::SessionFactory& factory_;
  Cluster* cluster_;
  PoolConfig config_;
  std::shared_ptr<PoolGauges> gauges_;
  Random random_;
  StatementCatalog catalog_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::shared_ptr<const Topology> topology_;
  std::array<Candidates, 4> candidates_;  // by mode; point into topology_
  Waiters waiters_;
  PoolState state_ = PoolState::kOpen;
  std::size_t idle_ = 0;
  std::uint64_t turn_ = 0;
  Timer demand_timer_;  // the next dial that pacing or the race allows
  Timer house_timer_;   // idle and old sessions
  Timer drain_timer_;
  TimePoint race_at_{}; // when the next unknown host may be tried beside the others
  std::list<Delayed> delayed_;
  std::list<Pause> pauses_;
  std::vector<Completion<Unit>> ending_;
  Callback<ClusterEvent> listener_;
  std::optional<TimePoint> held_since_;  // requests wait, and no host fits them
  bool is_demanding_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace hdb
