// What happens between two lines: sessions that go while they are free, and calls that end in calls to the
// pool.
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gtest/gtest.h"
#include "test/unit/support/pool_fixture.hpp"

namespace hdb {
namespace {

using test::Box;
using test::FakeServer;
using test::FakeStatement;

constexpr const char* kInsert = "insert into t values (1)";

class TurnsTest : public test::PoolFixture {
 protected:
  const Call kRead{.mode = Mode::kReadOnly};
  const Call kAny{.mode = Mode::kAny};

  void on_event(std::function<void(const ClusterEvent&)> then) {
    pool->listen(Callback<ClusterEvent>(std::move(then)));
  }
  template <class E>
  void on(std::function<void()> then) {
    on_event([then](const ClusterEvent& event) {
      if (std::holds_alternative<E>(event)) then();
    });
  }
  /// Something is learnt of a host, which every pool hears of at once.
  void learn(const FakeServer& server) {
    TopologyEvent event{};
    event.kind = TopologyEvent::Kind::kFailed;
    event.host = server.host();
    event.reason = "it was said so";
    cluster->learn(event);
  }
};

// ------------------------------------------------------------------------- sessions that are to be ended

TEST_F(TurnsTest, AFreeSessionThatIsToBeEndedIsGivenToNobody) {
  FakeServer& a = primary("a");
  options.pool_size = 3;
  options.min_idle = 3;
  open_calm();
  const auto read = query("select 1", kRead);
  loop.settle();
  a.announce_end();
  std::vector<Box<ResultSet>> writes;
  loop.in(milliseconds(0), [&] {
    for (int i = 0; i < 5; ++i) writes.push_back(query(kInsert));
  });
  loop.settle();
  loop.advance(milliseconds(3000));
  ASSERT_EQ(writes.size(), 5u);
  for (const auto& write : writes) EXPECT_EQ(told(write), "ok a");
  EXPECT_EQ(told(read), "waits");
  EXPECT_EQ(gauges->size.read(), 3);
}

TEST_F(TurnsTest, ASessionThatIsToBeEndedClosesAfterWhatItRuns) {
  FakeServer& a = primary("a");
  options.pool_size = 2;
  open_calm();
  a.hold("select 1");
  const auto running = query("select 1");
  loop.settle();
  a.announce_end();
  loop.settle();
  EXPECT_EQ(told(running), "waits");
  a.release("select 1");
  loop.settle();
  EXPECT_EQ(told(running), "ok a");
  EXPECT_EQ(gauges->size.read(), 0);
  EXPECT_EQ(told(run(kInsert)), "ok a");
}

TEST_F(TurnsTest, ASessionThatIsToBeEndedIsMissedAtOnce) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  options.min_idle = 1;
  open_calm();
  const auto before = b.log.size();
  a.announce_end();
  loop.advance(milliseconds(100));
  EXPECT_GT(b.log.size(), before);  // the others are asked: this may have been a shutdown
}

// ------------------------------------------------------------------------------------ sessions in reserve

/// With a function `onConnect`.
class PreparedTest : public TurnsTest {
 protected:
  void open_prepared() {
    options.asks_on_connect = true;
    open();
    pool->setup().ask(Callback<std::uint32_t, std::string>(
        [this](std::uint32_t number, const std::string& host) { greet(number, host); }));
    loop.advance(milliseconds(10000));
  }
  virtual void greet(std::uint32_t number, const std::string&) { pool->setup().end(number, std::nullopt); }
  /// A statement of `onConnect`, and its end.
  void prepare(std::uint32_t number, const std::string& sql) {
    pool->setup().query(
        number,
        test::query_of(sql, {}, completion_from<ResultSet, Error>([this, number](const Expected<ResultSet>&) {
                         pool->setup().end(number, std::nullopt);
                       })));
  }
};

class LeftOpenTest : public PreparedTest {
 protected:
  void greet(std::uint32_t number, const std::string& host) override {
    if (host.starts_with("b") && !std::exchange(was_left_open, true)) {
      prepare(number, "begin");
    } else {
      pool->setup().end(number, std::nullopt);
    }
  }
  bool was_left_open = false;
};

TEST_F(LeftOpenTest, AReserveThatIsBeingRolledBackServesWhenThatIsDone) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  b.hold("rollback");
  options.cancel_timeout = milliseconds(60000);
  open_prepared();
  EXPECT_EQ(told(run(kInsert)), "ok a");
  a.kill();
  loop.advance(milliseconds(300));
  b.promote();
  loop.advance(milliseconds(1000));
  EXPECT_EQ(told(run(kInsert)), "ok b");  // another session
  b.release("rollback");
  loop.settle();
  EXPECT_EQ(gauges->size.read(), gauges->available.read());
  EXPECT_EQ(told(run(kInsert)), "ok b");
}

class SlowGreetingTest : public PreparedTest {
 protected:
  void greet(std::uint32_t number, const std::string& host) override {
    if (host.starts_with("b")) {
      waiting.push_back(number);
    } else {
      pool->setup().end(number, std::nullopt);
    }
  }
  void let_go() {
    for (const std::uint32_t number : std::exchange(waiting, {})) pool->setup().end(number, std::nullopt);
    loop.settle();
  }
  std::vector<std::uint32_t> waiting;
};

TEST_F(SlowGreetingTest, AReserveThatWorksIsCounted) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  options.pool_size = 4;
  options.connect_timeout = milliseconds(60000);
  open_prepared();
  EXPECT_EQ(waiting.size(), 1u);  // the spare one
  a.hold("select 1");
  b.hold("select 1");
  const auto busy = query("select 1");
  loop.settle();
  const auto any = query("select 1", kAny);
  const auto other = query("select 1", kAny);
  const auto third = query("select 1", kAny);
  loop.settle();
  let_go();
  EXPECT_EQ(gauges->in_use.read(), 4);
  EXPECT_EQ(gauges->size.read(), 4);
  Box<Unit> ended;
  pool->end(milliseconds(5000), ended.completion());
  loop.settle();
  a.release("select 1");
  loop.settle();
  EXPECT_FALSE(ended.is_settled());
  b.release("select 1");
  loop.settle();
  for (const auto& box : {busy, any, other, third}) EXPECT_TRUE(box.is_ok()) << told(box);
  EXPECT_TRUE(ended.is_ok());
}

TEST_F(SlowGreetingTest, AReserveTakesNoWorkWhenThePoolIsFull) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  options.pool_size = 1;
  options.connect_timeout = milliseconds(60000);
  open_prepared();
  a.hold(kInsert);
  const auto write = query(kInsert);
  loop.settle();
  const auto any = query("select 1", kAny);
  let_go();
  EXPECT_EQ(told(any), "waits");
  EXPECT_EQ(gauges->in_use.read(), 1);
  a.release(kInsert);
  loop.settle();
  EXPECT_EQ(told(write), "ok a");
  EXPECT_EQ(told(any), "ok a");
  const auto dials = b.dials.size();
  loop.advance(milliseconds(5000));
  EXPECT_EQ(b.dials.size(), dials);  // it is still there
}

// ------------------------------------------------------------------------------- calls that end in calls

TEST_F(TurnsTest, WhoeverLosesAStatementMayCloseThePool) {
  FakeServer& a = primary("a");
  options.pool_size = 1;
  open_calm();
  for (int i = 0; i < 3; ++i) run(kInsert);
  a.hold(kInsert);
  int told_of = 0;
  for (int i = 0; i < 3; ++i) {
    query(kInsert, Call{}, [&] {
      ++told_of;
      pool->close_now();
    });
  }
  loop.settle();
  a.kill();
  loop.advance(milliseconds(1000));
  EXPECT_EQ(told_of, 3);
  EXPECT_EQ(gauges->is_closed.read(), 1);
  a.release(kInsert);
}

TEST_F(TurnsTest, WhoeverHearsThatAnIdleSessionGoesMayCloseThePool) {
  primary("a");
  options.idle_timeout = milliseconds(5000);
  open_calm();
  for (int i = 0; i < 3; ++i) query("select 1");
  on<SessionClosedEvent>([this] { pool->close_now(); });
  loop.advance(milliseconds(20000));
  ASSERT_EQ(gauges->is_closed.read(), 1);
  const auto looked_at = gauges->alive_at.read();
  loop.advance(milliseconds(20000));
  EXPECT_EQ(gauges->alive_at.read(), looked_at);  // nobody looks after it any more
}

TEST_F(TurnsTest, WhatIsLearntWhileSessionsAreClosedIsTaken) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  FakeServer& c = standby("c");
  options.pool_size = 3;
  options.min_idle = 3;
  open_calm();
  a.hold(kInsert);
  int told_of = 0;
  for (int i = 0; i < 3; ++i) {
    query(kInsert, Call{}, [&] {
      ++told_of;
      learn(c);
      learn(b);
      learn(c);
    });
  }
  loop.settle();
  a.freeze();
  loop.advance(milliseconds(2000));
  b.promote();
  loop.advance(milliseconds(3000));
  EXPECT_EQ(told_of, 3);
  EXPECT_EQ(told(run(kInsert)), "ok b");
  a.kill();
}

TEST_F(TurnsTest, WhatIsLearntWhileHostsAreDialledIsTaken) {
  std::vector<FakeServer*> others;
  for (const char* name : {"b", "c", "d"}) others.push_back(&standby(name));
  FakeServer& a = primary("a");
  open();
  on<SessionOpeningEvent>([&] {
    for (FakeServer* server : others) learn(*server);
  });
  const auto write = query(kInsert);
  loop.advance(milliseconds(3000));
  EXPECT_EQ(told(write), "ok " + a.name());
}

TEST_F(TurnsTest, WhatIsLearntWhileAReserveIsGivenUpIsTaken) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  standby("c");
  options.pool_size = 1;
  open_calm();
  EXPECT_TRUE(run("select 1", kRead).is_ok());  // takes the only place
  on<SessionClosedEvent>([&] { learn(b); });
  a.kill();
  loop.advance(milliseconds(300));
  b.promote();
  loop.advance(milliseconds(1000));
  const auto write = query(kInsert);
  loop.advance(milliseconds(3000));
  EXPECT_EQ(told(write), "ok b");
}

}  // namespace
}  // namespace hdb
