// Scene: one simulated run: a cluster of model nodes, the pools of one process on it, random work and random
// faults. Thread: one.  Here is what there is; what happens stands in scene.cpp (the run), faults.cpp (to the
// cluster), work.cpp (the application) and check.cpp (what must hold).
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "cluster/cluster.hpp"
#include "pool/pool_core.hpp"
#include "pool/transaction_core.hpp"
#include "test/sim/simulation.hpp"
#include "test/unit/support/fake_session.hpp"

namespace hdb::sim {

using test::FakeLoop;
using test::FakeNetwork;
using test::FakeServer;
using test::FakeStatement;

inline constexpr milliseconds kAcquire{3000};
inline constexpr milliseconds kCancel{2000};
inline constexpr const char* kForeign = "7999999999999999999";

/// What became of one promise.
struct Answer {
  std::uint32_t times = 0;
  bool ok = false;
  ErrorKind kind = ErrorKind::kInternal;
  Outcome outcome = Outcome::kNotSent;
  bool retryable = false;
  std::string message;

  bool failed() const { return times == 1 && !ok; }
};

/// A pool, and for whom it is.
struct Party {
  std::size_t number = 0;
  std::string role;
  bool role_reads_only = false;  // by its own `default_transaction_read_only`
  Mode mode = Mode::kReadWrite;
  std::size_t size = 0;
  std::shared_ptr<PoolGauges> gauges;
  std::unique_ptr<PoolCore> pool;
  bool is_ending = false;
  Answer ended;
  TimePoint ends_by = kNever;
  std::size_t greetings = 0;  // sessions that the application prepares
  std::array<std::uint64_t, kModes.size()> last_sent{};
  std::array<std::size_t, kModes.size()> waiting{};
  std::array<TimePoint, kModes.size()> held_up_since{kNever, kNever, kNever, kNever};

  bool is_open() const { return pool && !is_ending; }
};

/// Somebody who waits for a session at times.
struct Waiting {
  Party* party = nullptr;
  Mode mode = Mode::kReadWrite;
  bool waits = false;

  void wait(bool does) {
    if (does == waits) return;
    waits = does;
    party->waiting[index_of(mode)] += does ? 1 : static_cast<std::size_t>(-1);
  }
};

/// One statement of the application, or one batch.
struct Call : Waiting {
  std::vector<std::string> labels;  // of what it writes; none: it reads
  std::string name;                 // for people
  std::uint64_t number = 0;
  bool may_repeat = false;
  bool is_unique = false;  // its text occurs once: it is seen when it is sent
  bool was_sent = false;
  std::string raises;  // the SQLSTATE of the ERROR that it ends with
  TimePoint made_at{};
  TimePoint deadline = kNever;
  Answer answer;
};

struct Open : Waiting {
  std::unique_ptr<TransactionCore> core;
  std::string label;  // empty: it reads
  std::string name;   // for people
  TimePoint deadline = kNever;
  Answer begun;
  Answer wrote;
  Answer ended;
  bool commits = true;
  bool is_proven = false;  // its COMMIT, should its answer be lost
  bool is_asked = false;
  bool is_ending = false;

  bool is_open() const { return core && begun.ok && ended.times == 0; }
};

class Scene {
 public:
  explicit Scene(std::uint64_t seed) : random_(seed) {}
  ~Scene();

  Report run();

 private:
  // ---- scene.cpp
  void build();
  void open_party(const std::string& role, Mode mode, bool reads_only);
  Cluster& cluster_for(const std::vector<HostAddress>& hosts, const Topology* known);
  void move_party(Party& party, const std::vector<HostAddress>& hosts);
  void close();
  void advance(Duration by);
  void lose_timer();
  void recover();

  // ---- faults.cpp
  FakeServer& any() { return *servers_[random_.below(servers_.size())]; }
  bool is_foreign(const FakeServer& server) const { return server.system_identifier == kForeign; }
  void disturb(const FakeServer& server) { disturbed_.insert(server.name()); }
  bool may_lead(const FakeServer& next) const;
  bool fail_over();
  void fault();
  void fence(FakeServer& one);
  void lag(FakeServer& one);
  void lie(FakeServer& one);
  void mend();
  void repair(FakeServer& one);
  void restore(FakeServer& one);
  void at_moment(FakeServer& server, const FakeStatement& statement);

  // ---- work.cpp
  Party& party();
  Mode any_mode() { return kModes[random_.below(kModes.size())]; }
  void work();
  void end_or_move();
  struct Ask {
    std::string sql;
    std::vector<Value> params;
    Mode mode = Mode::kReadWrite;
    bool may_repeat = false;
    bool writes = false;
    std::string raises;
  };
  Call& ask(Party& party, Ask what, TimePoint deadline = kNever, const CancelToken& token = {});
  void ask_batch(Party& party, const std::string& id, TimePoint deadline, const CancelToken& token);
  Call& add_call(Party& party, Mode mode, TimePoint deadline);
  PoolCore::Statement statement_for(Call& call, TimePoint deadline, const CancelToken& token);
  Callback<std::string, double> on_wait(Waiting& one);
  void submit(Party& party, PoolCore::Statement statement);
  void begin(Party& party, const std::string& id, Mode mode, TimePoint deadline, const CancelToken& token);
  void drive(Open& one, const std::string& id);
  template <class T>
  Completion<T> into(Answer& answer, Open& one);

  // ---- check.cpp
  void settle(Answer& answer, const Error* error, const std::string& label);
  void on_settled(Call& call, const Error* error);
  void in_time(const std::string& label, TimePoint deadline);
  void on_sent(const FakeServer& server, const std::string& sql);
  void on_event(const Party& party, const ClusterEvent& event);
  void check_waiting();
  bool is_anything_idle(const Party& party, Mode mode) const;
  void compare(const std::string& label, const Answer& answer, bool may_repeat = false,
               bool is_proven = false);
  void check();
  bool is_fine() const { return report_.violation.empty(); }
  void violate(std::string what);
  void note(std::string_view what, std::string_view of);

  Random random_;
  FakeLoop loop_;
  FakeNetwork net_{loop_};
  std::vector<FakeServer*> servers_;
  std::vector<HostAddress> hosts_;
  FakeServer* leader_ = nullptr;
  bool is_synchronous_ = false;
  bool is_quiet_ = false;
  std::uint64_t calm_ = 3;  // one step in so many has a fault
  bool has_fences_ = true;
  std::set<std::string> disturbed_;  // servers that something has happened to
  std::set<std::string> fenced_;     // that have been fenced
  std::map<std::vector<HostAddress>, std::unique_ptr<Cluster>> clusters_;
  std::vector<std::unique_ptr<Party>> parties_;  // the first one writes, and stays to the end
  int last_id_ = 0;
  std::vector<std::unique_ptr<Call>> calls_;
  std::vector<std::unique_ptr<Open>> transactions_;
  std::unordered_map<std::string, Call*> unique_;
  std::optional<PoolCore::Statement> held_;  // where the rule of order is broken
  std::unordered_set<std::string> held_in_the_end_;
  TimePoint looked_at_{};
  std::uint32_t newest_ = 0;    // timeline that the client has seen
  std::uint32_t followed_ = 0;  // timeline of the last primary that it told of
  Report report_;
  bool is_traced_ = std::getenv("HDB_SIM_TRACE") != nullptr;
};

}  // namespace hdb::sim
