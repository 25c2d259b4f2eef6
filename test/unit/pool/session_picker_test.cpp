// Which connection a statement gets: a free one, or one that others share.
#include "pool/session_picker.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "test/unit/support/pool_fixture.hpp"

namespace hdb {
namespace {

using test::Box;
using test::FakeServer;

class SessionPickerTest : public test::PoolFixture {};

constexpr const char* kFunction = "select writing(1)";

TEST_F(SessionPickerTest, AStatementUsesAFreeSessionAgain) {
  FakeServer& a = primary("a");
  open_calm();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(told(run("select 1")), "ok a");
  EXPECT_EQ(gauges->size.read(), 1);
  EXPECT_EQ(a.runs("select 1"), 20);
}

TEST_F(SessionPickerTest, ReadsOfTheReadModesGoToAStandby) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  open_calm();
  EXPECT_EQ(told(run("select 1", Call{.mode = Mode::kReadOnly})), "ok b");
  EXPECT_EQ(told(run("select 1", Call{.mode = Mode::kPreferStandby})), "ok b");
  EXPECT_EQ(told(run("select 1", Call{})), "ok a");
  b.kill();
  loop.advance(milliseconds(500));
  const auto read_only = query("select 1", Call{.mode = Mode::kReadOnly});
  EXPECT_EQ(told(run("select 1", Call{.mode = Mode::kPreferStandby})), "ok a");
  EXPECT_EQ(told(read_only), "waits");
  EXPECT_EQ(a.runs("select 1"), 2);
}

TEST_F(SessionPickerTest, SessionsOfTheReadModesCannotWriteEvenOnAPrimary) {
  FakeServer& a = primary("a");
  open_calm();
  const auto answer = run(kInsert, Call{.mode = Mode::kPreferStandby});
  EXPECT_EQ(told(answer), "25006");
  EXPECT_TRUE(a.stored.empty());
  // The same pool's writes go through on sessions of their own.
  EXPECT_EQ(told(run(kInsert)), "ok a");
}

TEST_F(SessionPickerTest, ReadsSpreadOverStandbys) {
  primary("a");
  FakeServer& b = standby("b");
  FakeServer& c = standby("c");
  options.mode = Mode::kReadOnly;
  options.pool_size = 4;
  open_calm();
  b.hold("select pg_sleep(0)");
  for (int i = 0; i < 40; ++i) EXPECT_TRUE(run("select 1", Call{.mode = Mode::kReadOnly}).is_ok());
  EXPECT_GE(b.runs("select 1"), 15);
  EXPECT_GE(c.runs("select 1"), 15);
}

TEST_F(SessionPickerTest, QuickStatementsShareASessionWhenAllAreBusy) {
  FakeServer& a = primary("a");
  options.pool_size = 1;
  open_calm();
  for (int i = 0; i < 3; ++i) run("select 1");
  a.latency = milliseconds(1);
  std::vector<Box<ResultSet>> boxes;
  for (int i = 0; i < 10; ++i) boxes.push_back(query("select 1"));
  loop.advance(milliseconds(2));
  for (const auto& box : boxes) EXPECT_EQ(told(box), "ok a");
  EXPECT_EQ(gauges->size.read(), 1);
}

/// Many free sessions on one host, and statements on it that do not end before they are released.
class SharingTest : public SessionPickerTest {
 protected:
  void open_free(std::int32_t sessions) {
    options.min_idle = sessions;
    open_calm();
  }
  void learn(const std::string& sql) {
    for (int i = 0; i < 3; ++i) run(sql);
  }
  /// How many sessions are in use then.
  std::int64_t ask(const std::string& sql, int times, const Call& call = Call()) {
    for (int i = 0; i < times; ++i) boxes.push_back(query(sql, call));
    loop.settle();
    return gauges->in_use.read();
  }
  void release(const std::string& sql) {
    a.release(sql);
    loop.settle();
  }
  void expect_all_answered() {
    for (const auto& box : boxes) EXPECT_EQ(told(box), "ok a");
  }

  FakeServer& a = primary("a");
  std::vector<Box<ResultSet>> boxes;
};

TEST_F(SharingTest, BriefReadsGoBehindOthersThoughSessionsAreFree) {
  open_free(5);
  learn("select 1");
  a.hold("select 1");
  EXPECT_EQ(ask("select 1", 1), 1);
  EXPECT_EQ(ask("select 1", 15), 2);  // eight each
  EXPECT_EQ(ask("select 1", 1), 3);
  EXPECT_EQ(ask("select 1", 7), 3);
  release("select 1");
  expect_all_answered();
}

TEST_F(SharingTest, WhatTakesLongerOrWritesGetsTheFreeSessions) {
  open_free(5);
  for (const std::string sql : {"select 2", kInsert, kFunction}) {
    a.latency = milliseconds(sql == "select 2" ? 1 : 0);
    query(sql);
    loop.advance(milliseconds(20));
    a.latency = milliseconds(0);
    a.hold(sql);
    EXPECT_EQ(ask(sql, 5), 5) << sql;
    release(sql);
    expect_all_answered();
  }
}

TEST_F(SharingTest, ABriefReadWithAnotherTextGetsAFreeSession) {
  open_free(5);
  learn("select 1");
  learn("select 2");
  a.hold("select 1");
  EXPECT_EQ(ask("select 1", 6), 2);
  ask("select 2", 6);
  for (std::size_t i = 0; i < boxes.size(); ++i) EXPECT_EQ(told(boxes[i]), i < 6 ? "waits" : "ok a");
  release("select 1");
  expect_all_answered();
}

TEST_F(SharingTest, WhatMayBeCancelledIsAloneOnItsSession) {
  open_free(8);
  learn("select 1");
  a.hold("select 1");
  EXPECT_EQ(ask("select 1", 3), 2);
  const CancelToken token = CancelToken::make();
  EXPECT_EQ(ask("select 1", 2, {.timeout = milliseconds(100)}), 4);
  EXPECT_EQ(ask("select 1", 1, {.token = token}), 5);
  EXPECT_EQ(ask("select 1", 1), 5);  // not behind these, but behind the first two
  token.cancel();
  loop.advance(milliseconds(100));
  EXPECT_EQ(a.cancels, 3);
  for (const std::size_t i : {3u, 4u}) EXPECT_EQ(told(boxes[i]), "ETIMEDOUT");
  EXPECT_EQ(told(boxes[5]), "ABORT_ERR");
  release("select 1");
  for (const std::size_t i : {0u, 1u, 2u, 6u}) EXPECT_EQ(told(boxes[i]), "ok a");
}

TEST_F(SharingTest, NobodyJoinsASessionThatHasFallenSilent) {
  open_free(5);
  learn("select 1");
  a.hold("select 1");
  EXPECT_EQ(ask("select 1", 1), 1);
  EXPECT_EQ(ask("select 1", 1), 2);
  EXPECT_EQ(ask("select 1", 1), 2);
  loop.advance(milliseconds(6));
  EXPECT_EQ(ask("select 1", 1), 3);
  release("select 1");
  expect_all_answered();
}

TEST_F(SharingTest, BriefReadsOpenNoMoreSessionsThanHelp) {
  open_free(0);
  learn("select 1");
  ask("select 1", 100);
  expect_all_answered();
  EXPECT_LT(gauges->size.read(), options.pool_size);
}

TEST_F(SessionPickerTest, TheFirstExecutionOnASessionSaysNothingOfTheStatement) {
  FakeServer& a = primary("a");
  options.pool_size = 2;
  options.min_idle = 2;
  open_calm();
  for (int i = 0; i < 3; ++i) run("select 1");
  const auto slow = query("select pg_sleep(5)");  // on the session that knows the statement
  loop.settle();
  a.latency = milliseconds(5);
  const auto cold = query("select 1");
  loop.advance(milliseconds(10));
  EXPECT_EQ(told(cold), "ok a");
  a.latency = milliseconds(0);
  a.hold("select 1");
  const auto first = query("select 1");
  const auto behind = query("select 1");
  loop.settle();
  EXPECT_EQ(gauges->waiting.read(), 0);  // as before, it may be shared
  a.release("select 1");
  loop.advance(milliseconds(5000));
  for (const auto& box : {slow, first, behind}) EXPECT_EQ(told(box), "ok a");
}

TEST_F(SessionPickerTest, ALostSessionLeavesFewWritesInDoubt) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  options.pool_size = 1;
  open_calm();
  for (int i = 0; i < 3; ++i) run("insert into t values ($1)", std::vector<Value>{Value(std::string("x"))});
  a.freeze();
  std::vector<Box<ResultSet>> boxes;
  for (int i = 0; i < 10; ++i)
    boxes.push_back(query("insert into t values ($1)", {Value(std::to_string(i))}));
  loop.settle();
  a.kill();
  loop.advance(milliseconds(300));
  const auto in_doubt =
      std::count_if(boxes.begin(), boxes.end(), [](const auto& box) { return told(box) == "IN_DOUBT"; });
  EXPECT_GE(in_doubt, 1);
  EXPECT_LE(in_doubt, 4);
  b.promote();
  loop.advance(milliseconds(500));
  EXPECT_EQ(std::count_if(boxes.begin(), boxes.end(), [](const auto& box) { return told(box) == "ok b"; }),
            10 - in_doubt);
}

TEST_F(SessionPickerTest, NobodyWaitsBehindASlowStatementWhileThereIsRoom) {
  FakeServer& a = primary("a");
  options.pool_size = 2;
  open_calm();
  for (int i = 0; i < 3; ++i) run("select 1");
  const auto slow = query("select pg_sleep(5)");
  loop.settle();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(told(run("select 1")), "ok a");
  EXPECT_EQ(told(slow), "waits");
  loop.advance(milliseconds(5000));
  EXPECT_EQ(told(slow), "ok a");
  EXPECT_EQ(a.cancels, 0);
}

}  // namespace
}  // namespace hdb
