// Who waits, in which order, and for how long.
#include "pool/dispatcher.hpp"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "test/unit/support/pool_fixture.hpp"

namespace hdb {
namespace {

using test::Box;
using test::FakeServer;
using test::query_of;

class DispatcherTest : public test::PoolFixture {};

TEST_F(DispatcherTest, ServesWhoCameFirst) {
  FakeServer& a = primary("a");
  options.pool_size = 1;
  open_calm();
  a.hold("select 0");
  query("select 0");
  for (int i = 1; i <= 5; ++i) query("select " + std::to_string(i));
  loop.settle();
  a.release("select 0");
  loop.advance(milliseconds(100));
  std::string order;
  for (const std::string& sql : a.log) {
    if (sql.starts_with("select ") && sql.size() == 8) order += sql.back();
  }
  EXPECT_EQ(order, "012345");
}

TEST_F(DispatcherTest, OneTooManyThatWaitIsRefusedAtOnce) {
  FakeServer& a = primary("a");
  options.pool_size = 1;
  options.max_waiting = 2;
  open_calm();
  a.hold("select 1");
  query("select 1");
  loop.settle();
  query("select 1");
  query("select 1");
  const auto extra = run("select 1");
  EXPECT_EQ(extra.error().kind, ErrorKind::kPoolExhausted);
  EXPECT_NE(extra.error().message.find("maxWaiting: 2"), std::string::npos);
  a.release("select 1");
  loop.advance(milliseconds(100));
}

TEST_F(DispatcherTest, AnAbortedCallLeavesTheQueue) {
  FakeServer& a = primary("a");
  options.pool_size = 1;
  open_calm();
  a.hold("select 1");
  query("select 1");
  loop.settle();
  const CancelToken token = CancelToken::make();
  const auto waiting = run(kInsert, Call{.token = token});
  EXPECT_EQ(told(waiting), "waits");
  token.cancel();
  loop.settle();
  EXPECT_EQ(waiting.error().kind, ErrorKind::kAborted);
  EXPECT_EQ(waiting.error().outcome, Outcome::kNotSent);
  EXPECT_EQ(gauges->waiting.read(), 0);
  a.release("select 1");
  loop.settle();
  EXPECT_EQ(a.runs(kInsert), 0);
}

TEST_F(DispatcherTest, ACallThatIsAbortedBeforeItIsMadeSendsNothing) {
  primary("a");
  open_calm();
  const CancelToken token = CancelToken::make();
  token.cancel();
  EXPECT_EQ(run("select 1", Call{.token = token}).error().kind, ErrorKind::kAborted);
}

TEST_F(DispatcherTest, TheTimeLimitOfACallCoversItsWait) {
  FakeServer& a = primary("a");
  a.kill();
  open();
  const auto answer = query("select 1", Call{.timeout = milliseconds(300)});
  loop.advance(milliseconds(300));
  EXPECT_EQ(answer.error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(answer.error().outcome, Outcome::kNotSent);
}

TEST_F(DispatcherTest, TheTimeLimitOfACallCoversItsStatement) {
  FakeServer& a = primary("a");
  open_calm();
  const auto answer = query("select pg_sleep(60)", Call{.timeout = milliseconds(300)});
  loop.advance(milliseconds(301));
  EXPECT_EQ(answer.error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(answer.error().outcome, Outcome::kRolledBack);
  EXPECT_EQ(a.cancels, 1);
  EXPECT_EQ(told(run("select 1")), "ok a");
}

TEST_F(DispatcherTest, CallsThatWaitForAPrimaryAreServedByTheNewOne) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  options.pool_size = 4;
  open_calm();
  run("select 1");
  a.kill();
  loop.advance(milliseconds(300));
  std::vector<Box<ResultSet>> boxes;
  for (int i = 0; i < 50; ++i)
    boxes.push_back(query("insert into t values ($1)", {Value(static_cast<double>(i))}));
  loop.advance(milliseconds(4000));
  for (const auto& box : boxes) EXPECT_EQ(told(box), "waits");
  b.promote();
  loop.advance(milliseconds(1000));
  for (const auto& box : boxes) EXPECT_EQ(told(box), "ok b");
  EXPECT_EQ(b.runs("insert into t values ($1)"), 50);
  EXPECT_LE(gauges->size.read(), 4);
}

TEST_F(DispatcherTest, WhatWaitsIsBoundedByItsSizeToo) {
  FakeServer& a = primary("a");
  options.pool_size = 1;
  options.max_waiting_bytes = 1000;
  open_calm();
  a.hold("select pg_sleep(1)");
  query("select pg_sleep(1)");
  loop.settle();
  const auto ask = [&](std::size_t bytes) {
    Box<ResultSet> box;
    PoolCore::Statement statement;
    statement.request = query_of("select 1", {}, box.completion());
    statement.request->bytes = bytes;
    pool->submit(std::move(statement));
    return box;
  };
  const auto fits = ask(900);
  const auto extra = ask(900);
  EXPECT_EQ(told(fits), "waits");
  EXPECT_EQ(extra.error().kind, ErrorKind::kPoolExhausted);
  a.release("select pg_sleep(1)");
  loop.settle();
  EXPECT_EQ(told(fits), "ok a");
}

}  // namespace
}  // namespace hdb
