#include "simulation.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "cluster/cluster.hpp"
#include "pool/pool_core.hpp"
#include "pool/transaction_core.hpp"
#include "rules.hpp"
#include "test/unit/support/fake_session.hpp"

namespace hdb::sim {

namespace {

using test::FakeLoop;
using test::FakeNetwork;
using test::FakeServer;
using test::FakeStatement;

constexpr int kSteps = 150;
constexpr milliseconds kAcquire{3000};
constexpr milliseconds kCancel{2000};
constexpr const char* kForeign = "7999999999999999999";
/// One way. With the first, reads are brief enough to share sessions while others are free.
constexpr std::array<std::chrono::microseconds, 3> kLatencies = {
    std::chrono::microseconds(60), std::chrono::microseconds(1000), std::chrono::microseconds(2000)};

/// What became of one promise.
struct Answer {
  std::uint32_t times = 0;
  bool ok = false;
  ErrorKind kind = ErrorKind::kInternal;
  Outcome outcome = Outcome::kNotSent;
  bool retryable = false;
  std::string message;
  TimePoint at{};

  bool failed() const { return times == 1 && !ok; }
};

/// One statement of the application.
struct Call {
  std::string label;  // of what it writes; empty: it reads
  std::uint64_t number = 0;
  Mode mode = Mode::kReadWrite;
  bool may_repeat = false;
  bool is_unique = false;  // its text occurs once: it is seen when it is sent
  bool was_sent = false;
  TimePoint made_at{};
  TimePoint deadline = kNever;
  Answer answer;
};

struct Open {
  std::unique_ptr<TransactionCore> core;
  std::string label;
  TimePoint deadline = kNever;
  Answer begun;
  Answer wrote;
  Answer ended;
  bool commits = true;
  bool is_asked = false;
  bool is_ending = false;
};

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : random_(seed) {}
  ~Simulation() {
    is_quiet_ = true;
    close();
  }

  Report run() {
    build();
    for (int step = 0; step < kSteps && is_fine(); ++step) {
      if (random_.below(3) == 0) fault();
      if (random_.below(2) == 0) mend();
      for (std::uint64_t n = random_.below(4); n > 0; --n) work();
      advance(milliseconds(random_.below(200)));
    }
    if (is_fine()) recover();
    if (is_fine()) check();
    close();
    if (is_fine()) {
      for (const FakeServer* server : servers_) {
        if (server->sessions() != 0)
          violate(std::to_string(server->sessions()) + " sessions are left on " + server->name());
      }
    }
    return std::move(report_);
  }

 private:
  // ---- The cluster, and the pool on it.

  void build() {
    leader_ = &net_.primary("a");
    servers_ = {leader_, &net_.standby("b"), &net_.standby("c")};
    is_synchronous_ = random_.below(2) == 0;
    const bool is_old = random_.below(8) == 0;
    std::vector<HostAddress> hosts;
    for (FakeServer* server : servers_) {
      server->latency = kLatencies[random_.below(kLatencies.size())];
      server->is_synchronous = is_synchronous_;
      server->loses_close = broken == Rule::kClose;
      if (is_old) server->version = 130012;
      server->watch = [this, server](FakeServer::Moment, const FakeStatement& statement) {
        at_moment(*server, statement);
      };
      hosts.push_back(server->host());
    }
    net_.on_sent = [this](const FakeServer& server, const std::string& sql) { on_sent(server, sql); };

    cluster_ = std::make_unique<Cluster>(loop_, net_, make_topology(hosts), 1);
    PoolConfig config;
    config.hosts = hosts;
    config.conninfo = {{"user", "app"}};
    config.restricted_options = "-c default_transaction_read_only=on";
    config.name_prefix = "p_";
    config.seed = random_.next();
    config.options.mode = Mode::kReadWrite;
    config.options.connect_timeout = milliseconds(2000);
    config.options.pool_size = static_cast<std::int32_t>(1 + random_.below(6));
    config.options.min_idle = static_cast<std::int32_t>(random_.below(3));
    config.options.acquire_timeout = kAcquire;
    config.options.cancel_timeout = kCancel;
    pool_size_ = static_cast<std::size_t>(config.options.pool_size);
    gauges_ = std::make_shared<PoolGauges>();
    pool_ = std::make_unique<PoolCore>(loop_, net_, *cluster_, std::move(config), gauges_);
    pool_->listen(Callback<ClusterEvent>([this](const ClusterEvent& event) {
      if (const auto* changed = std::get_if<PrimaryChangedEvent>(&event)) {
        if (changed->host && changed->timeline.value_or(0) > followed_) {
          followed_ = *changed->timeline;
          ++report_.failovers;
        }
      }
    }));
    pool_->start();
    advance(milliseconds(500));
    followed_ = 1;
    report_.failovers = 0;
  }

  void close() {
    for (auto& one : transactions_) one->core.reset();
    if (pool_) pool_->close_now();
    loop_.settle();
    pool_.reset();
    cluster_.reset();
    for (FakeServer* server : servers_) {
      server->thaw();
      server->heal();
    }
    loop_.advance(milliseconds(100));
  }

  /// Lets time pass. A broken rule loses a timer now and then.
  void advance(Duration by) {
    const TimePoint target = loop_.now() + by;
    while (is_fine()) {
      if (broken == Rule::kTimers && loop_.timers().next() <= target && random_.below(20) == 0) lose_timer();
      if (!loop_.step(target)) return;
    }
  }
  void lose_timer() {
    // As if the process had slept over it: all that is due fires late.
    loop_.in(milliseconds(4000), [] {});
    const TimePoint until = loop_.now() + milliseconds(4000);
    loop_.sleep(until);
  }

  // ---- Faults.

  FakeServer& any() { return *servers_[random_.below(servers_.size())]; }
  bool is_foreign(const FakeServer& server) const { return server.system_identifier == kForeign; }

  /// A node that its cluster would promote: in reach, and in a synchronous cluster with all that was
  /// confirmed.
  bool may_lead(const FakeServer& next) const {
    if (&next == leader_ || !next.is_running() || next.is_frozen() || next.is_cut() || !next.in_recovery)
      return false;
    if (!is_synchronous_ || broken == Rule::kPromotion) return true;
    const std::unordered_set<std::string_view> held(next.stored.begin(), next.stored.end());
    return std::all_of(net_.replicated.begin(), net_.replicated.end(),
                       [&](const std::string& label) { return held.contains(label); });
  }
  /// The cluster's own software: a new leader on a higher timeline, whom the others follow.
  bool fail_over() {
    std::vector<FakeServer*> able;
    for (FakeServer* server : servers_) {
      if (may_lead(*server)) able.push_back(server);
    }
    if (able.empty()) return false;
    FakeServer& next = *able[random_.below(able.size())];
    leader_->standbys.clear();
    for (const FakeServer* server : servers_) {
      if (!is_foreign(*server)) next.timeline = std::max(next.timeline, server->timeline);
    }
    next.promote();
    next.is_lagging = false;
    leader_ = &next;
    for (FakeServer* other : servers_) {
      if (other != leader_ && other->in_recovery && other->is_running() && !other->is_frozen())
        other->attach(*leader_);
    }
    ++report_.promotions;
    note("failover to", next.name());
    return true;
  }

  void fault() {
    FakeServer& one = random_.below(2) == 0 ? *leader_ : any();
    switch (random_.below(12)) {
      case 0:
        note("kill", one.name());
        one.kill();
        break;
      case 1:
        note("freeze", one.name());
        one.freeze();
        break;
      case 2:
        note("end sessions of", one.name());
        one.end_sessions(random_.below(2) == 0 ? "57P01" : "57P02");
        break;
      case 3:
        note("fence", leader_->name());
        leader_->fence();
        break;
      case 4:
        note("cut", one.name());
        one.cut();
        break;
      case 5:
        note("block", one.name());
        one.block();
        break;
      case 6:
        lag(any());
        break;
      case 7:
        lie(any());
        break;
      case 8:
        one.latency = milliseconds(random_.below(40));
        break;
      default:
        // A switchover; without the fence the old leader goes on in its own timeline.
        if (random_.below(3) != 0) leader_->fence();
        fail_over();
        break;
    }
  }
  void lag(FakeServer& one) {
    if (&one == leader_) return;
    note("lag", one.name());
    one.is_lagging = true;
  }
  /// A node that is not what it seems: of another cluster, writable and of a high timeline; or a standby
  /// whose server no longer sees a cancel.
  void lie(FakeServer& one) {
    if (&one == leader_ || random_.below(3) == 0) {
      one.ignores_cancel = random_.below(2) == 0;
      one.loses_cancel = random_.below(2) == 0;
      return;
    }
    note("foreign", one.name());
    one.kill();
    one.system_identifier = kForeign;
    one.in_recovery = false;
    one.is_fenced = false;
    one.timeline = 50'000;
    std::erase(leader_->standbys, &one);
    one.start();
  }
  void mend() {
    if (!leader_->accepts_writes() || leader_->is_frozen() || leader_->is_cut()) {
      if (random_.below(2) == 0) fail_over();
    }
    FakeServer& one = any();
    repair(one);
    if (&one == leader_) {
      one.unfence();
    } else if (is_foreign(one)) {
      if (random_.below(2) == 0) restore(one);
    } else if (!one.in_recovery) {
      if (random_.below(2) == 0) one.follow(*leader_);
    } else if (!leader_->is_cut() && leader_->is_running()) {
      one.attach(*leader_);
    }
  }
  void repair(FakeServer& one) {
    note("mend", one.name());
    one.thaw();
    one.heal();
    one.unblock();
    one.ignores_cancel = false;
    one.loses_cancel = false;
    if (!one.is_running()) one.start();
  }
  void restore(FakeServer& one) {
    one.system_identifier = leader_->system_identifier;
    one.follow(*leader_);
  }
  /// Faults in the middle of a statement.
  void at_moment(FakeServer& server, const FakeStatement& statement) {
    const bool writes = statement.sql.starts_with("insert") || statement.sql.starts_with("select writing");
    if (writes && is_foreign(server)) violate(statement.label() + " runs on a node of another cluster");
    if (is_quiet_ || random_.below(60) != 0) return;
    switch (random_.below(4)) {
      case 0:
        server.kill();
        break;
      case 1:
        server.end_sessions();
        break;
      case 2:
        server.fence();
        break;
      default:
        server.freeze();
        break;
    }
  }

  /// And then it works again.
  void recover() {
    is_quiet_ = true;
    for (FakeServer* server : servers_) {
      repair(*server);
      server->latency = milliseconds(1);
    }
    for (FakeServer* server : servers_) {
      if (server != leader_) restore(*server);
    }
    leader_->unfence();
    advance(milliseconds(20000));
    Call& last = ask("insert into t values ('last')", {}, kNever, {}, Mode::kReadWrite, false,
                     "insert into t values ('last')");
    advance(milliseconds(5000));
    if (is_fine() && !last.answer.ok) violate("it does not work again: " + last.answer.message);
    for (auto& one : transactions_) one->core.reset();
    advance(milliseconds(5000));
    if (is_fine() && gauges_->waiting.read() != 0) violate("requests still wait");
    if (is_fine() && gauges_->in_use.read() != 0) violate("sessions are still in use");
    // Members, one warm session on each standby, and the monitor's own on each host.
    std::size_t open = 0;
    for (const FakeServer* server : servers_) open += server->sessions();
    const std::size_t most = pool_size_ + (servers_.size() - 1) + servers_.size();
    if (is_fine() && open > most)
      violate(std::to_string(open) + " sessions are open, at most " + std::to_string(most) + " have a use");
  }

  // ---- The application.

  void work() {
    const std::string id = std::to_string(++last_id_);
    TimePoint deadline = kNever;
    if (random_.below(3) == 0) deadline = loop_.now() + milliseconds(1 + random_.below(2000));
    CancelToken token;
    if (random_.below(6) == 0) {
      token = CancelToken::make();
      loop_.in(milliseconds(random_.below(500)), [token] { token.cancel(); });
    }
    switch (random_.below(10)) {
      case 0:
        for (int n = random_.below(4) == 0 ? 8 : 1; n > 0; --n) ask("select now()", {}, deadline, token);
        break;
      case 1:
        ask("select 1", {}, deadline, token, random_.below(2) == 0 ? Mode::kReadOnly : Mode::kPreferStandby);
        break;
      case 2:
        ask("select writing($1)", {Value(id)}, deadline, token, Mode::kReadWrite, false,
            "select writing($1) [" + id + "]");
        break;
      case 3:
        ask("select pg_sleep(0.3)", {}, deadline, token);
        break;
      case 4:
        begin(id, deadline, token);
        break;
      case 5:
        // Its caller lets it run twice.
        ask("insert into t values ($1) -- again", {Value(id)}, deadline, token, Mode::kReadWrite, true,
            "insert into t values ($1) -- again [" + id + "]");
        break;
      case 6:
      case 7: {
        // A text that occurs once shows when it is sent.
        const std::string sql = "insert into t values ('" + id + "')";
        ask(sql, {}, deadline, token, Mode::kReadWrite, false, sql);
        break;
      }
      default:
        ask("insert into t values ($1)", {Value(id)}, deadline, token, Mode::kReadWrite, false,
            "insert into t values ($1) [" + id + "]");
        break;
    }
  }
  Call& ask(const std::string& sql, std::vector<Value> params, TimePoint deadline, const CancelToken& token,
            Mode mode = Mode::kReadWrite, bool may_repeat = false, std::string label = {}) {
    calls_.push_back(std::make_unique<Call>());
    Call& call = *calls_.back();
    call.is_unique = label == sql;
    call.label = std::move(label);
    call.number = calls_.size();
    call.mode = mode;
    call.may_repeat = may_repeat;
    call.made_at = loop_.now();
    call.deadline = deadline;
    PoolCore::Statement statement;
    statement.mode = mode;
    statement.is_idempotent = may_repeat || mode == Mode::kReadOnly || mode == Mode::kPreferStandby;
    statement.request = std::make_unique<Request>();
    statement.request->sql = sql;
    statement.request->params = std::move(params);
    statement.request->deadline = deadline;
    statement.request->token = token;
    statement.done = completion_from<ResultSet, Error>([this, &call](Expected<ResultSet> result) {
      settle(call.answer, result, call.label);
      on_settled(call);
    });
    if (call.is_unique) unique_[sql] = &call;
    if (broken == Rule::kOrder) {
      if (held_) {
        pool_->submit(std::move(statement));
        pool_->submit(*std::exchange(held_, std::nullopt));
      } else {
        held_ = std::move(statement);
        loop_.in(milliseconds(50), [this] {
          if (held_ && pool_) pool_->submit(*std::exchange(held_, std::nullopt));
        });
      }
      return call;
    }
    pool_->submit(std::move(statement));
    return call;
  }
  void begin(const std::string& id, TimePoint deadline, const CancelToken& token) {
    transactions_.push_back(std::make_unique<Open>());
    Open& one = *transactions_.back();
    one.label = "insert into tx values ($1) [" + id + "]";
    one.commits = random_.below(4) != 0;
    one.deadline = deadline;
    TransactionOptions with;
    with.signal = token;
    with.defers_begin = random_.below(2) == 0;
    one.core = std::make_unique<TransactionCore>(*pool_, std::move(with), deadline,
                                                 std::make_shared<TransactionView>());
    one.core->begin(into<Unit>(one.begun, one));
    drive(one, id);
  }
  /// The next step of a transaction as soon as the last is answered.
  void drive(Open& one, const std::string& id) {
    loop_.in(milliseconds(random_.below(40)), [this, &one, id] {
      if (!one.core || one.ended.times != 0 || one.begun.failed()) return;
      if (!one.is_asked && one.begun.ok) {
        one.is_asked = true;
        auto request = std::make_unique<Request>();
        request->sql = "insert into tx values ($1)";
        request->params = {Value(id)};
        one.core->query(std::move(request), into<ResultSet>(one.wrote, one));
      } else if (one.wrote.times != 0 && !one.is_ending) {
        one.is_ending = true;
        if (one.commits && one.wrote.ok) {
          one.core->commit(into<Unit>(one.ended, one));
        } else {
          one.core->rollback(into<Unit>(one.ended, one));
        }
      }
      drive(one, id);
    });
  }
  template <class T>
  Completion<T> into(Answer& answer, const Open& one) {
    // What is asked after the deadline has no other one.
    const TimePoint due = std::max(one.deadline, loop_.now());
    return completion_from<T, Error>([this, &answer, &one, due](Expected<T> result) {
      settle(answer, result, one.label);
      in_time(one.label, due);
    });
  }
  template <class T>
  void settle(Answer& answer, Expected<T>& result, const std::string& label) {
    ++answer.times;
    answer.ok = result.ok();
    answer.at = loop_.now();
    if (!answer.ok) {
      const Error& error = result.error();
      answer.kind = error.kind;
      answer.outcome = error.outcome;
      answer.retryable = error.retryable;
      answer.message = error.code + " " + error.message;
    }
    note(answer.ok ? "answered" : "failed", answer.ok ? label : label + ": " + answer.message);
  }

  // ---- What must hold, at once.

  void on_settled(Call& call) {
    const TimePoint now = loop_.now();
    if (call.answer.times > 1) violate(call.label + " settled twice");
    in_time(call.label, call.deadline);
    if (call.is_unique && !call.was_sent && now > call.made_at + kAcquire) {
      violate(call.label + " waited for a session longer than it may: " +
              std::to_string(ms_between(call.made_at, now)) + " ms");
    }
  }
  void in_time(const std::string& label, TimePoint deadline) {
    if (deadline == kNever || loop_.now() <= deadline + kCancel) return;
    violate(label + " settled " + std::to_string(ms_between(deadline, loop_.now())) +
            " ms after its deadline");
  }
  void on_sent(const FakeServer& server, const std::string& sql) {
    const auto found = unique_.find(sql);
    if (found == unique_.end()) return;
    Call& call = *found->second;
    note("sent to " + server.name(), call.label);
    const Host* host = cluster_->topology().find(server.host());
    for (const Host& other : cluster_->topology().hosts) {
      newest_ = std::max(newest_, other.facts && other.facts->system_identifier != kForeign &&
                                          !other.facts->in_recovery && other.facts->read_only == false
                                      ? other.facts->timeline
                                      : 0);
    }
    if (host != nullptr && host->facts && host->facts->timeline < newest_) {
      violate(call.label + " was sent to timeline " + std::to_string(host->facts->timeline) + " after " +
              std::to_string(newest_) + " was seen");
    }
    if (call.was_sent) return;  // again
    call.was_sent = true;
    if (call.number < last_sent_) violate(call.label + " was overtaken in the queue");
    last_sent_ = std::max(last_sent_, call.number);
  }

  // ---- What must hold, in the end.

  void compare(const std::string& label, const Answer& answer, bool may_repeat = false) {
    const int commits = net_.commits(label);
    if (answer.times != 1) return violate(label + " settled " + std::to_string(answer.times) + " times");
    ++report_.settled;
    report_.stored += static_cast<std::uint64_t>(commits);
    if (commits > 1 && !may_repeat) return violate(label + " was stored twice");
    if (answer.ok) {
      if (commits == 0) return violate(label + " was acknowledged and is not stored");
      if (is_synchronous_ && !held_in_the_end_.contains(label))
        return violate(label + " was acknowledged and is lost");
      return;
    }
    report_.in_doubt += answer.kind == ErrorKind::kInDoubt ? 1 : 0;
    if (answer.kind == ErrorKind::kInternal || answer.kind == ErrorKind::kParameter)
      return violate(label + ": " + answer.message);
    const bool is_known = answer.outcome != Outcome::kUnknown && answer.outcome != Outcome::kCommittedLocally;
    if (is_known && commits != 0 && !may_repeat) return violate(label + " is stored, but: " + answer.message);
    if (answer.retryable && commits != 0 && !may_repeat)
      return violate(label + " may be run again, and is stored");
  }
  void check() {
    held_in_the_end_.insert(leader_->stored.begin(), leader_->stored.end());
    for (const auto& call : calls_) {
      if (!is_fine()) return;
      if (!call->label.empty()) {
        compare(call->label, call->answer, call->may_repeat);
        continue;
      }
      ++report_.settled;
      if (call->answer.times != 1)
        return violate("a read settled " + std::to_string(call->answer.times) + " times");
      if (call->answer.ok) continue;
      if (call->answer.kind == ErrorKind::kInternal) return violate("a read: " + call->answer.message);
      if (call->answer.kind == ErrorKind::kInDoubt) return violate("a read is in doubt");
    }
    for (const auto& one : transactions_) {
      if (!is_fine()) return;
      if (one->begun.times != 1) return violate("the begin of " + one->label + " did not settle once");
      if (one->is_asked && one->wrote.times != 1) return violate(one->label + " did not settle once");
      if (one->is_ending && one->commits && one->wrote.ok) {
        compare(one->label, one->ended);
      } else if (net_.commits(one->label) != 0) {
        return violate(one->label + " was not committed, and is stored");
      }
    }
  }

  bool is_fine() const { return report_.violation.empty(); }
  void violate(std::string what) {
    note("VIOLATION", what);
    if (is_fine()) report_.violation = "at " + std::to_string(loop_.elapsed_ms()) + " ms: " + what;
  }
  /// What happened goes into the digest; with HDB_SIM_TRACE it is shown.
  void note(std::string_view what, std::string_view of) {
    const auto mix = [this](std::string_view text) {
      for (const char c : text)
        report_.digest = (report_.digest ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    };
    report_.digest = (report_.digest ^ static_cast<std::uint64_t>(loop_.elapsed_ms())) * 0x100000001b3u;
    mix(what);
    mix(of);
    if (is_traced_)
      std::fprintf(stderr, "%8lld ms  %.*s %.*s\n", static_cast<long long>(loop_.elapsed_ms()),
                   static_cast<int>(what.size()), what.data(), static_cast<int>(of.size()), of.data());
  }

  Random random_;
  FakeLoop loop_;
  FakeNetwork net_{loop_};
  std::vector<FakeServer*> servers_;
  FakeServer* leader_ = nullptr;
  bool is_synchronous_ = false;
  bool is_quiet_ = false;
  std::size_t pool_size_ = 0;
  std::shared_ptr<PoolGauges> gauges_;
  std::unique_ptr<Cluster> cluster_;
  std::unique_ptr<PoolCore> pool_;
  int last_id_ = 0;
  std::vector<std::unique_ptr<Call>> calls_;
  std::vector<std::unique_ptr<Open>> transactions_;
  std::unordered_map<std::string, Call*> unique_;
  std::optional<PoolCore::Statement> held_;  // where the rule of order is broken
  std::unordered_set<std::string> held_in_the_end_;
  std::uint64_t last_sent_ = 0;
  std::uint32_t newest_ = 0;    // timeline that the client has seen
  std::uint32_t followed_ = 0;  // timeline of the last primary that it told of
  Report report_;
  bool is_traced_ = std::getenv("HDB_SIM_TRACE") != nullptr;
};

}  // namespace

Report run(std::uint64_t seed) { return Simulation(seed).run(); }

}  // namespace hdb::sim
