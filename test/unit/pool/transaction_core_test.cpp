// A transaction from BEGIN to COMMIT or ROLLBACK, and the errors of its statements.
#include <optional>
#include <string>
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

}  // namespace
}  // namespace hdb
