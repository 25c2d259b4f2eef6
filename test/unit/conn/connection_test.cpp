// What a session is free for when it has answered, and how it ends.
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "test/unit/support/connection_fixture.hpp"

namespace hdb {
namespace {

using test::FakeAnswer;
using test::FakeStatement;
using test::query_of;
using test::report;
using test::script_of;

class ConnectionTest : public test::ConnectionFixture {};

TEST_F(ConnectionTest, StoppingAnIdleConnectionClosesItAtOnce) {
  open();
  connection->stop(Error::make(ErrorKind::kPoolClosed, "Over."));
  EXPECT_EQ(state(), ConnectionState::kClosed);
  EXPECT_EQ(owner.closed, 1);
  EXPECT_EQ(owner.why.kind, ErrorKind::kPoolClosed);
  connection->stop(Error::make(ErrorKind::kInternal, "Twice."));
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(ConnectionTest, AConnectionIsStoppedOnceAndForItsFirstReason) {
  open();
  const auto answer = send("select pg_sleep(60)");
  loop.settle();
  connection->stop(Error::make(ErrorKind::kPoolClosed, "First."));
  connection->stop(Error::make(ErrorKind::kInternal, "Second."));
  EXPECT_EQ(owner.closed, 0);
  loop.settle();
  EXPECT_EQ(server.cancels, 1);
  EXPECT_EQ(answer->error().kind, ErrorKind::kPoolClosed);
  EXPECT_EQ(answer->error().message, "First.");
  EXPECT_EQ(answer->error().outcome, Outcome::kRolledBack);
  EXPECT_EQ(owner.closed, 1);
  EXPECT_EQ(owner.why.message, "First.");
}

TEST_F(ConnectionTest, StoppingWaitsForACancelThatIsUnderWay) {
  open();
  server.ignores_cancel = true;
  const auto [answer, token] = send_abortable("select pg_sleep(60)");
  loop.settle();
  token.cancel();
  loop.advance(milliseconds(1000));
  connection->stop(Error::make(ErrorKind::kPoolClosed, "Over."));
  loop.advance(milliseconds(999));
  EXPECT_EQ(owner.closed, 0);
  loop.advance(milliseconds(1));  // the time of the cancel, not one more
  EXPECT_EQ(owner.closed, 1);
  EXPECT_EQ(server.cancels, 1);
  EXPECT_EQ(answer->error().kind, ErrorKind::kAborted);
  EXPECT_EQ(answer->error().outcome, Outcome::kUnknown);
}

TEST_F(ConnectionTest, StoppingKeepsWhatIsBeingPreparedFromRunning) {
  config.statement_cache_size = 1;
  open();
  learn("select 1");
  learn("select 2");
  const auto answer = send("select 3");  // behind the errand that gives back the first name
  connection->stop(Error::make(ErrorKind::kPoolClosed, "Over."));
  loop.settle();
  EXPECT_EQ(server.runs("deallocate p_1"), 1);
  EXPECT_EQ(server.runs("select 3"), 0);
  EXPECT_EQ(answer->error().kind, ErrorKind::kPoolClosed);
  EXPECT_EQ(answer->error().outcome, Outcome::kNotExecuted);
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(ConnectionTest, StoppingUnderACommitLeavesItOpen) {
  open();
  server.hold("commit");
  auto made = script_of({"commit"});
  made->scope = Scope::kCommit;
  const auto answer = send(std::move(made));
  loop.settle();
  connection->stop(Error::make(ErrorKind::kPoolClosed, "Over."));
  EXPECT_EQ(answer->error().kind, ErrorKind::kPoolClosed);
  EXPECT_EQ(answer->error().outcome, Outcome::kUnknown);
  EXPECT_EQ(owner.closed, 1);
  loop.settle();
  EXPECT_EQ(server.cancels, 0);
}

TEST_F(ConnectionTest, ASessionThatCannotBeResetIsClosed) {
  open();
  server.answers = [](const FakeStatement& statement) -> std::optional<FakeAnswer> {
    if (statement.sql != "rollback") return std::nullopt;
    FakeAnswer answer;  // and nothing happens
    answer.command = "ROLLBACK";
    return answer;
  };
  const int free = owner.free;
  EXPECT_EQ(run("begin")->error().outcome, Outcome::kRolledBack);
  EXPECT_EQ(server.runs("rollback"), 1);
  EXPECT_EQ(owner.closed, 1);
  EXPECT_EQ(owner.why.kind, ErrorKind::kInternal);
  EXPECT_EQ(owner.free, free);
}

TEST_F(ConnectionTest, WhoeverIsAnsweredMayCloseTheConnection) {
  open();
  auto made = query_of("select 1");
  int answered = 0;
  made->done = [&](std::unique_ptr<Request>, const Expected<Reply>& reply) {
    answered += reply.ok() ? 1 : 0;
    close();
  };
  const int free = owner.free;
  connection->send(std::move(made));
  loop.settle();
  EXPECT_EQ(answered, 1);
  EXPECT_EQ(owner.closed, 1);
  EXPECT_EQ(owner.free, free);  // not free: closed
}

TEST_F(ConnectionTest, TheOwnerMayCloseANodeThatChanged) {
  open();
  learn("select 1");
  owner.on_change = [this](Connection&) { close(); };
  const int free = owner.free;
  server.fence();
  EXPECT_TRUE(run("select 1")->is_ok());
  EXPECT_EQ(owner.changes, std::vector<NodeState>{NodeState::kReadOnly});
  EXPECT_EQ(owner.closed, 1);
  EXPECT_EQ(owner.free, free);
}

TEST_F(ConnectionTest, TheOwnerMayCloseASilentConnection) {
  open();
  owner.on_silence = [this](Connection&) { close(); };
  const auto answer = send("select pg_sleep(5)");
  loop.advance(milliseconds(6000));
  EXPECT_EQ(owner.silent, 1);
  EXPECT_EQ(owner.closed, 1);
  EXPECT_EQ(answer->error().message, "Over.");
}

TEST_F(ConnectionTest, APinWhileItRunsHoldsItAfterwards) {
  open();
  const auto answer = send("select 1");
  connection->pin();
  EXPECT_EQ(state(), ConnectionState::kBusy);
  loop.settle();
  EXPECT_TRUE(answer->is_ok());
  EXPECT_EQ(state(), ConnectionState::kHeld);
  const int free = owner.free;
  connection->unpin();
  connection->unpin();  // it is nobody's already
  EXPECT_EQ(state(), ConnectionState::kIdle);
  EXPECT_EQ(owner.free, free + 1);
}

TEST_F(ConnectionTest, ASilentStatementIsToldOnce) {
  open();
  const auto answer = send("select pg_sleep(5)");
  loop.advance(milliseconds(999));
  EXPECT_EQ(owner.silent, 0);
  loop.advance(milliseconds(1));
  EXPECT_EQ(owner.silent, 1);
  loop.advance(milliseconds(4000));
  EXPECT_EQ(owner.silent, 1);
  EXPECT_TRUE(answer->is_ok());
  loop.advance(milliseconds(60000));
  EXPECT_EQ(owner.silent, 1);  // an idle session is silent by nature
}

TEST_F(ConnectionTest, ASessionThatComesBackInsideATransactionIsRolledBack) {
  open();
  const auto answer = run("begin");
  EXPECT_EQ(answer->error().outcome, Outcome::kRolledBack);
  EXPECT_EQ(server.runs("rollback"), 1);
  EXPECT_EQ(state(), ConnectionState::kIdle);
  EXPECT_EQ(owner.free, 1);
}

TEST_F(ConnectionTest, AResetThatIsNotAnsweredClosesTheSession) {
  open();
  server.hold("rollback");
  run("begin");
  EXPECT_EQ(state(), ConnectionState::kResetting);
  loop.advance(milliseconds(2000));
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(ConnectionTest, APinnedSessionIsHeldBetweenItsStatements) {
  open();
  connection->pin();
  EXPECT_EQ(state(), ConnectionState::kHeld);
  learn("begin");
  EXPECT_EQ(state(), ConnectionState::kHeld);
  EXPECT_EQ(server.runs("rollback"), 0);
  learn("commit");
  connection->unpin();
  EXPECT_EQ(state(), ConnectionState::kIdle);
  EXPECT_EQ(server.runs("rollback"), 0);
}

TEST_F(ConnectionTest, ADirtySessionIsRolledBackWhenItIsGivenBack) {
  open();
  connection->pin();
  learn("begin");
  learn("insert into t values (1)");
  connection->unpin();
  EXPECT_EQ(state(), ConnectionState::kResetting);
  loop.settle();
  EXPECT_EQ(state(), ConnectionState::kIdle);
  EXPECT_EQ(server.runs("rollback"), 1);
  EXPECT_TRUE(server.stored.empty());
}

TEST_F(ConnectionTest, APinnedSessionGivenBackWhileItRunsIsCleanedAfterwards) {
  open();
  connection->pin();
  learn("begin");
  server.hold("select 1");
  auto made = query_of("select 1");
  made->scope = Scope::kTransaction;
  const auto answer = send(std::move(made));
  loop.settle();
  connection->unpin();
  EXPECT_EQ(state(), ConnectionState::kBusy);
  server.release("select 1");
  loop.settle();
  EXPECT_TRUE(answer->is_ok());
  EXPECT_EQ(state(), ConnectionState::kIdle);
  EXPECT_EQ(server.runs("rollback"), 1);
}

TEST_F(ConnectionTest, ANoticeOfAFunctionEndsNoSession) {
  open();
  ServerReport notice = test::report("57P01", "of a function", "WARNING", "exec_stmt_raise");
  notice.where = "PL/pgSQL function f() line 1 at RAISE";
  const auto answer = send("select 1");
  tap.handler->on_notice(notice);
  loop.settle();
  EXPECT_TRUE(answer->is_ok());
  EXPECT_EQ(owner.leaving, 0);
  EXPECT_EQ(state(), ConnectionState::kIdle);
}

TEST_F(ConnectionTest, AnIdleSessionIsRetiredAtOnce) {
  open();
  connection->retire();
  EXPECT_EQ(owner.closed, 1);
  loop.settle();
  EXPECT_EQ(server.sessions(), 0u);
}

TEST_F(ConnectionTest, ABusySessionIsRetiredAfterItsAnswer) {
  open();
  const auto answer = send("select 1");
  connection->retire();
  EXPECT_EQ(owner.closed, 0);
  loop.settle();
  EXPECT_TRUE(answer->is_ok());
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(ConnectionTest, AHeldSessionIsRetiredWhenItIsGivenBack) {
  open();
  connection->pin();
  learn("begin");
  connection->retire();
  learn("commit");
  EXPECT_EQ(owner.closed, 0);
  connection->unpin();
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(ConnectionTest, OnlyKnownAutocommitStatementsShareASession) {
  open();
  EXPECT_FALSE(connection->takes_company());      // idle: just send
  for (int i = 0; i < 2; ++i) learn("select 1");  // the first time tells nothing
  server.hold("select 1");
  const auto first = send("select 1");
  EXPECT_TRUE(connection->takes_company());
  const auto unknown = send("select 3");
  EXPECT_FALSE(connection->takes_company());
  server.release("select 1");
  loop.settle();
  EXPECT_TRUE(first->is_ok());
  EXPECT_TRUE(unknown->is_ok());
  connection->pin();
  send("select 1");
  EXPECT_FALSE(connection->takes_company());
  loop.settle();
  connection->unpin();
}

TEST_F(ConnectionTest, StatementsThatShareASessionHaveTheirOwnTransactions) {
  open();
  learn("insert into t values (1)");
  learn("divide");
  const std::size_t before = server.stored.size();
  server.answers = [](const FakeStatement& statement) -> std::optional<FakeAnswer> {
    if (statement.sql != "divide") return std::nullopt;
    FakeAnswer answer;
    answer.error = report("22012", "division by zero");
    return answer;
  };
  const auto first = send("insert into t values (1)");
  const auto second = send("divide");
  const auto third = send("insert into t values (1)");
  loop.settle();
  EXPECT_TRUE(first->is_ok());
  EXPECT_EQ(second->error().code, "22012");
  EXPECT_TRUE(third->is_ok());
  EXPECT_EQ(server.stored.size(), before + 2);
}

}  // namespace
}  // namespace hdb
