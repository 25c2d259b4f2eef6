// An explicit transaction from BEGIN to its end, and what its caller is told when that goes wrong.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "test/unit/support/transaction_fixture.hpp"

namespace hdb {
namespace {

using test::Box;
using test::FakeServer;
using test::FakeStatement;
using test::query_of;
using test::report;
using test::Text;

constexpr const char* kInsert = "insert into t values (1)";

class TransactionCoreTest : public test::TransactionFixture {};

TEST_F(TransactionCoreTest, StoresWhatItWroteAtItsCommit) {
  FakeServer& a = primary("a");
  open_calm();
  EXPECT_TRUE(begin().is_ok());
  EXPECT_TRUE(is_open());
  EXPECT_EQ(host(), "a:5432");
  EXPECT_TRUE(ask(kInsert).is_ok());
  EXPECT_TRUE(a.stored.empty());
  EXPECT_TRUE(commit().is_ok());
  EXPECT_FALSE(is_open());
  EXPECT_TRUE(a.holds(kInsert));
  EXPECT_EQ(gauges->in_use.read(), 0);
  EXPECT_EQ(gauges->available.read(), 1);
}

TEST_F(TransactionCoreTest, ForgetsWhatItWroteAtItsRollback) {
  FakeServer& a = primary("a");
  open_calm();
  begin();
  ask(kInsert);
  EXPECT_TRUE(rollback().is_ok());
  EXPECT_TRUE(a.stored.empty());
  EXPECT_EQ(gauges->in_use.read(), 0);
}

TEST_F(TransactionCoreTest, AllItsStatementsRunOnOneSession) {
  FakeServer& a = primary("a");
  options.min_idle = 5;
  open_calm();
  begin();
  EXPECT_EQ(gauges->in_use.read(), 1);
  for (int i = 0; i < 10; ++i) ask(kInsert);
  commit();
  EXPECT_EQ(a.stored.size(), 10u);
  EXPECT_EQ(a.runs("begin"), 1);
}

TEST_F(TransactionCoreTest, SaysBeginAsItsOptionsAsk) {
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

TEST_F(TransactionCoreTest, SaysWhichIsolationIsAskedFor) {
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

TEST_F(TransactionCoreTest, DescribesAStatementWithoutRunningIt) {
  FakeServer& a = primary("a");
  open_calm();
  begin();
  const auto first = describe("select $1::int");
  ASSERT_TRUE(first.is_ok());
  ASSERT_EQ(first.value().params.size(), 1u);
  EXPECT_EQ(first.value().params[0].type_name, "int4");
  EXPECT_EQ(a.parses("select $1::int"), 1);
  EXPECT_TRUE(describe("select $1::int").is_ok());
  EXPECT_EQ(a.parses("select $1::int"), 1);  // it is known
  EXPECT_EQ(a.runs("select $1::int"), 0);
  EXPECT_EQ(describe("syntax").error().code, "42601");
  rollback();
  EXPECT_EQ(describe("select 2").error().kind, ErrorKind::kTransactionClosed);
}

TEST_F(TransactionCoreTest, ADescriptionIsOfTheSearchPathThatItWasAskedUnder) {
  FakeServer& a = primary("a");
  open_calm();
  const std::string sql = "insert into m values ($1)";
  const auto ask_pool = [&] {
    Box<StatementDescription> box;
    PoolCore::Statement statement;
    statement.request = query_of(sql);
    pool->describe(std::move(statement), box.completion());
    loop.settle();
    return box.is_ok() ? box.value().params.at(0).type_name : box.error().message;
  };
  const auto says = [&](Oid oid) { a.descriptions[sql].params = {oid}; };
  begin();
  EXPECT_TRUE(ask("set local search_path = ten").is_ok());
  says(1700);
  EXPECT_EQ(describe(sql).value().params.at(0).type_name, "numeric");
  says(25);
  EXPECT_EQ(ask_pool(), "text") << "what the transaction has learnt is of its own path";
  EXPECT_EQ(describe(sql).value().params.at(0).type_name, "numeric") << "and the other way round";
  rollback();
  // Nothing tells of a table that somebody else changes.
  says(1700);
  loop.advance(milliseconds(1001));
  EXPECT_EQ(ask_pool(), "numeric");
}

TEST_F(TransactionCoreTest, ADescriptionOfWhatChangesTheSearchPathChangesNothing) {
  primary("a");
  open_calm();
  begin();
  EXPECT_TRUE(describe("select set_config('search_path', $1, true)").is_ok());
}

TEST_F(TransactionCoreTest, ADescriptionIsLostWithItsSession) {
  FakeServer& a = primary("a");
  open_calm();
  begin();
  a.freeze();
  const auto described = describe("select $1::int");
  EXPECT_FALSE(described.is_settled());
  a.kill();
  loop.settle();
  EXPECT_EQ(described.error().kind, ErrorKind::kConnectionLost);
  EXPECT_EQ(described.error().outcome, Outcome::kRolledBack);
}

TEST_F(TransactionCoreTest, ADescriptionThatComesAfterItsTransactionIsRefused) {
  FakeServer& a = primary("a");
  open_calm();
  begin();
  a.latency = milliseconds(10);
  const auto described = describe("select $1::int");
  transaction.reset();
  loop.advance(milliseconds(100));
  EXPECT_EQ(described.error().kind, ErrorKind::kTransactionClosed);
  EXPECT_EQ(gauges->in_use.read(), 0);
}

TEST_F(TransactionCoreTest, AnErrorOfItsBeginIsTheAnswer) {
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

TEST_F(TransactionCoreTest, AClosedPoolBeginsNothing) {
  FakeServer& a = primary("a");
  open_calm();
  pool->close_now();
  EXPECT_EQ(begin().error().kind, ErrorKind::kPoolClosed);
  EXPECT_EQ(ask(kInsert).error().kind, ErrorKind::kPoolClosed);
  EXPECT_EQ(a.runs("begin"), 0);
}

TEST_F(TransactionCoreTest, StatementsThatAreGivenTogetherRunInTheirOrder) {
  FakeServer& a = primary("a");
  open_calm();
  begin();
  std::vector<Box<ResultSet>> boxes;
  for (int i = 0; i < 5; ++i) {
    boxes.emplace_back();
    const std::string sql = "insert into t values (" + std::to_string(i) + ")";
    transaction->query(query_of(sql, {}, boxes.back().completion()));
  }
  Box<Unit> committed;
  transaction->commit(committed.completion());  // waits for them
  loop.settle();
  for (const auto& box : boxes) EXPECT_TRUE(box.is_ok());
  EXPECT_TRUE(committed.is_ok());
  ASSERT_EQ(a.stored.size(), 5u);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(a.stored[static_cast<std::size_t>(i)], "insert into t values (" + std::to_string(i) + ")");
}

TEST_F(TransactionCoreTest, WhenItHasEndedEveryCallIsRefused) {
  primary("a");
  open_calm();
  begin();
  commit();
  EXPECT_EQ(ask("select 1").error().kind, ErrorKind::kTransactionClosed);
  EXPECT_EQ(commit().error().kind, ErrorKind::kTransactionClosed);
  EXPECT_EQ(rollback().error().kind, ErrorKind::kTransactionClosed);
}

TEST_F(TransactionCoreTest, AWrongParameterLeavesItOpen) {
  primary("a");
  open_calm();
  begin();
  Box<ResultSet> box;
  transaction->query(query_of("select $1::int", {Value(1.5)}, box.completion()));
  loop.settle();
  EXPECT_EQ(box.error().kind, ErrorKind::kParameter);
  EXPECT_TRUE(ask(kInsert).is_ok());
  EXPECT_TRUE(commit().is_ok());
}

TEST_F(TransactionCoreTest, AfterAnErrorLaterStatementsNameTheFirst) {
  FakeServer& a = primary("a");
  open_calm();
  begin();
  const auto first = ask("raise 23505");
  EXPECT_EQ(first.error().code, "23505");
  const auto second = ask("select 1");
  EXPECT_EQ(second.error().code, "25P02");
  EXPECT_EQ(second.error().outcome, Outcome::kNotExecuted);
  ASSERT_NE(second.error().cause, nullptr);
  EXPECT_EQ(second.error().cause->code, "23505");
  EXPECT_TRUE(rollback().is_ok());
  EXPECT_TRUE(a.stored.empty());
}

TEST_F(TransactionCoreTest, CommittingAFailedTransactionIsAnError) {
  FakeServer& a = primary("a");
  open_calm();
  begin();
  ask(kInsert);
  ask("raise 22012");
  const auto committed = commit();
  EXPECT_EQ(committed.error().kind, ErrorKind::kServer);
  EXPECT_EQ(committed.error().outcome, Outcome::kRolledBack);
  EXPECT_EQ(committed.error().code, "25P02");
  ASSERT_NE(committed.error().cause, nullptr);
  EXPECT_EQ(committed.error().cause->code, "22012");
  EXPECT_TRUE(a.stored.empty());
  EXPECT_EQ(gauges->available.read(), 1);
}

TEST_F(TransactionCoreTest, ACommitThatTheServerAnswersWithRollbackIsAnError) {
  FakeServer& a = primary("a");
  open_calm();
  begin();
  ask(kInsert);
  a.answers = [](const FakeStatement& statement) -> std::optional<test::FakeAnswer> {
    if (statement.sql != "commit") return std::nullopt;
    test::FakeAnswer answer;
    answer.command = "ROLLBACK";
    return answer;
  };
  const auto committed = commit();
  EXPECT_TRUE(committed.is_error());
  EXPECT_EQ(committed.error().outcome, Outcome::kRolledBack);
  a.answers = nullptr;
}

TEST_F(TransactionCoreTest, ACommitThatFailsIsRolledBack) {
  FakeServer& a = primary("a");
  open_calm();
  begin();
  ask(kInsert);
  a.fails_commit = report("40001", "could not serialize access");
  const auto committed = commit();
  EXPECT_EQ(committed.error().code, "40001");
  EXPECT_EQ(committed.error().outcome, Outcome::kRolledBack);
  EXPECT_TRUE(committed.error().retryable);
  EXPECT_TRUE(a.stored.empty());
}

// ---------------------------------------------------------------------------------------------- fence

TEST_F(TransactionCoreTest, BeginsOnTheNewPrimaryWhenTheOldOneTurnsOutToBeFenced) {
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

TEST_F(TransactionCoreTest, BeginsOnTheNewPrimaryWhenTheOldOneIsAStandbyNow) {
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

TEST_F(TransactionCoreTest, ATransactionThatWasOpenBeforeTheFenceIsNotCommitted) {
  FakeServer& a = primary("a");
  standby("b");
  open_calm();
  begin();
  ask(kInsert);
  a.fence();
  const auto committed = commit();
  EXPECT_EQ(committed.error().kind, ErrorKind::kFenced);
  EXPECT_EQ(committed.error().outcome, Outcome::kRolledBack);
  EXPECT_TRUE(committed.error().retryable);
  EXPECT_TRUE(a.stored.empty());
}

TEST_F(TransactionCoreTest, AReadOnlyTransactionNeedsNoGuardAtItsCommit) {
  FakeServer& a = primary("a");
  open_calm();
  TransactionOptions with;
  with.read_only = true;
  begin(with);
  ask("select 1");
  EXPECT_TRUE(commit().is_ok());
  EXPECT_EQ(a.runs(commit_guard()), 0);
}

TEST_F(TransactionCoreTest, ATransactionOfAReadModeRunsOnAStandby) {
  primary("a");
  standby("b");
  open_calm();
  TransactionOptions with;
  with.mode = Mode::kReadOnly;
  EXPECT_TRUE(begin(with).is_ok());
  EXPECT_EQ(host(), "b:5432");
  EXPECT_EQ(ask(kInsert).error().code, "25006");
  rollback();
}

// -------------------------------------------------------------------- BEGIN with the first statement

class DeferredBeginTest : public TransactionCoreTest {
 protected:
  Box<Unit> begin(TransactionOptions with = {}, TimePoint deadline = kNever) {
    with.defers_begin = true;
    return TransactionCoreTest::begin(std::move(with), deadline);
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

// --------------------------------------------------------------------------------------- loss

TEST_F(TransactionCoreTest, ALossWhileItBeginsIsNotTold) {
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

TEST_F(TransactionCoreTest, ALossBetweenItsStatementsRolledItBack) {
  FakeServer& a = primary("a");
  open_calm();
  begin();
  ask(kInsert);
  a.kill();
  loop.settle();
  EXPECT_FALSE(is_open());
  const auto answer = ask(kInsert);
  EXPECT_EQ(answer.error().kind, ErrorKind::kConnectionLost);
  EXPECT_EQ(answer.error().outcome, Outcome::kRolledBack);
  EXPECT_TRUE(answer.error().retryable);
  const auto committed = commit();
  EXPECT_EQ(committed.error().kind, ErrorKind::kConnectionLost);
  EXPECT_EQ(committed.error().outcome, Outcome::kRolledBack);
  EXPECT_TRUE(rollback().is_ok());  // the server has rolled back
  EXPECT_EQ(a.runs(kInsert), 1);
}

TEST_F(TransactionCoreTest, ALossUnderAStatementRolledItBack) {
  for (const bool with_its_begin : {false, true}) {
    servers.clear();
    FakeServer& a = primary(with_its_begin ? "a" : "b");
    open_calm();
    TransactionOptions with;
    with.defers_begin = with_its_begin;
    begin(with);
    a.watch = [&](FakeServer::Moment, const FakeStatement& statement) {
      if (statement.sql == kInsert) a.kill();
    };
    const auto answer = ask(kInsert);
    EXPECT_EQ(answer.error().kind, ErrorKind::kConnectionLost);
    EXPECT_EQ(answer.error().outcome, Outcome::kRolledBack);
    EXPECT_TRUE(answer.error().retryable);
    EXPECT_FALSE(is_open());
    EXPECT_EQ(commit().error().kind, ErrorKind::kConnectionLost);
    EXPECT_EQ(a.runs("begin"), 1);
    transaction.reset();
    close();
  }
}

TEST_F(TransactionCoreTest, ALossBeforeTheCommitWasSentIsARollback) {
  for (const bool commits : {true, false}) {
    servers.clear();
    FakeServer& a = primary(commits ? "a" : "b");
    open_calm();
    ends.clear();
    begin(watched());
    ask(kInsert);
    a.hold("select 1");
    const auto running = ask("select 1");
    const auto ended = commits ? commit() : rollback();  // waits for the statement
    EXPECT_FALSE(ended.is_settled());
    a.kill();
    loop.settle();
    EXPECT_EQ(running.error().outcome, Outcome::kRolledBack);
    EXPECT_EQ(ended.times(), 1u);
    if (commits) {
      EXPECT_EQ(ended.error().kind, ErrorKind::kConnectionLost);
      EXPECT_EQ(ended.error().outcome, Outcome::kRolledBack);
      EXPECT_EQ(ended.error().host, "a:5432");
      EXPECT_TRUE(ended.error().retryable);
    } else {
      EXPECT_TRUE(ended.is_ok());
    }
    EXPECT_EQ(ends, std::vector<Outcome>{Outcome::kRolledBack});
    EXPECT_FALSE(is_open());
    EXPECT_EQ(a.runs("commit") + a.runs("rollback"), 0);
    EXPECT_TRUE(a.stored.empty());
    transaction.reset();
    close();
  }
}

TEST_F(TransactionCoreTest, StatementsThatStillWaitGoWithTheSession) {
  FakeServer& a = primary("a");
  open_calm();
  begin();
  a.hold("select 1");
  const auto running = ask("select 1");
  const auto second = ask(kInsert);
  const auto third = ask("select 3");
  const auto committed = commit();
  a.kill();
  loop.settle();
  EXPECT_EQ(running.error().kind, ErrorKind::kConnectionLost);
  for (const auto* waiting : {&second, &third}) {
    EXPECT_EQ(waiting->error().kind, ErrorKind::kConnectionLost);
    EXPECT_EQ(waiting->error().outcome, Outcome::kRolledBack);
    EXPECT_EQ(waiting->error().host, "a:5432");
  }
  EXPECT_EQ(committed.error().outcome, Outcome::kRolledBack);
  EXPECT_EQ(a.runs(kInsert), 0);
}

TEST_F(TransactionCoreTest, NoStatementOfItIsSentOnAnotherSession) {
  FakeServer& a = primary("a");
  options.min_idle = 3;
  open_calm();
  begin();
  ask(kInsert);
  a.end_sessions();
  loop.advance(milliseconds(2000));
  EXPECT_TRUE(ask(kInsert).is_error());
  EXPECT_TRUE(commit().is_error());
  EXPECT_EQ(a.runs(kInsert), 1);
  EXPECT_EQ(a.runs("commit"), 0);
}

TEST_F(TransactionCoreTest, ALossAtTheCommitIsInDoubt) {
  for (const auto moment : {FakeServer::Moment::kCommitting, FakeServer::Moment::kCommitted}) {
    servers.clear();
    FakeServer& a = primary(moment == FakeServer::Moment::kCommitting ? "a" : "b");
    open_calm();
    begin();
    ask(kInsert);
    a.watch = [&](FakeServer::Moment now, const FakeStatement&) {
      if (now == moment) a.kill();
    };
    const auto committed = commit();
    EXPECT_EQ(committed.error().kind, ErrorKind::kInDoubt);
    EXPECT_EQ(committed.error().outcome, Outcome::kUnknown);
    EXPECT_FALSE(committed.error().retryable);
    EXPECT_EQ(a.stored.size(), moment == FakeServer::Moment::kCommitted ? 1u : 0u);
    transaction.reset();
    close();
  }
}

TEST_F(TransactionCoreTest, ACommitThatAShutdownCameBeforeRolledItBack) {
  for (const char* routine : {"ProcessInterrupts", "ProcessRecoveryConflictInterrupt", ""}) {
    FakeServer& a = primary(std::string("a") + routine);
    open_calm();
    begin();
    ask(kInsert);
    a.fails_commit = report("57P01", "terminating connection", "FATAL", routine);
    const auto committed = commit();
    // Without its routine it may be a pooler's, which knows nothing of the COMMIT.
    const bool is_known = *routine != '\0';
    EXPECT_EQ(committed.error().outcome, is_known ? Outcome::kRolledBack : Outcome::kUnknown) << routine;
    EXPECT_EQ(committed.error().retryable, is_known) << routine;
    EXPECT_TRUE(a.stored.empty());
    transaction.reset();
    close();
    servers.clear();
  }
}

TEST_F(TransactionCoreTest, ALossAtTheCommitOfAReadModeIsARollback) {
  primary("a");
  FakeServer& b = standby("b");
  for (const bool is_opened : {false, true}) {
    open_calm();
    TransactionOptions with;
    with.mode = Mode::kReadOnly;
    begin(with);
    if (is_opened) ask("set transaction read write");
    ask("select 1");
    b.watch = [&](FakeServer::Moment, const FakeStatement& statement) {
      if (statement.sql != "commit") return;
      b.watch = nullptr;
      b.end_sessions("40001");
    };
    const auto committed = commit();
    EXPECT_EQ(committed.error().outcome, is_opened ? Outcome::kUnknown : Outcome::kRolledBack);
    EXPECT_EQ(committed.error().retryable, !is_opened);
    transaction.reset();
    close();
  }
}

class CommitProofTest : public TransactionCoreTest {
 protected:
  /// Its server says where it is, and what it knows of the xid.
  FakeServer& proving(const std::string& name) {
    FakeServer& server = primary(name);
    server.answers = [this](const FakeStatement& statement) -> std::optional<test::FakeAnswer> {
      test::FakeAnswer answer;
      if (statement.sql == proof_guard()) {
        answer.rows = {{"0", xid, "0/200", "00000001", "1000.5", std::nullopt}};
        return answer;
      }
      if (statement.sql != evidence_sql()) return std::nullopt;
      EXPECT_EQ(statement.params.front(), xid);
      ++asked;
      if (asked > in_progress) {
        answer.rows = {{"00000001", "2000.5", replayed, status, up}};
      } else {
        answer.rows = {{"00000001", "2000.5", "0/300", "in progress", "1"}};
      }
      return answer;
    };
    pq::Description description;
    description.params = {25};
    for (int i = 0; i < 5; ++i) {
      description.columns.emplace_back();
      description.columns.back().field.type_oid = 25;
    }
    server.descriptions[evidence_sql()] = description;
    return server;
  }
  /// The server restarts under the COMMIT.
  Box<Unit> lose_commit(FakeServer& a, FakeServer::Moment moment = FakeServer::Moment::kCommitted) {
    TransactionOptions with;
    with.commit_proof = true;
    begin(with);
    ask(kInsert);
    a.watch = [&a, moment](FakeServer::Moment now, const FakeStatement&) {
      if (now != moment) return;
      a.watch = nullptr;
      a.kill();
      a.start();
    };
    const auto committed = commit();
    loop.advance(milliseconds(5000));
    return committed;
  }

  Text xid = "731";
  Text replayed = "0/300";
  Text status = "committed";
  Text up = "1";
  int in_progress = 0;
  int asked = 0;
};

/// What could not be proven stays in doubt, and says why.
void expect_in_doubt(const Error& error, const std::string& why) {
  EXPECT_EQ(error.kind, ErrorKind::kInDoubt);
  EXPECT_EQ(error.outcome, Outcome::kUnknown);
  EXPECT_FALSE(error.retryable);
  ASSERT_FALSE(error.causes.empty());
  EXPECT_NE(error.causes.back().find(why), std::string::npos);
}

TEST_F(CommitProofTest, ACommitThatIsFoundIsASuccess) {
  FakeServer& a = proving("a");
  open_calm();
  EXPECT_TRUE(lose_commit(a).is_ok());
  EXPECT_EQ(asked, 1);
}

TEST_F(CommitProofTest, ACommitThatIsNotThereRolledTheTransactionBack) {
  FakeServer& a = proving("a");
  replayed = "0/1FF";  // whatever the status says
  open_calm();
  const auto committed = lose_commit(a);
  EXPECT_EQ(committed.error().kind, ErrorKind::kConnectionLost);
  EXPECT_EQ(committed.error().outcome, Outcome::kRolledBack);
  EXPECT_TRUE(committed.error().retryable);
  EXPECT_EQ(committed.error().cause->kind, ErrorKind::kInDoubt);
  EXPECT_EQ(committed.error().host, "a:5432");
}

TEST_F(CommitProofTest, OneThatIsStillUnderWayIsAskedForAgain) {
  FakeServer& a = proving("a");
  in_progress = 3;
  status = "aborted";
  open_calm();
  EXPECT_EQ(lose_commit(a).error().outcome, Outcome::kRolledBack);
  EXPECT_EQ(asked, 4);
}

TEST_F(CommitProofTest, WhatCannotBeProvenStaysInDoubtAndSaysWhy) {
  FakeServer& a = proving("a");
  status = std::nullopt;
  open_calm();
  const auto committed = lose_commit(a);
  expect_in_doubt(committed.error(), "proves nothing");
}

TEST_F(CommitProofTest, ATransactionThatHasWrittenNothingIsNotInDoubt) {
  FakeServer& a = proving("a");
  xid = std::nullopt;
  open_calm();
  EXPECT_EQ(lose_commit(a).error().outcome, Outcome::kRolledBack);
  EXPECT_EQ(asked, 0);
}

TEST_F(CommitProofTest, AMalformedAnswerLeavesItInDoubt) {
  FakeServer& a = proving("a");
  up = "soon";
  open_calm();
  const auto committed = lose_commit(a);
  expect_in_doubt(committed.error(), "malformed");
}

TEST_F(CommitProofTest, AHandleThatIsDroppedAsksNoMore) {
  FakeServer& a = proving("a");
  in_progress = 1000;
  open_calm();
  const auto committed = lose_commit(a);
  EXPECT_FALSE(committed.is_settled());
  EXPECT_GT(asked, 10);
  const int before = asked;
  transaction.reset();
  EXPECT_EQ(committed.times(), 1u);  // no promise is forgotten
  loop.advance(milliseconds(1000));
  EXPECT_EQ(asked, before);
  EXPECT_EQ(committed.times(), 1u);
}

TEST_F(CommitProofTest, AHandleThatIsDroppedUnderItsCommitIsCommittedAllTheSame) {
  FakeServer& a = proving("a");
  open_calm();
  TransactionOptions with;
  with.commit_proof = true;
  begin(with);
  ask(kInsert);
  a.latency = milliseconds(10);
  const auto committed = commit();
  transaction.reset();
  loop.advance(milliseconds(100));
  EXPECT_TRUE(a.holds(kInsert));
  EXPECT_EQ(committed.times(), 1u);
  EXPECT_EQ(gauges->in_use.read(), 0);
}

TEST_F(CommitProofTest, AnOldServerIsNotAskedForTheFacts) {
  FakeServer& a = proving("a");
  a.version = 120015;
  open_calm();
  TransactionOptions with;
  with.commit_proof = true;
  begin(with);
  ask(kInsert);
  EXPECT_TRUE(commit().is_ok());
  EXPECT_EQ(a.runs(proof_guard()), 0);
  EXPECT_EQ(a.runs(commit_guard()), 1);
}

TEST_F(CommitProofTest, WithoutTheFactsItStaysInDoubt) {
  FakeServer& a = proving("a");
  open_calm();
  TransactionOptions with;
  with.commit_proof = true;
  begin(with);
  ask(kInsert);
  a.watch = [&](FakeServer::Moment, const FakeStatement& statement) {
    if (statement.sql == proof_guard()) a.kill();
  };
  const auto committed = commit();
  EXPECT_EQ(committed.error().kind, ErrorKind::kInDoubt);
  EXPECT_NE(committed.error().causes.back().find("had not arrived"), std::string::npos);
}

TEST_F(CommitProofTest, NobodyToAskLeavesItInDoubt) {
  FakeServer& a = proving("a");
  options.acquire_timeout = milliseconds(1000);
  open_calm();
  TransactionOptions with;
  with.commit_proof = true;
  begin(with);
  ask(kInsert);
  a.watch = [&](FakeServer::Moment now, const FakeStatement&) {
    if (now == FakeServer::Moment::kCommitted) a.kill();
  };
  const auto committed = commit();
  EXPECT_FALSE(committed.is_settled());
  loop.advance(milliseconds(2000));
  EXPECT_EQ(committed.error().kind, ErrorKind::kInDoubt);
  EXPECT_NE(committed.error().causes.back().find("no writable primary"), std::string::npos);
}

TEST_F(TransactionCoreTest, ALossWhileTheCommitHadNotLeftRolledItBack) {
  FakeServer& a = primary("a");
  open_calm();
  begin();
  ask(kInsert);
  a.block();
  const auto committed = commit();
  EXPECT_FALSE(committed.is_settled());
  a.kill();
  a.unblock();
  loop.settle();
  EXPECT_EQ(committed.error().outcome, Outcome::kRolledBack);
  EXPECT_EQ(committed.error().kind, ErrorKind::kConnectionLost);
  EXPECT_TRUE(committed.error().retryable);
  EXPECT_TRUE(a.stored.empty());
}

TEST_F(TransactionCoreTest, ALossAtTheRollbackIsARollback) {
  FakeServer& a = primary("a");
  open_calm();
  begin();
  ask(kInsert);
  a.watch = [&](FakeServer::Moment, const FakeStatement& statement) {
    if (statement.sql == "rollback") a.kill();
  };
  EXPECT_TRUE(rollback().is_ok());
}

TEST_F(TransactionCoreTest, ACommitThatTheStandbyDidNotConfirmIsTold) {
  FakeServer& a = primary("a");
  open_calm();
  begin();
  ask(kInsert);
  a.reports_unreplicated = true;
  const auto committed = commit();
  EXPECT_EQ(committed.error().kind, ErrorKind::kNotReplicated);
  EXPECT_EQ(committed.error().outcome, Outcome::kCommittedLocally);
  EXPECT_TRUE(a.holds(kInsert));
}

TEST_F(TransactionCoreTest, ACommitThatTheStandbyDidNotConfirmMayResolve) {
  FakeServer& a = primary("a");
  options.on_unreplicated = OnUnreplicated::kWarn;
  open_calm();
  begin(watched());
  ask(kInsert);
  a.reports_unreplicated = true;
  EXPECT_TRUE(commit().is_ok());
  EXPECT_EQ(ends, std::vector<Outcome>{Outcome::kCommittedLocally});
  EXPECT_TRUE(a.holds(kInsert));
}

// ---------------------------------------------------------------------------- dropping, time, aborting

TEST_F(TransactionCoreTest, AHandleThatIsDroppedIsRolledBack) {
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

TEST_F(TransactionCoreTest, AHandleThatIsDroppedWhileItWaitsLeavesTheQueue) {
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

TEST_F(TransactionCoreTest, AHandleThatIsDroppedWhileAStatementRunsIsCleanedAfterwards) {
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

TEST_F(TransactionCoreTest, AnIdleTransactionEndsAtItsDeadline) {
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

TEST_F(TransactionCoreTest, WhatMayStillCompleteIsNotCommittedWithTheRest) {
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

TEST_F(TransactionCoreTest, ARunningStatementEndsAtTheDeadlineOfItsTransaction) {
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

TEST_F(TransactionCoreTest, AnAbortedStatementIsCancelledAndTheTransactionCanBeRolledBack) {
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

TEST_F(TransactionCoreTest, RollingBackWhileACancelEndsWaitsForIt) {
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

TEST_F(TransactionCoreTest, AStatementThatIsAbortedBeforeItsTurnIsNotSent) {
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

TEST_F(TransactionCoreTest, ACommitThatIsOnItsWayIsNeverCancelled) {
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

TEST_F(TransactionCoreTest, WithoutAPrimaryBeginningFailsAfterTheWait) {
  primary("a").kill();
  options.acquire_timeout = milliseconds(500);
  open();
  const auto begun = begin();
  loop.advance(milliseconds(500));
  EXPECT_EQ(begun.error().kind, ErrorKind::kNoPrimary);
  EXPECT_EQ(ask("select 1").error().kind, ErrorKind::kNoPrimary);
}

TEST_F(TransactionCoreTest, TheEndOfThePoolWaitsForIt) {
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

TEST_F(TransactionCoreTest, TheEndOfThePoolCutsItOffAtTheDrainLimit) {
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
