// Deadlines and signals of what is in flight, and the cancels that they send.
#include <memory>
#include <utility>

#include "test/unit/support/connection_fixture.hpp"

namespace hdb {
namespace {

using test::Answer;
using test::query_of;
using test::script_of;

class CancelFlowTest : public test::ConnectionFixture {};

TEST_F(CancelFlowTest, AnAbortedStatementIsCancelledOnTheServer) {
  open();
  const auto [answer, token] = send_abortable("select pg_sleep(60)");
  loop.advance(milliseconds(100));
  token.cancel();
  loop.settle();
  EXPECT_EQ(server.cancels, 1);
  EXPECT_EQ(answer->error().kind, ErrorKind::kAborted);
  EXPECT_EQ(answer->error().code, "ABORT_ERR");
  EXPECT_EQ(answer->error().outcome, Outcome::kRolledBack);
  EXPECT_EQ(state(), ConnectionState::kIdle);
  EXPECT_TRUE(run("select 1")->is_ok());
}

TEST_F(CancelFlowTest, AStatementIsCancelledAtItsDeadline) {
  open();
  auto made = query_of("select pg_sleep(60)");
  made->deadline = loop.now() + milliseconds(300);
  const auto answer = send(std::move(made));
  loop.advance(milliseconds(299));
  EXPECT_EQ(answer->times, 0);
  loop.advance(milliseconds(1));
  EXPECT_EQ(answer->error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(answer->error().code, "ETIMEDOUT");
  EXPECT_EQ(answer->error().outcome, Outcome::kRolledBack);
  EXPECT_EQ(state(), ConnectionState::kIdle);
}

TEST_F(CancelFlowTest, AStatementThatCompletesInSpiteOfItsCancelResolves) {
  open();
  server.ignores_cancel = true;
  server.hold("insert into t values (1)");
  const auto [answer, token] = send_abortable("insert into t values (1)");
  loop.settle();
  token.cancel();
  loop.settle();
  EXPECT_EQ(state(), ConnectionState::kCancelling);
  server.release("insert into t values (1)");
  loop.settle();
  EXPECT_TRUE(answer->is_ok());
  EXPECT_EQ(state(), ConnectionState::kIdle);
}

TEST_F(CancelFlowTest, ACancelThatDoesNotHelpIsBounded) {
  open();
  server.ignores_cancel = true;
  const auto [answer, token] = send_abortable("select pg_sleep(60)");
  loop.settle();
  token.cancel();
  loop.advance(milliseconds(1999));
  EXPECT_EQ(owner.closed, 0);
  loop.advance(milliseconds(1));
  EXPECT_EQ(answer->error().kind, ErrorKind::kAborted);
  EXPECT_EQ(answer->error().outcome, Outcome::kUnknown);
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(CancelFlowTest, WhoseTimeIsUpIsToldThoughItsCancelHasNoAnswer) {
  open();
  learn("insert into t values (1)");
  server.ignores_cancel = true;
  server.hold("insert into t values (1)");
  auto made = query_of("insert into t values (1)");
  made->deadline = loop.now() + milliseconds(100);
  const auto answer = send(std::move(made));
  loop.advance(milliseconds(349));
  EXPECT_EQ(answer->times, 0);
  loop.advance(milliseconds(1));
  EXPECT_EQ(answer->error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(answer->error().outcome, Outcome::kUnknown);
  // The session goes on waiting, and is as good as ever when the statement has ended.
  EXPECT_EQ(state(), ConnectionState::kCancelling);
  EXPECT_FALSE(connection->takes_company());
  const int free = owner.free;
  server.release("insert into t values (1)");
  loop.settle();
  EXPECT_EQ(answer->times, 1);
  EXPECT_EQ(state(), ConnectionState::kIdle);
  EXPECT_EQ(owner.free, free + 1);
  EXPECT_TRUE(run("insert into t values (1)")->is_ok());
}

TEST_F(CancelFlowTest, NobodyWaitsBeyondHisTimeLimitForTheEndOfAPool) {
  open();
  server.ignores_cancel = true;
  auto made = query_of("select pg_sleep(60)");
  made->deadline = loop.now() + milliseconds(300);
  const auto answer = send(std::move(made));
  loop.advance(milliseconds(100));
  connection->stop(Error::make(ErrorKind::kPoolClosed, "Over."));
  loop.advance(milliseconds(449));
  EXPECT_EQ(answer->times, 0);
  loop.advance(milliseconds(1));
  EXPECT_EQ(answer->error().kind, ErrorKind::kPoolClosed);
  EXPECT_EQ(answer->error().outcome, Outcome::kUnknown);
  EXPECT_EQ(owner.closed, 0);
  loop.advance(milliseconds(2000));
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(CancelFlowTest, WhoIsFarAwayIsGivenFourRoundTrips) {
  server.latency = milliseconds(100);
  dial();
  loop.advance(milliseconds(1000));
  server.ignores_cancel = true;
  auto made = query_of("select pg_sleep(60)");
  made->deadline = loop.now() + milliseconds(500);
  const auto answer = send(std::move(made));
  loop.advance(milliseconds(500 + 799));
  EXPECT_EQ(answer->times, 0);
  loop.advance(milliseconds(1));
  EXPECT_EQ(answer->error().kind, ErrorKind::kTimeout);
}

TEST_F(CancelFlowTest, ALoginThatTookLongMakesNobodyFarAway) {
  server.latency = milliseconds(300);
  dial();
  loop.advance(milliseconds(2000));
  server.latency = {};
  ASSERT_TRUE(run("select 1")->is_ok());
  server.ignores_cancel = true;
  auto made = query_of("select pg_sleep(60)");
  made->deadline = loop.now() + milliseconds(500);
  const auto answer = send(std::move(made));
  loop.advance(milliseconds(500 + 249));
  EXPECT_EQ(answer->times, 0);
  loop.advance(milliseconds(1));
  EXPECT_EQ(answer->error().kind, ErrorKind::kTimeout);
}

TEST_F(CancelFlowTest, WhatWasGivenUpWhileItWasPreparedNeverRuns) {
  config.statement_cache_size = 4;
  open();
  server.ignores_cancel = true;
  server.hold_parse("insert into t values (1)");
  auto made = query_of("insert into t values (1)");
  made->deadline = loop.now() + milliseconds(100);
  const auto answer = send(std::move(made));
  loop.advance(milliseconds(350));
  EXPECT_EQ(answer->error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(answer->error().outcome, Outcome::kNotExecuted);
  server.release_parse("insert into t values (1)");
  loop.settle();
  EXPECT_EQ(server.runs("insert into t values (1)"), 0);
  EXPECT_EQ(state(), ConnectionState::kIdle);
  run("select 1");
  EXPECT_EQ(server.runs("deallocate p_1"), 1);  // the name that it was prepared as
}

TEST_F(CancelFlowTest, WhatHasNotLeftWhenItsCallerIsToldNeverRuns) {
  open();
  learn("insert into t values (1)");
  server.block();
  auto made = query_of("insert into t values (1)");
  made->deadline = loop.now() + milliseconds(100);
  const auto answer = send(std::move(made));
  loop.advance(milliseconds(350));
  EXPECT_EQ(answer->error().outcome, Outcome::kNotSent);
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(CancelFlowTest, ATimeLimitThatHasEndedBoundsNobodyBehindIt) {
  open();
  learn("select 1");
  learn("select 2");
  server.hold("select 1");
  server.hold("select 2");
  auto made = query_of("select 1");
  made->deadline = loop.now() + milliseconds(100);
  const auto first = send(std::move(made));
  const auto second = send("select 2");
  loop.advance(milliseconds(500));
  server.release("select 1");
  loop.advance(milliseconds(5000));
  EXPECT_EQ(owner.closed, 0);
  server.release("select 2");
  loop.settle();
  EXPECT_EQ(first->error().kind, ErrorKind::kTimeout);
  EXPECT_TRUE(second->is_ok());
}

TEST_F(CancelFlowTest, AnAbortThatComesTooLateHitsNobodyElse) {
  open();
  server.hold("select 1");
  const auto [answer, token] = send_abortable("select 1");
  loop.settle();
  server.release("select 1");
  while (answer->times == 0) loop.step();
  token.cancel();  // seen in the next turn, when the same request runs without a signal
  answer->request->token = {};
  answer->request->query()->sql = "select pg_sleep(1)";
  answer->request->query()->info = nullptr;
  answer->request->rewind();
  const auto next = send(std::move(answer->request));
  loop.advance(milliseconds(2000));
  EXPECT_TRUE(next->is_ok());
  EXPECT_EQ(server.cancels, 0);
}

TEST_F(CancelFlowTest, TheBoundOfACancelCountsFromTheDeadlineAlsoBehindOthers) {
  open();
  learn("select 1");
  learn("select 2");
  server.hold("select 1");
  server.hold("select 2");
  server.ignores_cancel = true;
  const auto first = send("select 1");
  auto made = query_of("select 2");
  made->deadline = loop.now() + milliseconds(100);
  const auto second = send(std::move(made));
  loop.advance(milliseconds(600));
  EXPECT_EQ(server.cancels, 0);  // it would hit the neighbour
  EXPECT_EQ(second->error().kind, ErrorKind::kTimeout);
  server.release("select 1");
  loop.advance(milliseconds(1499));
  EXPECT_TRUE(first->is_ok());
  EXPECT_EQ(owner.closed, 0);
  loop.advance(milliseconds(1));
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(CancelFlowTest, TheBoundOfACancelCountsFromADeadlineThatHadPassedBefore) {
  open();
  learn("select 1");
  server.hold("select 1");
  server.ignores_cancel = true;
  auto made = query_of("select 1");
  made->deadline = loop.now() - milliseconds(500);
  const auto answer = send(std::move(made));
  loop.advance(milliseconds(1499));
  EXPECT_EQ(answer->error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(owner.closed, 0);
  loop.advance(milliseconds(1));
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(CancelFlowTest, TakesNoNewWorkBeforeTheCancelsOwnConnectionHasEnded) {
  open();
  server.loses_cancel = true;
  const auto [answer, token] = send_abortable("select pg_sleep(60)");
  loop.settle();
  const int free_before = owner.free;
  token.cancel();
  loop.settle();
  EXPECT_EQ(answer->error().kind, ErrorKind::kAborted);
  EXPECT_EQ(state(), ConnectionState::kCancelling);
  EXPECT_EQ(owner.free, free_before);
  loop.advance(milliseconds(2000));
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(CancelFlowTest, ACommitIsNeverCancelled) {
  open();
  server.hold("commit");
  auto made = script_of({"commit"});
  made->scope = Scope::kCommit;
  made->deadline = loop.now() + milliseconds(100);
  const auto answer = send(std::move(made));
  loop.advance(milliseconds(100));
  EXPECT_EQ(server.cancels, 0);
  EXPECT_EQ(answer->error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(answer->error().outcome, Outcome::kUnknown);
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(CancelFlowTest, ACancelIsSentOnlyWhileItCanHitNothingElse) {
  open();
  learn("select 1");
  learn("select 2");
  server.hold("select 1");
  server.hold("select 2");
  const auto first = send("select 1");
  auto made = query_of("select 2");
  made->token = CancelToken::make();
  const CancelToken token = made->token;
  const auto second = send(std::move(made));
  loop.settle();
  token.cancel();
  loop.advance(milliseconds(50));
  EXPECT_EQ(server.cancels, 0);  // it would hit the neighbour
  server.release("select 1");
  loop.settle();
  EXPECT_TRUE(first->is_ok());
  EXPECT_EQ(server.cancels, 1);
  EXPECT_EQ(second->error().kind, ErrorKind::kAborted);
  EXPECT_EQ(state(), ConnectionState::kIdle);
}

TEST_F(CancelFlowTest, AFirstStatementWithOthersBehindItIsWaitedFor) {
  open();
  learn("select 1");
  learn("select 2");
  server.hold("select 1");
  auto made = query_of("select 1");
  made->token = CancelToken::make();
  const CancelToken token = made->token;
  const auto first = send(std::move(made));
  const auto second = send("select 2");
  loop.settle();
  token.cancel();
  loop.advance(milliseconds(50));
  EXPECT_EQ(server.cancels, 0);
  EXPECT_FALSE(connection->takes_company());  // nothing more is sent behind it
  server.release("select 1");
  loop.settle();
  EXPECT_TRUE(first->is_ok());
  EXPECT_TRUE(second->is_ok());
  EXPECT_EQ(state(), ConnectionState::kIdle);
  EXPECT_TRUE(run("select 1")->is_ok());
}

TEST_F(CancelFlowTest, ACancelWhileATransactionPreparesRollsItBack) {
  open();
  connection->pin();
  learn("begin");
  run("begin");
  server.hold_parse("insert into t values (1)");
  auto made = query_of("insert into t values (1)");
  made->scope = Scope::kTransaction;
  made->deadline = loop.now() + milliseconds(100);
  const auto answer = send(std::move(made));
  loop.advance(milliseconds(100));
  EXPECT_EQ(answer->error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(answer->error().outcome, Outcome::kRolledBack);
  EXPECT_TRUE(connection->is_in_failed_transaction());
}

TEST_F(CancelFlowTest, ADeadlineOnAFrozenServerIsBoundedToo) {
  open();
  server.freeze();
  auto made = query_of("select 1");
  made->deadline = loop.now() + milliseconds(500);
  const auto answer = send(std::move(made));
  loop.advance(milliseconds(2500));
  EXPECT_EQ(answer->error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(CancelFlowTest, AnAbortAfterTheAnswerDoesNothing) {
  open();
  const auto [answer, token] = send_abortable("select 1");
  loop.settle();
  token.cancel();
  loop.advance(milliseconds(3000));
  EXPECT_EQ(answer->times, 1);
  EXPECT_EQ(server.cancels, 0);
  EXPECT_EQ(state(), ConnectionState::kIdle);
}

TEST_F(CancelFlowTest, AStatementSentWhileACancelEndsWaitsForIt) {
  open();
  connection->pin();
  learn("begin");
  server.latency = milliseconds(10);
  auto made = query_of("select pg_sleep(60)");
  made->scope = Scope::kTransaction;
  made->token = CancelToken::make();
  const CancelToken token = made->token;
  const auto answer = send(std::move(made));
  loop.advance(milliseconds(100));
  server.loses_cancel = true;
  token.cancel();
  loop.advance(milliseconds(30));
  ASSERT_TRUE(answer->is_error());
  EXPECT_EQ(state(), ConnectionState::kCancelling);
  // Its user cannot know of the cancel's own connection.
  auto next = script_of({"rollback"});
  next->scope = Scope::kTransaction;
  const auto rolled_back = send(std::move(next));
  loop.advance(milliseconds(30));
  EXPECT_EQ(rolled_back->times, 0);
  EXPECT_EQ(server.runs("rollback"), 0);
  loop.advance(milliseconds(2000));
  EXPECT_EQ(rolled_back->error().outcome, Outcome::kRolledBack);
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(CancelFlowTest, AStatementSentWhileACancelEndsIsSentAfterIt) {
  open();
  connection->pin();
  learn("begin");
  auto made = query_of("select pg_sleep(60)");
  made->scope = Scope::kTransaction;
  made->token = CancelToken::make();
  const CancelToken token = made->token;
  std::shared_ptr<Answer> rolled_back;
  made->done = [&](std::unique_ptr<Request>, Expected<Reply>) {
    loop.defer([&] {
      auto next = script_of({"rollback"});
      next->scope = Scope::kTransaction;
      rolled_back = send(std::move(next));
    });
  };
  connection->send(std::move(made));
  loop.settle();
  token.cancel();
  loop.settle();
  ASSERT_NE(rolled_back, nullptr);
  EXPECT_TRUE(rolled_back->is_ok());
  EXPECT_EQ(state(), ConnectionState::kHeld);
}

TEST_F(CancelFlowTest, AnAbortedCommitIsNotCancelledEither) {
  open();
  server.hold("commit");
  auto made = script_of({"commit"});
  made->scope = Scope::kCommit;
  made->token = CancelToken::make();
  const CancelToken token = made->token;
  const auto answer = send(std::move(made));
  loop.settle();
  token.cancel();
  loop.settle();
  EXPECT_EQ(server.cancels, 0);
  EXPECT_EQ(answer->error().kind, ErrorKind::kAborted);
  EXPECT_EQ(answer->error().outcome, Outcome::kUnknown);
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(CancelFlowTest, AnAbortMayComeWhenTheConnectionIsGone) {
  open();
  const auto [answer, token] = send_abortable("select pg_sleep(60)");
  loop.settle();
  token.cancel();
  close();
  connection.reset();
  loop.settle();
  EXPECT_EQ(answer->times, 1);
  EXPECT_EQ(answer->error().message, "Over.");
  EXPECT_EQ(server.cancels, 0);
}

TEST_F(CancelFlowTest, WhoseStatementWasHeldBackMayCloseTheConnection) {
  open();
  connection->pin();
  auto made = query_of("select pg_sleep(60)");
  made->scope = Scope::kTransaction;
  made->token = CancelToken::make();
  const CancelToken token = made->token;
  Error told;
  made->done = [&](std::unique_ptr<Request>, const Expected<Reply>&) {
    loop.defer([&] {
      ASSERT_EQ(state(), ConnectionState::kCancelling);
      auto next = query_of("select 1");
      next->done = [&](std::unique_ptr<Request>, const Expected<Reply>& reply) {
        told = reply.error();
        close();
      };
      connection->send(std::move(next));
      connection->unpin();
    });
  };
  connection->send(std::move(made));
  loop.settle();
  token.cancel();
  loop.settle();
  EXPECT_EQ(told.outcome, Outcome::kNotSent);
  EXPECT_EQ(owner.closed, 1);
}

}  // namespace
}  // namespace hdb
