// HostPool: the sessions of a pool on one host, and how many of them are what. PooledSession: one of them.
// Thread: I/O only, but for the gauge.  Owner: PoolCore.
// Not here: when one is opened, who gets it (PoolCore); what may be sent on it (Connection).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "api/error.hpp"
#include "base/meter.hpp"
#include "base/snapshot.hpp"
#include "conn/connection.hpp"
#include "pool/mode_set.hpp"
#include "pool/pacer.hpp"
#include "pool/retry.hpp"

namespace hdb {

class HostPool;
class PooledSession;

/// Who gets a session for himself, and gives it back when he is done.
class Leaseholder {
 public:
  virtual ~Leaseholder() = default;
  virtual void on_leased(Connection& connection) = 0;
  virtual void on_refused(Error error) = 0;
  /// The session is gone.
  virtual void on_lost(const Error& why) = 0;

 private:
  friend class LeaseClaim;
  friend class PoolCore;
  class Claim* claim_ = nullptr;      // that waits for a session
  PooledSession* session_ = nullptr;  // that he has
};

/// What sessions tell their pool; as ConnectionOwner, of which session it is.
class SessionKeeper {
 public:
  virtual ~SessionKeeper() = default;
  virtual void on_verified(PooledSession& session) = 0;
  virtual void on_free(PooledSession& session) = 0;
  virtual void on_node_changed(PooledSession& session, NodeState state) = 0;
  virtual void on_leaving(PooledSession& session) = 0;
  virtual void on_silent(PooledSession& session) = 0;
  virtual void on_closed(PooledSession& session, const Error& why, bool was_open) = 0;
};

/// Why a session is closed while the pool goes on.
enum class Eviction : std::uint8_t {
  kLost,      // the connection broke, or the server ended it
  kIdle,      // `idleTimeoutMs`
  kLifetime,  // `maxLifetimeMs`
  kRole,      // its host is no longer what it was
  kRoom,      // its place was needed elsewhere
};
constexpr std::size_t kEvictions = 5;

/// Over all hosts of a pool.
struct SessionCounts {
  std::size_t members = 0;  // what `poolSize` bounds, open or being opened
  std::size_t open_members = 0;
  std::size_t idle = 0;  // free for anybody
};

class PooledSession final : private ConnectionOwner {
 public:
  enum class Place : std::uint8_t {
    kMember,  // one of `poolSize`
    kRacing,  // dialled to find out what its host is; outside `poolSize` until that is known
    kWarm,    // on a standby, for the day that it is promoted; outside `poolSize` and without work until then
  };

  PooledSession(SessionKeeper& keeper, HostPool& host, Place place, Mode mode)
      : home(host), wanted_by(mode), keeper_(keeper), place_(place) {}

  Connection& connection() { return *connection_; }
  const Connection& connection() const { return *connection_; }
  Place place() const { return place_; }
  bool is_open() const { return is_open_; }
  /// It is on offer.
  bool is_idle() const { return is_idle_; }
  /// Nothing runs on it, nobody holds or prepares it, and it stays: it may be offered.
  bool may_be_given() const;
  /// What it may serve as things are; nothing if it is about to go.
  ModeSet modes() const;

  HostPool& home;
  const Mode wanted_by;  // for which it was dialled
  /// It finishes what runs.
  void retire(Eviction why) {
    eviction = why;
    connection_->retire();
  }
  void close(Eviction why, Error error) {
    eviction = why;
    connection_->close(std::move(error));
  }

  /// Tells the pool what its node has become.
  void report(NodeState state) { keeper_.on_node_changed(*this, state); }

  bool is_verified = false;
  bool is_paced = true;          // its dial has not ended
  TimePoint retire_at = kNever;  // `maxLifetimeMs` with jitter
  TimePoint dialled_at{};
  std::uint64_t number = 0;             // in the pool
  Eviction eviction = Eviction::kLost;  // if it is closed now
  Leaseholder* holder = nullptr;
  std::uint32_t setup = 0;  // the application is preparing it; 0: it is not

 private:
  friend class HostPool;
  void on_verified(Connection&) override { keeper_.on_verified(*this); }
  void on_free(Connection&) override { keeper_.on_free(*this); }
  void on_node_changed(Connection&, NodeState state) override { keeper_.on_node_changed(*this, state); }
  void on_leaving(Connection&) override { keeper_.on_leaving(*this); }
  void on_silent(Connection&) override { keeper_.on_silent(*this); }
  void on_closed(Connection&, const Error& why, bool was_open) override {
    keeper_.on_closed(*this, why, was_open);
  }

  SessionKeeper& keeper_;
  std::unique_ptr<Connection> connection_;
  Place place_;
  bool is_open_ = false;
  bool is_idle_ = false;
};

/// What the pool has done on one host, and its sessions there, for any thread.
struct HostGauge {
  HostAddress host;
  Gauge sessions;       // open, of `poolSize`
  Gauge warm_sessions;  // open beside it
  SessionMeters on_sessions;
  Meter connect;
  Counter connect_failures;
  Meter acquire;
  Meter query;
  Counter succeeded;
  std::array<Counter, kOutcomes> failed;  // by outcome
  Meter transaction;
  std::array<Counter, kOutcomes> ended;  // transactions, by outcome
  std::array<Counter, kRetryReasons> retries;
  Counter reroutes;
  std::array<Counter, kEvictions> evictions;

  Counter& failed_with(Outcome outcome) { return failed[static_cast<std::size_t>(outcome)]; }
  Counter& ended_with(Outcome outcome) { return ended[static_cast<std::size_t>(outcome)]; }
  Counter& retried_for(RetryReason reason) { return retries[static_cast<std::size_t>(reason)]; }
  Counter& evicted_for(Eviction reason) { return evictions[static_cast<std::size_t>(reason)]; }
};

class HostPool {
 public:
  HostPool(HostAddress where, SessionCounts& counts)
      : address(std::move(where)), gauge(std::make_shared<HostGauge>()), counts_(counts) {
    gauge->host = address;
  }

  /// Makes a session; `connect(owner)` gives its connection, which is to be dialled then.
  template <class Connect>
  PooledSession& add(SessionKeeper& keeper, PooledSession::Place place, Mode mode, Connect connect) {
    auto session = std::make_unique<PooledSession>(keeper, *this, place, mode);
    session->connection_ = connect(static_cast<ConnectionOwner&>(*session));
    PooledSession& added = *session;
    sessions_.push_back(std::move(session));
    count(added, 1);
    return added;
  }
  /// Its connection has been accepted.
  void opened(PooledSession& session);
  void move_to(PooledSession& session, PooledSession::Place place);
  /// Offers it to everybody, or takes the offer back. What is on offer may be given to anybody at once.
  void set_idle(PooledSession& session, bool idle);
  /// Its connection is closed.
  std::unique_ptr<PooledSession> remove(PooledSession& session);

  const std::vector<std::unique_ptr<PooledSession>>& sessions() const { return sessions_; }
  /// All of them as they are now, for whoever calls out meanwhile: what is removed lives until the end of
  /// the turn.
  std::vector<PooledSession*> listed() const;
  std::size_t open(bool restricted) const { return open_[restricted]; }
  /// Of `poolSize`, open or being opened.
  std::size_t members(bool restricted) const { return members_[restricted]; }
  std::size_t open_members() const { return open_members_; }
  /// Open, and not of `poolSize`.
  std::size_t open_warm() const { return open_[0] + open_[1] - open_members_; }
  /// Open members that are not free.
  std::size_t busy() const { return open_members_ - idle_[0].size() - idle_[1].size(); }
  /// One that is open, and stays; null if there is none.
  PooledSession* warm() const;
  /// Being opened.
  std::size_t dialing(bool restricted) const { return all_[restricted] - open_[restricted]; }
  /// The one that was used last; null if none is free.
  PooledSession* idle(bool restricted) const {
    return idle_[restricted].empty() ? nullptr : idle_[restricted].back();
  }

  const HostAddress address;
  const std::shared_ptr<HostGauge> gauge;
  ModeSet fits;  // the host, as things are
  Pacer pacer;
  std::uint32_t generation = 0;
  std::uint64_t served = 0;         // when it was last chosen: equals take turns
  std::optional<Error> refusal;     // it answered our credentials with a final no
  std::optional<Error> unreadable;  // it may not be asked what it is
  std::optional<Error> trouble;     // why the last session could not be opened; none: it could

 private:
  void count(PooledSession& session, int sign);

  SessionCounts& counts_;
  std::vector<std::unique_ptr<PooledSession>> sessions_;
  std::array<std::vector<PooledSession*>, 2> idle_;  // by whether they are restricted
  std::array<std::size_t, 2> all_{};
  std::array<std::size_t, 2> open_{};
  std::array<std::size_t, 2> members_{};
  std::size_t open_members_ = 0;
};

}  // namespace hdb
