// Random faults against random work, the same for the same seed. Whatever happens, what the client says is
// what the servers show: HDB_SEEDS names how many seeds are run, HDB_SEED one of them.
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "pool/transaction_core.hpp"
#include "test/unit/support/pool_fixture.hpp"

namespace hdb {
namespace {

using test::Box;
using test::FakeServer;
using test::FakeStatement;

class Simulation : public test::PoolFixture {
 public:
  ~Simulation() override {
    is_quiet = true;
    for (auto& open_one : transactions) open_one.core.reset();
    close();
    loop.advance(milliseconds(1000));
  }
  void run_seed(std::uint64_t seed) {
    random = Random(seed);
    options.pool_size = static_cast<std::int32_t>(1 + random.below(6));
    options.min_idle = static_cast<std::int32_t>(random.below(3));
    options.acquire_timeout = milliseconds(3000);
    FakeServer& first = primary("a");
    standby("b");
    standby("c");
    leader = &first;
    for (FakeServer* server : servers) {
      server->latency = milliseconds(random.below(3));
      server->watch = [this, server](FakeServer::Moment, const FakeStatement&) { at_moment(*server); };
    }
    open();
    for (int step = 0; step < 200; ++step) {
      if (random.below(6) == 0) fault();
      if (random.below(4) == 0) mend();
      for (std::uint64_t n = random.below(6); n > 0; --n) work();
      loop.advance(milliseconds(random.below(250)));
    }
    // And then it works again.
    is_quiet = true;
    for (FakeServer* server : servers) {
      server->thaw();
      server->heal();
      server->unblock();
      if (!server->is_running()) server->start();
    }
    settle_cluster();
    loop.advance(milliseconds(20000));
    const auto last = query("insert into t values ('last')");
    loop.advance(milliseconds(5000));
    EXPECT_TRUE(last.is_ok()) << last.error().message;
    for (auto& open_one : transactions) open_one.core.reset();
    loop.advance(milliseconds(5000));
    check();
    EXPECT_EQ(gauges->waiting.read(), 0);
    EXPECT_EQ(gauges->in_use.read(), 0);
  }
  std::size_t settled = 0;
  std::size_t stored_writes = 0;
  std::size_t in_doubt = 0;

 private:
  struct Write {
    std::string label;
    Box<ResultSet> box;
  };
  struct Open {
    std::unique_ptr<TransactionCore> core;
    std::string label;
    Box<Unit> begun;
    Box<ResultSet> wrote;
    Box<Unit> ended;
    bool commits = true;
    bool is_asked = false;
    bool is_ending = false;
  };

  FakeServer& any() { return *servers[random.below(servers.size())]; }

  /// The cluster's own software: a new leader of a higher timeline, the others follow.
  void fail_over() {
    FakeServer& next = any();
    if (&next == leader || !next.is_running() || next.is_frozen() || !next.in_recovery) return;
    leader->standbys.clear();
    const std::uint32_t newest = leader->timeline;
    next.timeline = std::max(next.timeline, newest);
    next.promote();
    leader = &next;
    for (FakeServer* other : servers) {
      if (other != leader && other->in_recovery && other->is_running()) leader->standbys.push_back(other);
    }
  }
  void settle_cluster() {
    for (FakeServer* server : servers) {
      if (server != leader) server->follow(*leader);
    }
    leader->unfence();
  }
  void fault() {
    FakeServer& one = random.below(2) == 0 ? *leader : any();
    switch (random.below(8)) {
      case 0:
        one.kill();
        break;
      case 1:
        one.freeze();
        break;
      case 2:
        one.end_sessions(random.below(2) == 0 ? "57P01" : "57P02");
        break;
      case 3:
        leader->fence();
        break;
      case 4:
        one.cut();
        break;
      case 5:
        one.block();
        break;
      default:
        // A switchover; without the fence, the old leader goes on in its own timeline.
        if (random.below(3) != 0) leader->fence();
        fail_over();
        break;
    }
  }
  void mend() {
    if (!leader->accepts_writes() && random.below(2) == 0) fail_over();
    FakeServer& one = any();
    one.thaw();
    one.heal();
    one.unblock();
    if (!one.is_running()) one.start();
    if (&one == leader) {
      one.unfence();
    } else if (!one.in_recovery && random.below(2) == 0) {
      one.follow(*leader);
    }
  }
  /// Faults in the middle of a statement.
  void at_moment(FakeServer& server) {
    if (is_quiet || random.below(60) != 0) return;
    switch (random.below(4)) {
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

  void work() {
    const std::string id = std::to_string(++last_id);
    Call call;
    if (random.below(3) == 0) call.timeout = milliseconds(1 + random.below(2000));
    const CancelToken token = CancelToken::make();
    if (random.below(6) == 0) {
      call.token = token;
      loop.in(milliseconds(random.below(500)), [token] { token.cancel(); });
    }
    switch (random.below(8)) {
      case 0:
        reads.push_back(query("select now()", call));
        break;
      case 1:
        call.mode = random.below(2) == 0 ? Mode::kReadOnly : Mode::kPreferStandby;
        reads.push_back(query("select 1", call));
        break;
      case 2:
        writes.push_back({"select writing($1) [" + id + "]", query("select writing($1)", {Value(id)}, call)});
        break;
      case 3:
        reads.push_back(query("select pg_sleep(0.3)", call));
        break;
      case 4:
        begin(id, call);
        break;
      default:
        writes.push_back({"insert into t values ($1) [" + id + "]",
                          query("insert into t values ($1)", {Value(id)}, call)});
        break;
    }
  }
  void begin(const std::string& id, const Call& call) {
    transactions.emplace_back();
    Open& open_one = transactions.back();
    open_one.label = "insert into tx values ($1) [" + id + "]";
    open_one.commits = random.below(4) != 0;
    TransactionOptions with;
    with.signal = call.token;
    const TimePoint deadline = call.timeout.count() > 0 ? loop.now() + call.timeout : kNever;
    open_one.core = std::make_unique<TransactionCore>(*pool, std::move(with), deadline,
                                                      std::make_shared<TransactionView>());
    open_one.core->begin(open_one.begun.completion());
    drive(transactions.size() - 1, id);
  }
  /// The application: next step of each transaction as soon as the last is answered.
  void drive(std::size_t index, const std::string& id) {
    loop.in(milliseconds(random.below(40)), [this, index, id] {
      Open& open_one = transactions[index];
      if (!open_one.core || open_one.ended.is_settled() || open_one.begun.is_error()) return;
      if (!open_one.is_asked && open_one.begun.is_ok()) {
        open_one.is_asked = true;
        auto request = std::make_unique<Request>();
        request->sql = "insert into tx values ($1)";
        request->params = {Value(id)};
        open_one.core->query(std::move(request), open_one.wrote.completion());
      } else if (open_one.wrote.is_settled() && !open_one.is_ending) {
        open_one.is_ending = true;
        if (open_one.commits && open_one.wrote.is_ok()) {
          open_one.core->commit(open_one.ended.completion());
        } else {
          open_one.core->rollback(open_one.ended.completion());
        }
      }
      drive(index, id);
    });
  }

  template <class T>
  void compare(const std::string& label, const Box<T>& box) {
    const int commits = net.commits(label);
    ASSERT_EQ(box.times(), 1u) << label;
    ++settled;
    ASSERT_LE(commits, 1) << label << " was stored twice";
    stored_writes += static_cast<std::size_t>(commits);
    if (box.is_ok()) {
      ASSERT_EQ(commits, 1) << label << " was acknowledged and is not stored";
      return;
    }
    const Error& error = box.error();
    in_doubt += error.kind == ErrorKind::kInDoubt ? 1 : 0;
    ASSERT_NE(error.kind, ErrorKind::kInternal) << error.message;
    ASSERT_NE(error.kind, ErrorKind::kParameter) << error.message;
    if (error.outcome != Outcome::kUnknown) {
      ASSERT_EQ(commits, 0) << label << " is stored, but: " << error.message;
    }
    if (error.retryable) {
      ASSERT_EQ(commits, 0) << label << " may be run again, and is stored";
    }
  }
  void check() {
    for (const Write& write : writes) {
      compare(write.label, write.box);
      if (HasFatalFailure()) return;
    }
    for (const auto& box : reads) {
      ASSERT_EQ(box.times(), 1u);
      ASSERT_NE(box.error().kind == ErrorKind::kInternal && box.is_error(), true) << box.error().message;
      ASSERT_FALSE(box.is_error() && box.error().kind == ErrorKind::kInDoubt);
    }
    for (const Open& open_one : transactions) {
      ASSERT_EQ(open_one.begun.times(), 1u);
      if (open_one.is_asked) {
        ASSERT_EQ(open_one.wrote.times(), 1u) << open_one.label;
      }
      if (!open_one.is_ending) {
        ASSERT_EQ(net.commits(open_one.label), 0);
      } else if (open_one.commits && open_one.wrote.is_ok()) {
        compare(open_one.label, open_one.ended);
        if (HasFatalFailure()) return;
      } else {
        ASSERT_EQ(net.commits(open_one.label), 0) << open_one.label << " was rolled back";
      }
    }
  }
  void TestBody() override {}

  Random random{1};
  FakeServer* leader = nullptr;
  bool is_quiet = false;
  int last_id = 0;
  std::vector<Write> writes;
  std::vector<Box<ResultSet>> reads;
  std::vector<Open> transactions;
};

TEST(SimulationTest, WhatTheClientSaysIsWhatTheServersShow) {
  const char* one = std::getenv("HDB_SEED");
  const char* many = std::getenv("HDB_SEEDS");
  const std::uint64_t first = one != nullptr ? std::strtoull(one, nullptr, 10) : 1;
  const std::uint64_t count = one != nullptr ? 1 : many != nullptr ? std::strtoull(many, nullptr, 10) : 30;
  std::size_t settled = 0;
  std::size_t stored = 0;
  std::size_t in_doubt = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    SCOPED_TRACE("HDB_SEED=" + std::to_string(seed));
    Simulation simulation;
    simulation.run_seed(seed);
    settled += simulation.settled;
    stored += simulation.stored_writes;
    in_doubt += simulation.in_doubt;
    if (::testing::Test::HasFailure()) return;
  }
  // The work is real: most writes are stored, and some are in doubt.
  EXPECT_GT(stored, settled / 4);
  if (one == nullptr) {
    EXPECT_GT(in_doubt, 0u);
  }
}

}  // namespace
}  // namespace hdb
