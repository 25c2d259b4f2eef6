// What the loss of a session leaves of the statements in flight.
#include <optional>
#include <utility>

#include "test/unit/support/connection_fixture.hpp"

namespace hdb {
namespace {

using test::FakeAnswer;
using test::FakeServer;
using test::FakeStatement;
using test::query_of;
using test::report;
using test::script_of;

class LossTest : public test::ConnectionFixture {};

TEST_F(LossTest, ALossWhileItIsDescribedExecutedNothing) {
  open();
  server.freeze();
  const auto answer = send("insert into t values (1)");
  loop.settle();
  server.kill();
  loop.settle();
  EXPECT_EQ(answer->error().kind, ErrorKind::kConnectionLost);
  EXPECT_EQ(answer->error().outcome, Outcome::kNotExecuted);
  EXPECT_EQ(answer->error().attempts, 0u);
  EXPECT_EQ(owner.closed, 1);
  EXPECT_TRUE(owner.was_open);
}

TEST_F(LossTest, ALossBeforeAllWasSentStoredNothing) {
  open();
  learn("insert into t values (1)");
  server.block();
  const auto answer = send("insert into t values (1)");
  loop.settle();
  server.kill();
  loop.settle();
  EXPECT_EQ(answer->error().outcome, Outcome::kNotSent);
  EXPECT_EQ(server.runs("insert into t values (1)"), 1);
}

TEST_F(LossTest, ALossAfterItWasSentLeavesItOpen) {
  for (const auto moment :
       {FakeServer::Moment::kRunning, FakeServer::Moment::kCommitting, FakeServer::Moment::kCommitted}) {
    open();
    learn("insert into t values (1)");
    const std::size_t stored = server.stored.size();
    server.watch = [&](FakeServer::Moment now, const FakeStatement&) {
      if (now == moment) server.kill();
    };
    const auto answer = run("insert into t values (1)");
    EXPECT_EQ(answer->error().kind, ErrorKind::kConnectionLost);
    EXPECT_EQ(answer->error().outcome, Outcome::kUnknown);
    EXPECT_EQ(answer->error().attempts, 1u);
    EXPECT_EQ(answer->error().host, "a:5432");
    EXPECT_EQ(server.stored.size(), stored + (moment == FakeServer::Moment::kCommitted ? 1 : 0));
    server.watch = nullptr;
    server.start();
  }
}

TEST_F(LossTest, ALossInsideATransactionRolledItBack) {
  open();
  connection->pin();
  learn("begin");
  server.hold("insert into t values (1)");
  auto made = query_of("insert into t values (1)");
  made->scope = Scope::kTransaction;
  const auto answer = send(std::move(made));
  loop.settle();
  server.kill();
  loop.settle();
  EXPECT_EQ(answer->error().outcome, Outcome::kRolledBack);
}

TEST_F(LossTest, ALossAtTheCommitLeavesItOpen) {
  open();
  connection->pin();
  learn("begin");
  server.watch = [&](FakeServer::Moment now, const FakeStatement&) {
    if (now == FakeServer::Moment::kCommitted) server.kill();
  };
  auto made = script_of({commit_guard(), "commit"});
  made->scope = Scope::kCommit;
  const auto answer = send(std::move(made));
  loop.settle();
  EXPECT_EQ(answer->error().outcome, Outcome::kUnknown);
}

TEST_F(LossTest, EveryRequestInFlightIsHandedBackOnce) {
  open();
  learn("select 1");
  server.hold("select 1");
  const auto first = send("select 1");
  const auto second = send("select 1");
  const auto third = send("select 1");
  loop.settle();
  EXPECT_EQ(connection->in_flight(), 3u);
  server.kill();
  loop.settle();
  for (const auto& answer : {first, second, third}) {
    EXPECT_EQ(answer->times, 1);
    EXPECT_EQ(answer->error().outcome, Outcome::kUnknown);
    EXPECT_NE(answer->request, nullptr);
  }
  EXPECT_EQ(connection->in_flight(), 0u);
}

TEST_F(LossTest, ASessionThatTheServerEndsSaysWhy) {
  open();
  server.end_sessions("57P01");
  loop.settle();
  EXPECT_EQ(owner.closed, 1);
  EXPECT_EQ(owner.why.code, "57P01");
  EXPECT_EQ(owner.why.kind, ErrorKind::kConnectionLost);
}

TEST_F(LossTest, WhatIsBehindAStatementUnderWhichTheServerLeftDidNotRun) {
  open();
  send(query_of("insert into t values (1)"));
  send(query_of("insert into t values (2)"));
  loop.settle();
  for (const char* routine : {"ProcessInterrupts", ""}) {
    if (connection->state() == ConnectionState::kClosed) open();
    server.answers = [&](const FakeStatement& statement) -> std::optional<FakeAnswer> {
      if (statement.sql != "insert into t values (1)") return std::nullopt;
      FakeAnswer answer;
      answer.error = report("57P01", "terminating connection due to administrator command", "FATAL", routine);
      return answer;
    };
    const auto first = send(query_of("insert into t values (1)"));
    const auto second = send(query_of("insert into t values (2)"));
    loop.settle();
    EXPECT_EQ(first->error().outcome, Outcome::kUnknown) << routine;
    EXPECT_EQ(second->error().outcome, *routine != '\0' ? Outcome::kNotExecuted : Outcome::kUnknown)
        << routine;
    server.answers = nullptr;
  }
}

TEST_F(LossTest, AFatalErrorUnderAWriteLeavesItOpen) {
  open();
  server.answers = [](const FakeStatement& statement) -> std::optional<FakeAnswer> {
    if (!statement.sql.starts_with("insert")) return std::nullopt;
    FakeAnswer answer;
    answer.error = report("57P01", "terminating connection due to administrator command", "FATAL");
    return answer;
  };
  const auto answer = run("insert into t values (1)");
  ASSERT_TRUE(answer->is_error());
  EXPECT_EQ(answer->error().outcome, Outcome::kUnknown);
  EXPECT_EQ(answer->error().code, "57P01");
  ASSERT_TRUE(answer->error().server.has_value());
  EXPECT_EQ(answer->error().server->severity, "FATAL");
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(LossTest, AnAnswerProvesThatTheStatementHadLeft) {
  open();
  server.is_ahead = true;
  server.answers = [](const FakeStatement& statement) -> std::optional<FakeAnswer> {
    if (!statement.sql.starts_with("insert")) return std::nullopt;
    FakeAnswer answer;
    answer.error = report("40003", "x");  // the only one that says of itself that it is open
    return answer;
  };
  const auto answer = run("insert into t values (1)");
  ASSERT_TRUE(answer->is_error());
  EXPECT_EQ(answer->error().outcome, Outcome::kUnknown);
}

TEST_F(LossTest, ClosingHandsBackWhatIsInFlight) {
  open();
  learn("insert into t values (1)");
  server.freeze();
  const auto answer = send("insert into t values (1)");
  loop.settle();
  connection->close(Error::make(ErrorKind::kConnectionLost, "The host left its role."));
  EXPECT_EQ(answer->error().outcome, Outcome::kUnknown);
  EXPECT_EQ(answer->error().message, "The host left its role.");
  EXPECT_EQ(owner.closed, 1);
  connection->close(Error::make(ErrorKind::kInternal, "Twice."));
  EXPECT_EQ(owner.closed, 1);
}

}  // namespace
}  // namespace hdb
