// Requests of several modes in one pool: they share `poolSize`, and none holds up another's.
#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "test/unit/support/pool_fixture.hpp"

namespace hdb {
namespace {

using test::Box;
using test::FakeServer;
using test::FakeStatement;

constexpr const char* kInsert = "insert into t values (1)";

class ModesTest : public test::PoolFixture {
 protected:
  const Call kRead{.mode = Mode::kReadOnly};
  const Call kAny{.mode = Mode::kAny};
};

// -------------------------------------------------------------------- what waits holds up nobody else

TEST_F(ModesTest, AWriteIsServedAtOnceWhileReadsWaitForAStandby) {
  primary("a");
  options.pool_size = 1;
  options.min_idle = 1;
  open_calm();
  const auto read = query("select 1", kRead);
  loop.settle();
  EXPECT_EQ(told(read), "waits");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(told(run(kInsert)), "ok a");
  EXPECT_EQ(told(read), "waits");
}

TEST_F(ModesTest, AReadIsServedAtOnceWhileWritesWaitForAPrimary) {
  FakeServer& a = primary("a");
  standby("b");
  options.pool_size = 1;
  open_calm();
  EXPECT_EQ(told(run("select 1", kRead)), "ok b");
  a.kill();
  loop.advance(milliseconds(500));
  const auto write = query(kInsert);
  loop.settle();
  EXPECT_EQ(told(write), "waits");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(told(run("select 1", kRead)), "ok b");
  EXPECT_EQ(told(write), "waits");
}

TEST_F(ModesTest, WhoWaitsForTheSameSessionIsNotOvertaken) {
  FakeServer& a = primary("a");
  options.pool_size = 1;
  open_calm();
  for (int i = 0; i < 3; ++i) run("select 1");
  a.hold("select 1");
  const auto busy = query("select 1");
  loop.settle();
  const auto any = query("select pg_sleep(0)", kAny);  // wants a session of its own
  const auto write = query("select 1");
  loop.settle();
  EXPECT_EQ(gauges->waiting.read(), 2);
  a.release("select 1");
  loop.settle();
  EXPECT_EQ(told(busy), "ok a");
  EXPECT_EQ(told(any), "ok a");
  EXPECT_EQ(told(write), "ok a");
  EXPECT_EQ(a.log.back(), "select 1");
}

// ------------------------------------------------------------------------------------- room for others

TEST_F(ModesTest, AModeWithoutASessionGetsTheRoomOfAFreeOneAtOnce) {
  primary("a");
  standby("b");
  options.pool_size = 2;
  options.min_idle = 2;
  open_calm();
  EXPECT_EQ(gauges->available.read(), 2);
  EXPECT_EQ(told(run("select 1", kRead)), "ok b");
  EXPECT_EQ(told(run(kInsert)), "ok a");
  EXPECT_EQ(told(run("select 1", kRead)), "ok b");
  EXPECT_EQ(gauges->size.read(), 2);
}

TEST_F(ModesTest, TheIdleMinimumTakesNoRoomFromOthers) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  options.pool_size = 3;
  options.min_idle = 3;
  open_calm();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(told(run("select 1", kRead)), "ok b");
    EXPECT_EQ(told(run(kInsert)), "ok a");
    loop.advance(milliseconds(3000));
  }
  EXPECT_LE(a.dials.size(), 5u);  // with the monitor's
  EXPECT_LE(b.dials.size(), 3u);  // and the warm one
}

TEST_F(ModesTest, AModeWithoutASessionGetsOneThoughAllOthersAreAlwaysBusy) {
  for (const int size : {1, 4}) {
    servers.clear();
    FakeServer& a = primary("a" + std::to_string(size));
    FakeServer& b = standby("b" + std::to_string(size));
    options.pool_size = size;
    a.latency = milliseconds(1);
    open_calm();
    std::vector<Box<ResultSet>> writes(static_cast<std::size_t>(6 * size));
    for (auto& write : writes) write = query("select pg_sleep(0.01)");
    const auto keep_busy = [&](int steps) {
      for (int i = 0; i < steps; ++i) {
        for (auto& write : writes) {
          if (write.is_settled()) write = query("select pg_sleep(0.01)");
        }
        loop.advance(milliseconds(1));
      }
    };
    keep_busy(300);
    const auto read = query("select 1", kRead);
    keep_busy(700);
    EXPECT_EQ(told(read), "ok " + b.name());
    close();
  }
}

/// Clients that ask again as soon as they have their answer.
class LoadTest : public ModesTest {
 protected:
  void load(int writers, int readers) {
    for (int i = 0; i < writers; ++i) clients.push_back({kInsert, Call{}, {}});
    for (int i = 0; i < readers; ++i) clients.push_back({"select 1", kRead, {}});
  }
  void work(milliseconds time) {
    for (milliseconds::rep i = 0; i < time.count(); ++i) {
      for (Client& client : clients) {
        if (client.box.times() > 0) {
          if (!client.box.is_ok()) ++failed;
          ++answered[client.call.mode == Mode::kReadOnly ? 1 : 0];
        } else if (client.is_asking) {
          continue;
        }
        client.is_asking = true;
        client.box = query(client.sql, client.call);
      }
      loop.advance(milliseconds(1));
    }
  }
  std::size_t logins() const {
    std::size_t all = 0;
    for (const FakeServer* server : servers) all += server->dials.size();
    return all;
  }

  struct Client {
    std::string sql;
    Call call;
    Box<ResultSet> box;
    bool is_asking = false;
  };
  std::vector<Client> clients;
  std::array<int, 2> answered{};
  int failed = 0;
};

TEST_F(LoadTest, WritersAndReadersOfOnePoolSettle) {
  for (const int size : {2, 5, 10, 20, 40}) {
    servers.clear();
    clients.clear();
    failed = 0;
    const std::string suffix = std::to_string(size);
    FakeServer& a = primary("a" + suffix);
    FakeServer& b = standby("b" + suffix);
    FakeServer& c = standby("c" + suffix);
    a.latency = milliseconds(2);
    b.latency = c.latency = milliseconds(1);
    options.pool_size = size;
    open();
    load(10, 10);
    work(milliseconds(2000));
    const std::size_t before = logins();
    answered = {};
    work(milliseconds(1000));
    EXPECT_EQ(logins() - before, 0u) << "poolSize " << size;
    EXPECT_EQ(failed, 0);
    // A write takes 4 ms here, and is answered by a session of its own.
    const int shares = std::min(size, 20) / 2;
    EXPECT_GE(answered[0], 246 * shares) << "poolSize " << size;
    EXPECT_GE(answered[1], 246 * shares) << "poolSize " << size;
    close();
  }
}

// --------------------------------------------------------------------------------- what was dialled for

TEST_F(ModesTest, AFullPoolDialsNoSessionsThatItHasNoRoomFor) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  options.pool_size = 1;
  open();
  a.hold(kInsert);
  const auto write = query(kInsert);
  loop.advance(milliseconds(50));
  const auto any = query("select 1", kAny);
  loop.advance(milliseconds(8000));
  EXPECT_LE(b.dials.size(), 3u);  // the race, the monitor's and a warm one
  EXPECT_LE(a.dials.size(), 2u);
  a.release(kInsert);
  loop.settle();
  EXPECT_EQ(told(write), "ok a");
  EXPECT_EQ(told(any), "ok a");
}

TEST_F(ModesTest, ASessionThatWasDialledForOthersIsKeptWhenTheyNeedItNoMore) {
  primary("a");
  FakeServer& b = standby("b");
  open_calm();
  b.latency = milliseconds(10);
  for (int i = 0; i < 5; ++i) {
    std::vector<Box<ResultSet>> reads;
    for (int k = 0; k < 4; ++k) reads.push_back(query("select 1", kRead));
    loop.advance(milliseconds(500));
    for (const auto& read : reads) EXPECT_EQ(told(read), "ok b");
  }
  EXPECT_LE(b.dials.size(), 2u + 4u);
}

TEST_F(ModesTest, RequestsOnlyWaitWhenEverySessionIsInUse) {
  FakeServer& a = primary("a");
  options.pool_size = 3;
  options.max_waiting = 0;
  open_calm();
  a.hold("select 1");
  std::vector<Box<ResultSet>> boxes;
  for (int i = 0; i < 3; ++i) boxes.push_back(query("select 1"));
  loop.advance(milliseconds(100));
  EXPECT_EQ(gauges->in_use.read(), 3);
  EXPECT_EQ(told(run("select 1")), "POOL_EXHAUSTED");
  a.release("select 1");
  loop.settle();
  for (const auto& box : boxes) EXPECT_EQ(told(box), "ok a");
}

TEST_F(ModesTest, AWriteWhoseFirstAnswerWasLostIsOpenThoughNobodyCameToAskAgain) {
  FakeServer& a = primary("a");
  options.acquire_timeout = milliseconds(2000);
  open_calm();
  run(kInsert);
  a.watch = [&](FakeServer::Moment moment, const FakeStatement& statement) {
    if (statement.sql == kInsert && moment == FakeServer::Moment::kCommitted) a.kill();
  };
  const auto write = query(kInsert, Call{.retry = true});
  const auto read = query("select 1", Call{.retry = true});
  loop.advance(milliseconds(3000));
  EXPECT_EQ(told(write), "NO_PRIMARY");
  EXPECT_EQ(write.error().outcome, Outcome::kUnknown);
  EXPECT_FALSE(write.error().retryable);
  EXPECT_EQ(read.error().outcome, Outcome::kNotSent);
  EXPECT_EQ(a.stored.size(), 2u);
}

TEST_F(ModesTest, WithoutAHostEveryRequestWaits) {
  FakeServer& a = primary("a");
  options.max_waiting = 2;
  open_calm();
  a.kill();
  loop.advance(milliseconds(500));
  query(kInsert);
  query(kInsert);
  EXPECT_EQ(told(run(kInsert)), "POOL_EXHAUSTED");
}

TEST_F(ModesTest, AStatementThatWasAcceptedIsNotRefusedWhenItIsSentAgain) {
  FakeServer& a = primary("a");
  options.pool_size = 1;
  options.max_waiting = 1;
  int conflicts = 1;
  a.answers = [&](const FakeStatement& statement) -> std::optional<test::FakeAnswer> {
    if (statement.sql != kInsert || conflicts-- <= 0) return std::nullopt;
    test::FakeAnswer answer;
    answer.error = test::report("40001", "could not serialize access");
    return answer;
  };
  open_calm();
  const auto again = run(kInsert, Call{.retry = true});
  EXPECT_EQ(told(again), "waits");
  a.hold("select 1");
  query("select 1");
  query("select 1");
  loop.advance(milliseconds(1000));
  EXPECT_EQ(told(again), "waits");
  a.release("select 1");
  loop.advance(milliseconds(1000));
  EXPECT_EQ(told(again), "ok a");
}

}  // namespace
}  // namespace hdb
