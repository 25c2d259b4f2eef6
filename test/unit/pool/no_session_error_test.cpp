// What a call is told that got no connection.
#include "pool/no_session_error.hpp"

#include <string>

#include "gtest/gtest.h"
#include "test/unit/support/pool_fixture.hpp"

namespace hdb {
namespace {

using test::FakeServer;
using test::report;

class NoSessionErrorTest : public test::PoolFixture {};

TEST_F(NoSessionErrorTest, WhenAllSessionsAreInUseAWaitEndsAsExhausted) {
  FakeServer& a = primary("a");
  options.pool_size = 1;
  options.acquire_timeout = milliseconds(500);
  open_calm();
  a.hold("select 1");
  const auto first = query("select 1");
  loop.settle();
  const auto second = query("select 2");
  loop.advance(milliseconds(499));
  EXPECT_EQ(told(second), "waits");
  loop.advance(milliseconds(1));
  EXPECT_EQ(second.error().kind, ErrorKind::kPoolExhausted);
  EXPECT_NE(second.error().message.find("500ms"), std::string::npos) << second.error().message;
  EXPECT_EQ(second.error().outcome, Outcome::kNotSent);
  EXPECT_TRUE(second.error().retryable);
  a.release("select 1");
  loop.settle();
  EXPECT_EQ(told(first), "ok a");
  EXPECT_EQ(told(run("select 3")), "ok a");
}

TEST_F(NoSessionErrorTest, WithoutAPrimaryACallWaitsAndThenSaysSo) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  a.kill();
  open();
  const auto answer = query(kInsert);
  loop.advance(milliseconds(14999));
  EXPECT_EQ(told(answer), "waits");
  loop.advance(milliseconds(1));
  EXPECT_EQ(answer.error().kind, ErrorKind::kNoPrimary);
  EXPECT_EQ(answer.error().code, "NO_PRIMARY");
  EXPECT_EQ(answer.error().message, "no writable primary available after 15000ms");
  EXPECT_TRUE(answer.error().retryable);
  ASSERT_EQ(answer.error().causes.size(), 2u);
  EXPECT_NE(answer.error().causes[0].find("a:5432: down"), std::string::npos) << answer.error().causes[0];
  EXPECT_NE(answer.error().causes[1].find("b:5432: standby"), std::string::npos) << answer.error().causes[1];
  EXPECT_EQ(b.stored.size(), 0u);
}

TEST_F(NoSessionErrorTest, AHostThatRefusesTheCredentialsIsNamedAmongTheCauses) {
  FakeServer& a = primary("a");
  options.acquire_timeout = milliseconds(2000);
  open_calm();
  a.hold("select 1");
  const auto first = query("select 1");
  loop.settle();
  // The monitor's own session still sees a primary.
  a.rejects = report("28P01", "password authentication failed", "FATAL");
  const auto answer = query(kInsert);
  loop.advance(milliseconds(2000));
  ASSERT_TRUE(answer.is_error());
  ASSERT_EQ(answer.error().causes.size(), 1u);
  const std::string& cause = answer.error().causes[0];
  EXPECT_TRUE(cause.starts_with("a:5432: primary; ")) << cause;
  EXPECT_NE(cause.find("password authentication failed"), std::string::npos) << cause;
  a.release("select 1");
  loop.settle();
  EXPECT_EQ(told(first), "ok a");
}

TEST_F(NoSessionErrorTest, WithoutAStandbyAReadOnlyCallSaysSo) {
  primary("a");
  options.acquire_timeout = milliseconds(500);
  open();
  const auto answer = query("select 1", Call{.mode = Mode::kReadOnly});
  loop.advance(milliseconds(500));
  EXPECT_EQ(answer.error().kind, ErrorKind::kNoStandby);
  EXPECT_EQ(answer.error().message, "no standby available after 500ms");
}

TEST_F(NoSessionErrorTest, WithoutAnyHostAnAnyCallSaysSo) {
  primary("a").kill();
  options.acquire_timeout = milliseconds(500);
  open();
  const auto answer = query("select 1", Call{.mode = Mode::kAny});
  loop.advance(milliseconds(500));
  EXPECT_EQ(answer.error().message, "no host available after 500ms");
}

TEST_F(NoSessionErrorTest, TwoPrimariesOfOneTimelineGetNoWrites) {
  FakeServer& a = primary("a");
  FakeServer& b = primary("b");
  options.acquire_timeout = milliseconds(500);
  open_calm();
  const auto answer = query(kInsert);
  loop.advance(milliseconds(500));
  EXPECT_EQ(answer.error().kind, ErrorKind::kSplitBrain);
  EXPECT_TRUE(a.stored.empty() && b.stored.empty());
  EXPECT_EQ(count<SplitBrainEvent>(), 1);
}

TEST_F(NoSessionErrorTest, WithTwoPrimariesAReadOnlyCallLacksAStandby) {
  primary("a");
  primary("b");
  options.acquire_timeout = milliseconds(500);
  open_calm();
  const auto answer = query("select 1", Call{.mode = Mode::kReadOnly});
  loop.advance(milliseconds(500));
  EXPECT_TRUE(cluster->topology().is_split());
  EXPECT_EQ(answer.error().kind, ErrorKind::kNoStandby);
}

}  // namespace
}  // namespace hdb
