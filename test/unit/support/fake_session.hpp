// fake_session: PostgreSQL servers as small models, and the sessions that lead to them.
//
// FakeServer knows roles, timelines, the fence, transactions, prepared statements, pipelines with their
// Syncs, and what is stored. It answers by simple rules, can be killed, frozen, cut off and fenced at
// any moment, and keeps a record of what ran. FakeNetwork is the SessionFactory that finds servers by
// address. Everything that happens is an event of the FakeLoop: the same test is the same run.
// Thread: one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "conn/dialer.hpp"
#include "conn/statement_info.hpp"
#include "pq/session.hpp"
#include "test/unit/support/fake_loop.hpp"

namespace hdb::test {

using Text = std::optional<std::string>;  // none: NULL

struct FakeStatement {
  std::string sql;
  std::vector<Text> params;
  /// The text with its values, as it stands in `FakeServer::stored`.
  std::string label() const;
};

/// What a server answers to one statement.
struct FakeAnswer {
  std::vector<std::vector<Text>> rows;
  std::string command = "SELECT";
  std::optional<std::uint64_t> row_count;
  std::optional<ServerReport> error;
  bool is_last = false;  // the session dies of it before it is ready again
  bool is_write = false;
};

ServerReport report(std::string sqlstate, std::string message, std::string severity = "ERROR",
                    std::string routine = {});

/// How long TCP waits for a peer that is silent.
inline constexpr milliseconds kTcpUserTimeout{10000};

class FakeNetwork;
class FakeSession;
struct FakeWire;

/// What a server knows of transactions by their xids, and of its own life.
struct FakeHistory {
  std::uint64_t next_xid = 700;
  std::uint64_t records = 0;          // in the WAL, besides the commits
  std::set<std::uint64_t> committed;  // what is neither here nor in progress was rolled back
  std::uint64_t lives = 1;            // of its postmaster
  TimePoint started{};
  std::optional<std::uint64_t> replayed;  // where its last recovery ended
};

class FakeServer {
 public:
  /// Where a statement stands when `watch` is called.
  enum class Moment {
    kRunning,     // it is about to run
    kCommitting,  // it has run; its transaction is about to be stored
    kCommitted,   // stored; the answer has not left
  };

  FakeServer(FakeNetwork& network, std::string name, std::string address);
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  // ---- What it is. May be changed at any moment; counts from the next message that it reads.
  bool in_recovery = false;
  bool is_fenced = false;                 // default_transaction_read_only in its configuration
  std::set<std::string> read_only_roles;  // whose own default_transaction_read_only is on
  std::uint32_t timeline = 1;
  std::int64_t sequence = 0;  // pg_replica's decision number; 0: not installed
  std::string system_identifier = "7000000000000000001";
  int version = 150008;
  std::string date_style = "ISO, MDY";
  std::size_t most_parameters = 65535;  // of a statement whose description its client can read
  Duration latency{};                   // one way
  std::optional<ServerReport> rejects;  // its answer to everybody who connects
  std::map<std::string, pq::Description> descriptions;  // of statements that the rules do not guess right
  std::vector<TypeInfo> types;                          // what pg_type holds beyond the built-in ones
  bool ignores_cancel = false;
  bool loses_cancel = false;          // the cancel's own connection never ends
  bool loses_close = false;           // it never hears that a client is gone
  bool is_ahead = false;              // it answers before its client knows that all has left
  bool reports_unreplicated = false;  // commits answer with the warning of a cut wait for the standby
  bool is_synchronous = false;        // a commit answers when a standby has it
  bool is_lagging = false;            // as a standby: what is stored meanwhile it gets by `catch_up`
  std::optional<ServerReport> fails_commit;
  std::vector<FakeServer*> standbys;  // stream from it: what it stores they have at once, if they run
  /// Own rules, asked first.
  std::function<std::optional<FakeAnswer>(const FakeStatement&)> answers;
  /// Called at each moment of each statement; may kill, freeze or fence.
  std::function<void(Moment, const FakeStatement&)> watch;

  // ---- What can happen to it.
  void kill();    // SIGKILL: sessions are reset, nobody listens
  void start();   // it listens again, as what it was; a primary has recovered from its WAL
  void freeze();  // it does not run, its sockets stay
  void thaw();
  void cut();  // no packet arrives on either side; TCP gives its sessions up after a while, also after `heal`
  void heal();
  void fence() { is_fenced = true; }
  void unfence() { is_fenced = false; }
  void promote();                    // out of recovery, on the next timeline
  void follow(FakeServer& primary);  // restarts as its standby, with what that one holds
  void attach(FakeServer& primary);  // a standby that streams from it from now on; its sessions stay
  void catch_up(FakeServer& primary);
  /// Ends each session with this SQLSTATE, as an administrator or a shutdown does.
  void end_sessions(const std::string& sqlstate = "57P01");
  /// Tells each session that it will be ended, and does not end it.
  void announce_end(const std::string& sqlstate = "57P01");
  /// A statement with this text does not end before `release`.
  void hold(const std::string& sql);
  void release(const std::string& sql);
  /// The same while it is prepared.
  void hold_parse(const std::string& sql) { held_parses_.insert(sql); }
  void release_parse(const std::string& sql);
  /// Nothing that clients send leaves their buffers before `unblock`.
  void block();
  void unblock();
  /// Plans of this text, prepared before, are refused from now on.
  void change_plan(const std::string& sql);

  // ---- What happened.
  const std::string& name() const { return name_; }
  const std::string& address() const { return address_; }
  HostAddress host() const { return {name_, 5432}; }
  bool is_running() const { return is_running_; }
  bool is_frozen() const { return is_frozen_; }
  bool is_cut() const { return is_cut_; }
  bool accepts_writes() const { return is_running_ && !in_recovery && !is_fenced; }
  std::uint64_t lsn() const { return 0x1000000 + (stored.size() + history_.records) * 0x80; }
  /// How often a statement with this text began to run.
  int runs(const std::string& sql) const;
  int parses(const std::string& sql) const;
  std::size_t sessions() const { return wires_.size(); }
  bool holds(const std::string& label) const;
  /// Labels of all writes that it holds, in order.
  std::vector<std::string> stored;
  std::vector<std::string> log;  // every statement that began to run
  std::vector<pq::Conninfo> dials;
  int cancels = 0;

 private:
  friend class FakeNetwork;
  friend class FakeSession;
  friend struct FakeWire;
  void accept(const std::shared_ptr<FakeWire>& wire);
  void store(const std::vector<std::string>& writes, std::uint64_t xid = 0);
  /// A write under this xid, or under a new one if that is 0, is in the WAL; gives the xid.
  std::uint64_t record(std::uint64_t xid);
  Text status_of(std::uint64_t xid) const;
  void take_history(const FakeServer& primary);
  bool takes_stream() const { return is_running_ && !is_frozen_ && !is_cut_ && in_recovery && !is_lagging; }
  /// Commits need not wait: some standby has what is stored.
  bool is_replicated() const;
  void drop_all(const pq::Loss& loss, const std::optional<ServerReport>& notice);
  void pump_all();
  int plan_version(const std::string& sql) const;

  FakeNetwork& network_;
  std::string name_;
  std::string address_;
  bool is_running_ = true;
  bool is_frozen_ = false;
  bool is_cut_ = false;
  bool is_blocked_ = false;
  std::set<std::string> held_;
  std::set<std::string> held_parses_;
  FakeHistory history_;
  std::map<std::string, int> plan_versions_;
  std::map<std::string, int> parses_;
  std::map<std::string, int> runs_;
  std::vector<std::shared_ptr<FakeWire>> wires_;        // open sessions
  std::vector<std::shared_ptr<FakeWire>> knocking_;     // connected while it was frozen
  std::vector<std::function<void()>> waiting_cancels_;  // likewise
};

class FakeNetwork final : public pq::SessionFactory {
 public:
  explicit FakeNetwork(FakeLoop& loop) : loop_(loop) {}
  ~FakeNetwork() override;

  /// A server whose name resolves to one address of its own.
  FakeServer& add(const std::string& name);
  FakeServer& primary(const std::string& name);
  FakeServer& standby(const std::string& name);
  /// A server without a name of its own, at this address.
  FakeServer& add_address(const std::string& address);
  FakeServer* find(const std::string& address);
  /// Nothing answers at this address, not even with a refusal.
  void make_silent(const std::string& address) { silent_.insert(address); }
  bool loses_warnings = false;  // of sessions that have to go
  /// Sessions of this role on this server that nothing keeps from taking a statement, as their client sees
  /// it: open, between transactions, not told to go, without a cancel under way.
  std::size_t idle_sessions(const FakeServer& server, const std::string& role, bool restricted) const;

  std::unique_ptr<pq::Session> make() override;
  /// Called when a client gives a text to a session, whatever becomes of it.
  std::function<void(const FakeServer&, const std::string& sql)> on_sent;
  /// Called when a client gives a text to a session that was idle when it was told to go.
  std::function<void(const FakeServer&, const std::string& sql)> on_sent_to_leaving;
  /// What a standby has had at some time, in order.
  std::vector<std::string> replicated;
  /// How often a write with this label was stored by a commit of its own, on any server and timeline.
  int commits(const std::string& label) const;
  FakeLoop& loop() { return loop_; }
  int made() const { return made_; }

 private:
  friend class FakeSession;
  friend class FakeServer;
  std::shared_ptr<FakeServer> shared(const std::string& address);

  FakeLoop& loop_;
  std::vector<std::shared_ptr<FakeServer>> servers_;  // a session's end may outlive this
  std::vector<FakeSession*> sessions_;
  std::set<std::string> silent_;
  std::map<std::string, int> commits_;
  int made_ = 0;
};

}  // namespace hdb::test
