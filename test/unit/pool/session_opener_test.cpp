// When connections are opened, and to which host.
#include "pool/session_opener.hpp"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "test/unit/support/pool_fixture.hpp"

namespace hdb {
namespace {

using test::Box;
using test::cell;
using test::FakeServer;
using test::report;

class SessionOpenerTest : public test::PoolFixture {};

TEST_F(SessionOpenerTest, ConnectsToThePrimaryAndAnswers) {
  FakeServer& a = primary("a");
  open();
  const auto answer = run("select $1::text", std::vector<Value>{Value(std::string("hi"))});
  EXPECT_EQ(told(answer), "ok a");
  EXPECT_EQ(cell(answer.value()), "hi");
  EXPECT_EQ(a.sessions(), 1u);
}

TEST_F(SessionOpenerTest, OpensNothingBeforeItIsNeeded) {
  primary("a");
  open();
  loop.settle();
  EXPECT_EQ(net.made(), 0);
}

TEST_F(SessionOpenerTest, KeepsTheIdleMinimumOpen) {
  FakeServer& a = primary("a");
  options.min_idle = 3;
  open_calm();
  EXPECT_EQ(gauges->size.read(), 3);
  EXPECT_EQ(gauges->available.read(), 3);
  a.end_sessions();
  loop.advance(milliseconds(2000));
  EXPECT_EQ(gauges->available.read(), 3);
}

TEST_F(SessionOpenerTest, NeverHoldsMoreSessionsThanItsSize) {
  FakeServer& a = primary("a");
  options.pool_size = 3;
  open_calm();
  std::vector<Box<ResultSet>> boxes;
  a.hold("select 1");
  for (int i = 0; i < 20; ++i) boxes.push_back(query("select 1"));
  loop.advance(milliseconds(1000));
  EXPECT_EQ(gauges->size.read(), 3);
  EXPECT_EQ(gauges->in_use.read(), 3);
  EXPECT_EQ(gauges->waiting.read(), 17);
  EXPECT_LE(a.sessions(), 3u + 1u);  // and the monitor's
  a.release("select 1");
  loop.advance(milliseconds(1000));
  for (const auto& box : boxes) EXPECT_EQ(told(box), "ok a");
  EXPECT_EQ(gauges->size.read(), 3);
  EXPECT_EQ(gauges->waiting.read(), 0);
}

TEST_F(SessionOpenerTest, FindsThePrimaryAmongHostsThatItDoesNotKnow) {
  standby("a");
  standby("b");
  primary("c");
  open();
  const auto answer = query(kInsert);
  loop.advance(milliseconds(50));
  EXPECT_EQ(told(answer), "ok c");
}

TEST_F(SessionOpenerTest, ASilentHostDoesNotHoldUpTheOthers) {
  FakeServer& a = standby("a");
  primary("b");
  a.freeze();
  open();
  const auto answer = query(kInsert);
  loop.advance(milliseconds(260));
  EXPECT_EQ(told(answer), "ok b");
  a.thaw();
}

TEST_F(SessionOpenerTest, FailsAtOnceWhenEveryHostRefusesTheCredentials) {
  for (const char* name : {"a", "b"}) {
    FakeServer& server = name[0] == 'a' ? primary(name) : standby(name);
    server.rejects = report("28P01", "password authentication failed for user \"app\"", "FATAL");
  }
  open();
  const auto answer = query("select 1");
  loop.advance(milliseconds(1000));
  ASSERT_TRUE(answer.is_error());
  EXPECT_EQ(answer.error().kind, ErrorKind::kConnect);
  EXPECT_EQ(answer.error().code, "28P01");
  EXPECT_EQ(answer.error().outcome, Outcome::kNotSent);
  EXPECT_NE(answer.error().message.find("password"), std::string::npos);
  // And no storm of dials follows.
  const auto before = servers[0]->dials.size() + servers[1]->dials.size();
  query("select 1");
  loop.advance(milliseconds(10000));
  EXPECT_LE(servers[0]->dials.size() + servers[1]->dials.size() - before, 50u);
}

TEST_F(SessionOpenerTest, OneHostThatRefusesDoesNotMatterWhenAnotherServes) {
  FakeServer& a = standby("a");
  a.rejects = report("28P01", "no", "FATAL");
  primary("b");
  open();
  const auto answer = query(kInsert);
  loop.advance(milliseconds(300));
  EXPECT_EQ(told(answer), "ok b");
}

TEST_F(SessionOpenerTest, SessionsThatAreOpenServeOnWhileTheirHostRefusesFurtherOnes) {
  FakeServer& a = primary("a");
  open_calm();
  a.hold("select 1");
  const auto first = query("select 1", {.mode = Mode::kReadWrite});
  loop.settle();
  a.rejects = report("28P01", "no", "FATAL");
  const auto second = query(kInsert);
  loop.advance(milliseconds(10000));
  EXPECT_EQ(told(second), "waits");
  EXPECT_EQ(cluster->topology().primary()->address, a.host());
  EXPECT_GE(a.dials.size(), 8u);
  EXPECT_LE(a.dials.size(), 13u);
  a.release("select 1");
  loop.settle();
  EXPECT_EQ(told(first), "ok a");
  EXPECT_EQ(told(second), "ok a");
}

TEST_F(SessionOpenerTest, WorksAgainWhenThePasswordIsMendedOnTheServer) {
  FakeServer& a = primary("a");
  a.rejects = report("28P01", "no", "FATAL");
  open();
  const auto refused = query("select 1");
  loop.advance(milliseconds(500));
  EXPECT_EQ(told(refused), "28P01");
  a.rejects.reset();
  loop.advance(milliseconds(3000));
  EXPECT_EQ(told(run("select 1")), "ok a");
}

TEST_F(SessionOpenerTest, AFullServerIsNotDown) {
  FakeServer& a = primary("a");
  open_calm();
  a.rejects = report("53300", "sorry, too many clients already", "FATAL");
  const auto dials = a.dials.size();
  const auto answer = query("select 1");
  loop.advance(milliseconds(2000));
  EXPECT_EQ(told(answer), "waits");
  EXPECT_EQ(cluster->topology().find(a.host())->role, HostRole::kPrimary);
  EXPECT_LE(a.dials.size() - dials, 15u);  // no storm
  a.rejects.reset();
  loop.advance(milliseconds(600));
  EXPECT_EQ(told(answer), "ok a");
}

TEST_F(SessionOpenerTest, ATerminatedIdleSessionIsReplacedWithoutAnError) {
  FakeServer& a = primary("a");
  open_calm();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(told(run("select 1")), "ok a");
    a.end_sessions();
    loop.settle();
    const auto answer = query(kInsert);
    loop.advance(milliseconds(500));
    EXPECT_EQ(told(answer), "ok a");
  }
  EXPECT_EQ(a.stored.size(), 5u);
}

TEST_F(SessionOpenerTest, TheFirstWriteAfterAFailoverNeedsNoNewConnection) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  open_calm();
  run(kInsert);
  loop.advance(milliseconds(2000));
  const auto dials = b.dials.size();
  a.kill();
  loop.advance(milliseconds(500));
  const auto answer = query(kInsert);
  loop.advance(milliseconds(1000));
  b.promote();
  ASSERT_TRUE(loop.run_until([&] { return answer.is_settled(); }, milliseconds(500)));
  EXPECT_EQ(told(answer), "ok b");
  EXPECT_EQ(b.dials.size(), dials);
}

}  // namespace
}  // namespace hdb
