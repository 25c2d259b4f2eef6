// A transaction whose connection is lost or fenced, and what its caller is told.
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "test/unit/support/transaction_fixture.hpp"

namespace hdb {
namespace {

using test::FakeServer;
using test::FakeStatement;
using test::report;

class TransactionLossTest : public test::TransactionFixture {};

TEST_F(TransactionLossTest, ATransactionThatWasOpenBeforeTheFenceIsNotCommitted) {
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

TEST_F(TransactionLossTest, ALossBetweenItsStatementsRolledItBack) {
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

TEST_F(TransactionLossTest, ALossUnderAStatementRolledItBack) {
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

TEST_F(TransactionLossTest, ALossBeforeTheCommitWasSentIsARollback) {
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

TEST_F(TransactionLossTest, StatementsThatStillWaitGoWithTheSession) {
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

TEST_F(TransactionLossTest, NoStatementOfItIsSentOnAnotherSession) {
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

TEST_F(TransactionLossTest, ALossAtTheCommitIsInDoubt) {
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

TEST_F(TransactionLossTest, ACommitThatAShutdownCameBeforeRolledItBack) {
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

TEST_F(TransactionLossTest, ALossAtTheCommitOfAReadModeIsARollback) {
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

TEST_F(TransactionLossTest, ALossWhileTheCommitHadNotLeftRolledItBack) {
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

TEST_F(TransactionLossTest, ALossAtTheRollbackIsARollback) {
  FakeServer& a = primary("a");
  open_calm();
  begin();
  ask(kInsert);
  a.watch = [&](FakeServer::Moment, const FakeStatement& statement) {
    if (statement.sql == "rollback") a.kill();
  };
  EXPECT_TRUE(rollback().is_ok());
}

TEST_F(TransactionLossTest, ADescriptionIsLostWithItsSession) {
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

}  // namespace
}  // namespace hdb
