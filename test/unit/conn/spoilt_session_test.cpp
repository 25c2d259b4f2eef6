// What a statement leaves on its session though its text does not show it.
#include <string>
#include <utility>

#include "test/unit/support/connection_fixture.hpp"

namespace hdb {
namespace {

using test::batch_of;
using test::query_of;

class SpoiltSessionTest : public test::ConnectionFixture {};

TEST_F(SpoiltSessionTest, AStatementThatLeavesATransactionOpenIsNoSuccess) {
  open();
  for (const bool is_batch : {false, true}) {
    const auto answer = is_batch ? send(batch_of({"insert into t values (1)", "begin"})) : send("begin");
    loop.settle();
    EXPECT_EQ(answer->error().kind, ErrorKind::kConfiguration);
    EXPECT_EQ(answer->error().outcome, Outcome::kRolledBack);
    EXPECT_EQ(answer->error().host, "a:5432");
    EXPECT_NE(answer->error().message.find("pool.transaction(work)"), std::string::npos);
    EXPECT_EQ(state(), ConnectionState::kIdle);
    EXPECT_EQ(server.runs("rollback"), is_batch ? 2 : 1);
    EXPECT_TRUE(server.stored.empty());
  }
}

TEST_F(SpoiltSessionTest, NobodyIsSentBehindWhatHasLeftATransactionOpen) {
  open();
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(run("begin")->is_error());
    const auto answer = send("begin");
    EXPECT_FALSE(connection->takes_company());
    loop.settle();
    EXPECT_TRUE(answer->is_error());
  }
}

TEST_F(SpoiltSessionTest, WhatSharesASessionIsInNoTransaction) {
  open();
  learn("insert into t values (1)");
  const auto first = send("insert into t values (1)");
  const auto second = send("insert into t values (1)");
  loop.settle();
  EXPECT_TRUE(first->is_ok());
  EXPECT_TRUE(second->is_ok());
}

TEST_F(SpoiltSessionTest, AnErrorInATransactionLeftOpenIsTheStatementsOwn) {
  open();
  const auto answer = send(batch_of({"begin", "raise 22012"}));
  loop.settle();
  EXPECT_EQ(answer->error().code, "22012");
  EXPECT_EQ(answer->error().outcome, Outcome::kRolledBack);
  EXPECT_EQ(server.runs("rollback"), 1);
  EXPECT_EQ(state(), ConnectionState::kIdle);
}

TEST_F(SpoiltSessionTest, AnAnswerThatCameWithTheEndOfItsSessionStands) {
  open();
  learn("insert into t values (1)");
  tap.status = pq::TransactionStatus::kUnknown;  // libpq has read the end of the stream, too
  EXPECT_TRUE(run("insert into t values (1)")->is_ok());
}

TEST_F(SpoiltSessionTest, ASessionThatReadsValuesOtherwiseIsClosed) {
  for (const char* setting : {"client_encoding", "datestyle"}) {
    for (const Scope scope : {Scope::kAutocommit, Scope::kTransaction}) {
      open();
      connection->pin();
      if (scope == Scope::kTransaction) run("begin");
      auto made = query_of(std::string("set ") + setting + " = x");
      made->scope = scope;
      const auto answer = send(std::move(made));
      loop.settle();
      EXPECT_EQ(answer->error().kind, ErrorKind::kConfiguration) << setting;
      EXPECT_EQ(answer->error().outcome,
                scope == Scope::kAutocommit ? Outcome::kCommitted : Outcome::kRolledBack);
      EXPECT_EQ(state(), ConnectionState::kClosed);
    }
  }
}

TEST_F(SpoiltSessionTest, ACommitThatChangesHowValuesAreReadIsACommit) {
  open();
  connection->pin();
  run("begin");
  auto commit = test::script_of({"set client_encoding = x", "commit"});  // as a deferred trigger may
  commit->scope = Scope::kCommit;
  const auto answer = send(std::move(commit));
  loop.settle();
  EXPECT_TRUE(answer->is_ok());
  EXPECT_EQ(state(), ConnectionState::kClosed);
}

TEST_F(SpoiltSessionTest, AServerThatKeepsAnotherDateStyleIsNotUsed) {
  server.answers = [](const test::FakeStatement& statement) -> std::optional<test::FakeAnswer> {
    if (statement.sql != "set datestyle to iso") return std::nullopt;
    test::FakeAnswer answer;  // and nothing happens
    answer.command = "SET";
    return answer;
  };
  server.date_style = "German, DMY";
  dial();
  loop.settle();
  EXPECT_EQ(owner.verified, 0);
  EXPECT_EQ(owner.why.kind, ErrorKind::kConnect);
  EXPECT_NE(owner.why.message.find("DateStyle"), std::string::npos);
}

}  // namespace
}  // namespace hdb
