// The end of a transaction that its methods did not bring about: its signal, its time limit, one of its
// statements.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "test/unit/support/transaction_fixture.hpp"

namespace hdb {
namespace {

using test::Box;
using test::FakeServer;
using test::query_of;
using test::report;

class TransactionEndTest : public test::TransactionFixture {};

TEST_F(TransactionEndTest, NoticesThatOneOfItsStatementsHasEndedIt) {
  struct Row {
    const char* sql;
    Outcome outcome;
  };
  FakeServer& a = primary("a");
  options.min_idle = 1;
  open_calm();
  for (const Row& row :
       {Row{"commit", Outcome::kCommitted}, Row{"commit and chain", Outcome::kCommitted},
        Row{"rollback", Outcome::kRolledBack}, Row{"prepare transaction 'a'", Outcome::kUnknown}}) {
    ends.clear();
    a.stored.clear();
    begin(watched());
    ask(kInsert);
    EXPECT_TRUE(ask(row.sql).is_ok()) << row.sql;
    EXPECT_FALSE(is_open()) << row.sql;
    EXPECT_EQ(ends, std::vector{row.outcome}) << row.sql;
    const bool is_stored = row.outcome == Outcome::kCommitted;
    const bool is_undone = row.outcome == Outcome::kRolledBack;
    const Error late = ask("insert into t values (2)").error();
    EXPECT_EQ(late.kind, ErrorKind::kTransactionClosed) << row.sql;
    EXPECT_EQ(late.outcome, is_undone ? Outcome::kRolledBack : Outcome::kNotSent) << row.sql;
    EXPECT_EQ(rollback().is_ok(), is_undone) << row.sql;
    EXPECT_EQ(commit().error().outcome, row.outcome) << row.sql;
    EXPECT_EQ(a.stored.size(), is_stored ? 1u : 0u) << row.sql;
    EXPECT_EQ(gauges->in_use.read(), 0) << row.sql;
    EXPECT_FALSE(a.holds("insert into t values (2)")) << row.sql;
  }
}

TEST_F(TransactionEndTest, AFailedCommitOfItsOwnEndsItToo) {
  FakeServer& a = primary("a");
  open_calm();
  begin(watched());
  ask(kInsert);
  a.fails_commit = report("23503", "deferred");
  EXPECT_EQ(ask("commit").error().code, "23503");
  EXPECT_FALSE(is_open());
  EXPECT_EQ(ends, std::vector{Outcome::kRolledBack});
  EXPECT_EQ(commit().error().outcome, Outcome::kRolledBack);
  EXPECT_TRUE(a.stored.empty());
}

TEST_F(TransactionEndTest, IsRolledBackAtOnceWhenItIsAborted) {
  FakeServer& a = primary("a");
  options.min_idle = 1;
  open_calm();
  const std::size_t sessions = a.sessions();
  a.hold("create index i on t (x)");
  for (const std::string sql : {"", "select pg_sleep(60)", "create index i on t (x)"}) {
    const bool is_idle = sql.empty();
    ends.clear();
    a.cancels = 0;
    TransactionOptions with = watched();
    with.signal = CancelToken::make();
    const CancelToken token = with.signal;
    begin(std::move(with));
    ask(kInsert);
    std::optional<Box<ResultSet>> running;
    if (!is_idle) running = ask(sql);
    token.cancel();
    loop.settle();
    EXPECT_EQ(a.cancels, is_idle ? 0 : 1);
    if (running) {
      EXPECT_EQ(running->error().kind, ErrorKind::kAborted);
      EXPECT_EQ(running->error().outcome, Outcome::kRolledBack) << sql;
    }
    EXPECT_FALSE(is_open());
    EXPECT_EQ(ends, std::vector{Outcome::kRolledBack});
    EXPECT_EQ(ask(kInsert).error().kind, ErrorKind::kAborted);
    const Error error = commit().error();
    EXPECT_EQ(error.kind, ErrorKind::kAborted);
    EXPECT_EQ(error.outcome, Outcome::kRolledBack);
    EXPECT_TRUE(rollback().is_ok());
    EXPECT_TRUE(a.stored.empty());
    EXPECT_EQ(gauges->available.read(), 1);
    EXPECT_EQ(a.sessions(), sessions) << "none is lost for it";
  }
}

TEST_F(TransactionEndTest, ACommitThatWaitsForAStatementIsNotSentAfterAnAbort) {
  FakeServer& a = primary("a");
  open_calm();
  TransactionOptions with;
  with.signal = CancelToken::make();
  const CancelToken token = with.signal;
  begin(std::move(with));
  ask(kInsert);
  ask("select pg_sleep(60)");
  const Box<Unit> committed = commit();
  token.cancel();
  loop.settle();
  EXPECT_EQ(committed.error().kind, ErrorKind::kAborted);
  EXPECT_EQ(committed.error().outcome, Outcome::kRolledBack);
  EXPECT_EQ(a.runs("commit"), 0);
  EXPECT_TRUE(a.stored.empty());
}

TEST_F(TransactionEndTest, ACommitThatWasSentIsNotAborted) {
  FakeServer& a = primary("a");
  open_calm();
  TransactionOptions with = watched();
  with.signal = CancelToken::make();
  const CancelToken token = with.signal;
  begin(std::move(with));
  ask(kInsert);
  a.hold("commit");
  const Box<Unit> committed = commit();
  token.cancel();
  loop.settle();
  EXPECT_FALSE(committed.is_settled());
  a.release("commit");
  loop.settle();
  EXPECT_TRUE(committed.is_ok());
  EXPECT_EQ(a.cancels, 0);
  EXPECT_TRUE(a.holds(kInsert));
  EXPECT_EQ(ends, std::vector{Outcome::kCommitted});
}

TEST_F(TransactionEndTest, IsOverAtItsDeadlineAlsoUnderAStatement) {
  FakeServer& a = primary("a");
  options.min_idle = 1;
  open_calm();
  begin(watched(), loop.now() + milliseconds(200));
  ask(kInsert);
  const Box<ResultSet> running = ask("select pg_sleep(60)");
  loop.advance(milliseconds(500));
  EXPECT_EQ(running.error().kind, ErrorKind::kTimeout);
  EXPECT_FALSE(is_open());
  EXPECT_EQ(ends, std::vector{Outcome::kRolledBack});
  EXPECT_EQ(commit().error().kind, ErrorKind::kTimeout);
  EXPECT_TRUE(a.stored.empty());
  EXPECT_EQ(gauges->available.read(), 1);
}

TEST_F(TransactionEndTest, AHandleThatIsDroppedIsRolledBack) {
  FakeServer& a = primary("a");
  open_calm();
  begin();
  ask(kInsert);
  transaction.reset();
  loop.settle();
  EXPECT_EQ(a.runs("rollback"), 1);
  EXPECT_TRUE(a.stored.empty());
  EXPECT_EQ(gauges->available.read(), 1);
  EXPECT_EQ(gauges->in_use.read(), 0);
}

TEST_F(TransactionEndTest, AHandleThatIsDroppedWhileItWaitsLeavesTheQueue) {
  FakeServer& a = primary("a");
  options.pool_size = 1;
  open_calm();
  a.hold("select 1");
  query("select 1");
  loop.settle();
  begin();
  EXPECT_EQ(gauges->waiting.read(), 1);
  transaction.reset();
  a.release("select 1");
  loop.advance(milliseconds(100));
  EXPECT_EQ(a.runs("begin"), 0);
  EXPECT_EQ(gauges->waiting.read(), 0);
}

TEST_F(TransactionEndTest, AHandleThatIsDroppedWhileAStatementRunsIsCleanedAfterwards) {
  FakeServer& a = primary("a");
  open_calm();
  begin();
  a.hold(kInsert);
  ask(kInsert);
  transaction.reset();
  loop.settle();
  a.release(kInsert);
  loop.settle();
  EXPECT_TRUE(a.stored.empty());
  EXPECT_EQ(gauges->available.read(), 1);
}

TEST_F(TransactionEndTest, AnIdleTransactionEndsAtItsDeadline) {
  FakeServer& a = primary("a");
  open_calm();
  begin({}, loop.now() + milliseconds(1000));
  ask(kInsert);
  loop.advance(milliseconds(1000));
  EXPECT_FALSE(is_open());
  EXPECT_EQ(ask("select 1").error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(a.runs("rollback"), 1);
  EXPECT_TRUE(a.stored.empty());
}

TEST_F(TransactionEndTest, WhatMayStillCompleteIsNotCommittedWithTheRest) {
  FakeServer& a = primary("a");
  open_calm();
  begin(watched());
  a.ignores_cancel = true;
  a.hold(kInsert);
  const Box<ResultSet> told = ask(kInsert, {}, loop.now() + milliseconds(100));
  loop.advance(milliseconds(400));
  EXPECT_EQ(told.error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(told.error().outcome, Outcome::kRolledBack);
  EXPECT_FALSE(is_open());
  EXPECT_EQ(ask("select 1").error().kind, ErrorKind::kTimeout);
  const Box<Unit> committed = commit();
  EXPECT_EQ(committed.error().outcome, Outcome::kRolledBack);
  EXPECT_TRUE(rollback().is_ok());
  a.release(kInsert);
  loop.settle();
  EXPECT_TRUE(a.stored.empty());
  EXPECT_EQ(a.runs("rollback"), 1);
  EXPECT_EQ(gauges->available.read(), 1);  // the session goes on
  EXPECT_EQ(ends, std::vector<Outcome>{Outcome::kRolledBack});
}

TEST_F(TransactionEndTest, ARunningStatementEndsAtTheDeadlineOfItsTransaction) {
  FakeServer& a = primary("a");
  open_calm();
  begin({}, loop.now() + milliseconds(1000));
  const auto answer = ask("select pg_sleep(60)");
  loop.advance(milliseconds(1001));
  EXPECT_EQ(answer.error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(a.cancels, 1);
  rollback();
  loop.advance(milliseconds(100));
  EXPECT_EQ(gauges->in_use.read(), 0);
}

TEST_F(TransactionEndTest, AnAbortedStatementIsCancelledAndTheTransactionCanBeRolledBack) {
  FakeServer& a = primary("a");
  open_calm();
  begin();
  const CancelToken token = CancelToken::make();
  const auto answer = ask("select pg_sleep(60)", token);
  token.cancel();
  loop.settle();
  EXPECT_EQ(answer.error().kind, ErrorKind::kAborted);
  EXPECT_EQ(answer.error().outcome, Outcome::kRolledBack);
  EXPECT_TRUE(rollback().is_ok());
  EXPECT_EQ(a.cancels, 1);
  EXPECT_EQ(gauges->available.read(), 1);
}

TEST_F(TransactionEndTest, RollingBackWhileACancelEndsWaitsForIt) {
  FakeServer& a = primary("a");
  open_calm();
  begin();
  const CancelToken token = CancelToken::make();
  Box<Unit> rolled_back;
  auto request =
      query_of("select pg_sleep(60)", {}, completion_from<ResultSet, Error>([&](Expected<ResultSet>) {
                 transaction->rollback(rolled_back.completion());
               }));
  request->token = token;
  transaction->query(std::move(request));
  loop.settle();
  token.cancel();
  loop.settle();
  EXPECT_TRUE(rolled_back.is_ok());
  EXPECT_EQ(a.runs("rollback"), 1);
}

TEST_F(TransactionEndTest, AStatementThatIsAbortedBeforeItsTurnIsNotSent) {
  FakeServer& a = primary("a");
  open_calm();
  begin();
  a.hold("select 1");
  ask("select 1");
  const CancelToken token = CancelToken::make();
  const auto waiting = ask(kInsert, token);
  token.cancel();
  a.release("select 1");
  loop.settle();
  EXPECT_EQ(waiting.error().kind, ErrorKind::kAborted);
  EXPECT_EQ(a.runs(kInsert), 0);
  EXPECT_TRUE(commit().is_ok());
}

TEST_F(TransactionEndTest, ACommitThatIsOnItsWayIsNeverCancelled) {
  FakeServer& a = primary("a");
  open_calm();
  begin({}, loop.now() + milliseconds(1000));
  ask(kInsert);
  a.hold("commit");
  const auto committed = commit();
  loop.advance(milliseconds(1000));
  EXPECT_EQ(a.cancels, 0);
  ASSERT_TRUE(committed.is_error());
  EXPECT_EQ(committed.error().outcome, Outcome::kUnknown);
  a.release("commit");
}

TEST_F(TransactionEndTest, TheEndOfThePoolWaitsForIt) {
  FakeServer& a = primary("a");
  open_calm();
  begin();
  ask(kInsert);
  Box<Unit> ended;
  pool->end(milliseconds(5000), ended.completion());
  loop.advance(milliseconds(1000));
  EXPECT_FALSE(ended.is_settled());
  EXPECT_TRUE(ask(kInsert).is_ok());
  EXPECT_TRUE(commit().is_ok());
  loop.settle();
  EXPECT_TRUE(ended.is_ok());
  EXPECT_EQ(a.stored.size(), 2u);
}

TEST_F(TransactionEndTest, TheEndOfThePoolCutsItOffAtTheDrainLimit) {
  FakeServer& a = primary("a");
  open_calm();
  begin();
  ask(kInsert);
  Box<Unit> ended;
  pool->end(milliseconds(1000), ended.completion());
  loop.advance(milliseconds(1000));
  EXPECT_TRUE(ended.is_ok());
  EXPECT_TRUE(commit().is_error());
  EXPECT_TRUE(a.stored.empty());
}

}  // namespace
}  // namespace hdb
