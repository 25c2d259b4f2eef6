// How a transaction begins: with a BEGIN of its own, or with its first statement.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "test/unit/support/transaction_fixture.hpp"

namespace hdb {
namespace {

using test::Box;
using test::FakeServer;
using test::FakeStatement;
using test::query_of;
using test::report;

class TransactionBeginTest : public test::TransactionFixture {};

TEST_F(TransactionBeginTest, SaysBeginAsItsOptionsAsk) {
  FakeServer& a = primary("a");
  open_calm();
  TransactionOptions with;
  with.isolation = IsolationLevel::kSerializable;
  with.read_only = true;
  with.deferrable = true;
  EXPECT_TRUE(begin(with).is_ok());
  EXPECT_EQ(a.runs("begin isolation level serializable read only deferrable"), 1);
  EXPECT_EQ(ask(kInsert).error().code, "25006");
  rollback();
  for (const std::string& sql : a.log) EXPECT_EQ(sql.find("read write"), std::string::npos);
}

TEST_F(TransactionBeginTest, SaysWhichIsolationIsAskedFor) {
  FakeServer& a = primary("a");
  open_calm();
  const std::vector<std::pair<IsolationLevel, std::string>> levels{
      {IsolationLevel::kReadCommitted, "read committed"},
      {IsolationLevel::kRepeatableRead, "repeatable read"},
      {IsolationLevel::kSerializable, "serializable"}};
  for (const auto& [level, name] : levels) {
    TransactionOptions with;
    with.isolation = level;
    EXPECT_TRUE(begin(std::move(with)).is_ok());
    EXPECT_EQ(a.runs("begin isolation level " + name), 1) << name;
    EXPECT_TRUE(commit().is_ok());
  }
  EXPECT_EQ(a.runs("begin"), 0);
}

TEST_F(TransactionBeginTest, AnErrorOfItsBeginIsTheAnswer) {
  FakeServer& a = primary("a");
  open_calm();
  a.answers = [](const FakeStatement& statement) -> std::optional<test::FakeAnswer> {
    if (statement.sql != "begin") return std::nullopt;
    test::FakeAnswer answer;
    answer.error = report("53200", "out of memory");
    return answer;
  };
  EXPECT_EQ(begin(watched()).error().code, "53200");
  EXPECT_FALSE(is_open());
  EXPECT_EQ(ask(kInsert).error().code, "53200");
  EXPECT_EQ(commit().error().code, "53200");
  EXPECT_EQ(a.runs(kInsert), 0);
  EXPECT_TRUE(ends.empty());  // it was never open
  EXPECT_EQ(gauges->in_use.read(), 0);
  EXPECT_EQ(gauges->available.read(), 1);
}

TEST_F(TransactionBeginTest, AClosedPoolBeginsNothing) {
  FakeServer& a = primary("a");
  open_calm();
  pool->close_now();
  EXPECT_EQ(begin().error().kind, ErrorKind::kPoolClosed);
  EXPECT_EQ(ask(kInsert).error().kind, ErrorKind::kPoolClosed);
  EXPECT_EQ(a.runs("begin"), 0);
}

TEST_F(TransactionBeginTest, WithoutAPrimaryBeginningFailsAfterTheWait) {
  primary("a").kill();
  options.acquire_timeout = milliseconds(500);
  open();
  const auto begun = begin();
  loop.advance(milliseconds(500));
  EXPECT_EQ(begun.error().kind, ErrorKind::kNoPrimary);
  EXPECT_EQ(ask("select 1").error().kind, ErrorKind::kNoPrimary);
}

TEST_F(TransactionBeginTest, BeginsOnTheNewPrimaryWhenTheOldOneTurnsOutToBeFenced) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  open_calm();
  run("select 1");
  a.fence();
  const auto begun = begin();
  EXPECT_FALSE(begun.is_settled());
  b.promote();
  loop.advance(milliseconds(300));
  EXPECT_TRUE(begun.is_ok());
  EXPECT_EQ(host(), "b:5432");
  ask(kInsert);
  EXPECT_TRUE(commit().is_ok());
  EXPECT_TRUE(b.holds(kInsert));
  EXPECT_TRUE(a.stored.empty());
}

TEST_F(TransactionBeginTest, BeginsOnTheNewPrimaryWhenTheOldOneIsAStandbyNow) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  open_calm();
  run("select 1");
  a.in_recovery = true;
  const auto begun = begin();
  EXPECT_FALSE(begun.is_settled());
  b.promote();
  loop.advance(milliseconds(300));
  EXPECT_TRUE(begun.is_ok());
  EXPECT_EQ(host(), "b:5432");
  rollback();
}

TEST_F(TransactionBeginTest, ALossWhileItBeginsIsNotTold) {
  FakeServer& a = primary("a");
  open_calm();
  int killed = 0;
  a.watch = [&](FakeServer::Moment, const FakeStatement& statement) {
    if (statement.sql == "begin" && killed++ == 0) a.end_sessions();
  };
  const auto begun = begin();
  loop.advance(milliseconds(1000));
  EXPECT_TRUE(begun.is_ok());
  EXPECT_EQ(killed, 2);
  rollback();
}

class DeferredBeginTest : public TransactionBeginTest {
 protected:
  Box<Unit> begin(TransactionOptions with = {}, TimePoint deadline = kNever) {
    with.defers_begin = true;
    return TransactionBeginTest::begin(std::move(with), deadline);
  }
};

TEST_F(DeferredBeginTest, TravelsWithTheFirstStatement) {
  FakeServer& a = primary("a");
  open_calm();
  TransactionOptions with;
  with.isolation = IsolationLevel::kSerializable;
  EXPECT_TRUE(begin(with).is_ok());
  EXPECT_TRUE(is_open());
  EXPECT_EQ(host(), "a:5432");
  EXPECT_EQ(a.runs("begin isolation level serializable"), 0);
  run(kInsert);  // it is known now, and stored by another session
  a.latency = milliseconds(10);
  const auto first = ask(kInsert);
  loop.advance(milliseconds(20));  // there and back, once
  EXPECT_TRUE(first.is_ok());
  a.latency = {};
  EXPECT_EQ(a.runs("begin isolation level serializable"), 1);
  EXPECT_EQ(a.stored.size(), 1u);
  EXPECT_TRUE(ask(kInsert).is_ok());
  EXPECT_TRUE(commit().is_ok());
  EXPECT_EQ(a.runs("begin isolation level serializable"), 1);
  EXPECT_EQ(a.stored.size(), 3u);
}

TEST_F(DeferredBeginTest, TravelsWithADescriptionToo) {
  FakeServer& a = primary("a");
  open_calm();
  begin();
  EXPECT_TRUE(describe("select $1::int").is_ok());
  EXPECT_EQ(a.runs("begin"), 1);
  ask(kInsert);
  EXPECT_TRUE(rollback().is_ok());
  EXPECT_EQ(a.runs("begin"), 1);
  EXPECT_TRUE(a.stored.empty());
}

TEST_F(DeferredBeginTest, IsNotSentWhenNothingElseIs) {
  FakeServer& a = primary("a");
  open_calm();
  for (const bool commits : {true, false}) {
    ends.clear();
    begin(watched());
    const std::size_t before = a.log.size();
    EXPECT_TRUE(commits ? commit().is_ok() : rollback().is_ok());
    EXPECT_EQ(a.log.size(), before);
    EXPECT_EQ(ends, std::vector<Outcome>{commits ? Outcome::kCommitted : Outcome::kRolledBack});
    EXPECT_EQ(gauges->available.read(), 1);
  }
}

TEST_F(DeferredBeginTest, ComesAloneWhereTheSessionHasNotBeenHeardOfForAWhile) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  open_calm();
  run("select 1");
  loop.advance(milliseconds(501));
  a.fence();
  const auto begun = begin();
  EXPECT_FALSE(begun.is_settled());
  b.promote();
  loop.advance(milliseconds(300));
  EXPECT_TRUE(begun.is_ok());
  EXPECT_EQ(host(), "b:5432");
  rollback();
}

TEST_F(DeferredBeginTest, WhatIsRefusedUnaskedLeavesItToTheNextStatement) {
  FakeServer& a = primary("a");
  open_calm();
  begin();
  a.most_parameters = 0;
  Box<ResultSet> box;
  transaction->query(query_of("select $1::int", {Value(1.0)}, box.completion()));
  loop.settle();
  EXPECT_EQ(box.error().kind, ErrorKind::kParameter);
  EXPECT_EQ(a.runs("begin"), 0);
  EXPECT_TRUE(ask(kInsert).is_ok());
  EXPECT_EQ(a.runs("begin"), 1);
  EXPECT_TRUE(rollback().is_ok());
  EXPECT_TRUE(a.stored.empty());
}

TEST_F(DeferredBeginTest, AWrongParameterFailsNothing) {
  FakeServer& a = primary("a");
  open_calm();
  run("select $1::int", std::vector<Value>{Value(1.0)});
  begin();
  Box<ResultSet> box;
  transaction->query(query_of("select $1::int", {Value(1.5)}, box.completion()));
  loop.settle();
  EXPECT_EQ(box.error().kind, ErrorKind::kParameter);
  EXPECT_EQ(a.runs("begin"), 1);  // with the question what the text takes now
  EXPECT_TRUE(ask(kInsert).is_ok());
  EXPECT_EQ(a.runs("begin"), 1);
  EXPECT_TRUE(rollback().is_ok());
  EXPECT_TRUE(a.stored.empty());
}

TEST_F(DeferredBeginTest, AnErrorOfTheFirstStatementFailsTheTransaction) {
  FakeServer& a = primary("a");
  open_calm();
  for (const auto& [sql, code] : {std::pair("raise 23505", "23505"), std::pair("syntax", "42601")}) {
    begin();
    EXPECT_EQ(ask(sql).error().code, code);
    EXPECT_EQ(ask(kInsert).error().code, "25P02");
    const auto committed = commit();
    EXPECT_EQ(committed.error().code, "25P02");
    ASSERT_NE(committed.error().cause, nullptr);
    EXPECT_EQ(committed.error().cause->code, code);
  }
  EXPECT_TRUE(a.stored.empty());
}

TEST_F(DeferredBeginTest, WhenItIsRefusedNothingRunsWithoutIt) {
  FakeServer& a = primary("a");
  open_calm();
  a.answers = [](const FakeStatement& statement) -> std::optional<test::FakeAnswer> {
    if (statement.sql != "begin") return std::nullopt;
    test::FakeAnswer answer;
    answer.error = report("53200", "out of memory");
    return answer;
  };
  begin(watched());
  EXPECT_EQ(ask(kInsert).error().code, "53200");
  EXPECT_FALSE(is_open());
  EXPECT_EQ(ask(kInsert).error().code, "53200");
  EXPECT_EQ(commit().error().code, "53200");
  EXPECT_EQ(a.runs(kInsert), 0);
  EXPECT_TRUE(a.stored.empty());
  EXPECT_EQ(ends, std::vector<Outcome>{Outcome::kRolledBack});
  EXPECT_EQ(gauges->available.read(), 1);
}

TEST_F(DeferredBeginTest, AFenceIsToldByTheFirstStatement) {
  for (const bool writes : {false, true}) {
    servers.clear();
    FakeServer& a = primary(writes ? "a" : "b");
    open_calm();
    run("select 1");
    begin();
    a.fence();
    const auto answer = ask(writes ? kInsert : "select 1");
    EXPECT_EQ(answer.error().kind, writes ? ErrorKind::kServer : ErrorKind::kFenced);
    EXPECT_EQ(answer.error().code, "25006");
    EXPECT_EQ(answer.error().outcome, Outcome::kRolledBack);
    EXPECT_TRUE(answer.error().retryable);
    EXPECT_TRUE(rollback().is_ok());
    EXPECT_TRUE(a.stored.empty());
    transaction.reset();
    close();
  }
}

TEST_F(DeferredBeginTest, WhatTheFenceEndedIsNotCommittedLaterEither) {
  FakeServer& a = primary("a");
  open_calm();
  begin(watched());
  // The server reads its settings only when the write has run.
  a.watch = [&](FakeServer::Moment moment, const FakeStatement& statement) {
    if (moment == FakeServer::Moment::kRunning && statement.sql == kInsert) a.fence();
  };
  Box<ResultSet> answer;
  transaction->query(query_of(kInsert, {}, answer.completion()));
  const auto committed = commit();  // waits for it
  EXPECT_EQ(answer.error().kind, ErrorKind::kFenced);
  EXPECT_EQ(committed.error().kind, ErrorKind::kFenced);
  EXPECT_TRUE(committed.error().retryable);
  a.watch = nullptr;
  a.unfence();
  EXPECT_TRUE(rollback().is_ok());
  EXPECT_TRUE(a.stored.empty());
  EXPECT_EQ(ends, std::vector<Outcome>{Outcome::kRolledBack});
  EXPECT_EQ(gauges->in_use.read(), 0);
}

TEST_F(DeferredBeginTest, AReadModeMindsNoFence) {
  FakeServer& a = primary("a");
  open_calm();
  TransactionOptions with;
  with.mode = Mode::kPreferStandby;
  begin(with);
  a.fence();
  EXPECT_TRUE(ask("select 1").is_ok());
  EXPECT_TRUE(commit().is_ok());
}

TEST_F(DeferredBeginTest, ALossBeforeTheFirstStatementIsALossOfTheTransaction) {
  FakeServer& a = primary("a");
  open_calm();
  begin();
  a.end_sessions();
  loop.settle();
  EXPECT_FALSE(is_open());
  const auto answer = ask(kInsert);
  EXPECT_EQ(answer.error().kind, ErrorKind::kConnectionLost);
  EXPECT_EQ(answer.error().outcome, Outcome::kRolledBack);
  EXPECT_TRUE(answer.error().retryable);
  EXPECT_EQ(a.runs(kInsert), 0);
}

}  // namespace
}  // namespace hdb
