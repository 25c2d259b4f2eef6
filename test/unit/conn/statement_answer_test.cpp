// What an error makes of a statement: another attempt, or an honest outcome.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "test/unit/support/connection_fixture.hpp"

namespace hdb {
namespace {

using test::batch_with;
using test::cell;
using test::FakeAnswer;
using test::FakeStatement;
using test::query_of;
using test::report;
using test::statement;

class StatementAnswerTest : public test::ConnectionFixture {};

// ---------------------------------------------------------------------------------- errors and repairs

TEST_F(StatementAnswerTest, AServerErrorKeepsAllItsFieldsAndTheSession) {
  open();
  server.answers = [](const FakeStatement& statement) -> std::optional<FakeAnswer> {
    if (statement.sql != "insert into t values (1)") return std::nullopt;
    FakeAnswer answer;
    answer.error = report("23505", "duplicate key value violates unique constraint \"t_pkey\"");
    answer.error->constraint = "t_pkey";
    return answer;
  };
  const auto answer = run("insert into t values (1)");
  ASSERT_TRUE(answer->is_error());
  EXPECT_EQ(answer->error().kind, ErrorKind::kServer);
  EXPECT_EQ(answer->error().code, "23505");
  EXPECT_EQ(answer->error().outcome, Outcome::kRolledBack);
  EXPECT_EQ(answer->error().attempts, 1u);
  EXPECT_EQ(answer->error().server->constraint, "t_pkey");
  EXPECT_EQ(state(), ConnectionState::kIdle);
  EXPECT_TRUE(run("select 1")->is_ok());
}

TEST_F(StatementAnswerTest, ASyntaxErrorIsFoundWhenItIsDescribed) {
  open();
  const auto answer = run("syntax");
  EXPECT_EQ(answer->error().code, "42601");
  EXPECT_EQ(answer->error().outcome, Outcome::kNotExecuted);
  EXPECT_EQ(state(), ConnectionState::kIdle);
  EXPECT_TRUE(run("select 1")->is_ok());
}

TEST_F(StatementAnswerTest, AnErrorOfTheImplicitCommitIsAnError) {
  open();
  server.fails_commit = report("40001", "could not serialize access");
  const auto answer = run("insert into t values (1)");
  EXPECT_EQ(answer->error().code, "40001");
  EXPECT_EQ(answer->error().outcome, Outcome::kRolledBack);
}

TEST_F(StatementAnswerTest, AStatementWhosePlanChangedIsPreparedAnewOnce) {
  open();
  learn("select $1::int", {Value(1.0)});
  server.change_plan("select $1::int");
  const auto answer = run("select $1::int", {Value(2.0)});
  ASSERT_TRUE(answer->is_ok());
  EXPECT_EQ(server.runs("select $1::int"), 2);
  EXPECT_EQ(server.parses("select $1::int"), 2);
  // The old name goes, the new one stays.
  EXPECT_TRUE(run("select $1::int", {Value(3.0)})->is_ok());
  EXPECT_EQ(server.parses("select $1::int"), 2);
  EXPECT_EQ(server.runs("deallocate p_1"), 1);
}

TEST_F(StatementAnswerTest, AStatementThatTheServerForgotIsPreparedAnew) {
  open();
  learn("select 1");
  learn("deallocate p_1");
  EXPECT_TRUE(run("select 1")->is_ok());
  EXPECT_TRUE(run("select 1")->is_ok());
  EXPECT_EQ(state(), ConnectionState::kIdle);
}

TEST_F(StatementAnswerTest, AStatementThatStaysStaleIsAnErrorInTheEnd) {
  open();
  learn("select 1");
  server.answers = [](const FakeStatement& statement) -> std::optional<FakeAnswer> {
    if (statement.sql != "select 1") return std::nullopt;
    FakeAnswer answer;
    answer.error =
        report("0A000", "cached plan must not change result type", "ERROR", "RevalidateCachedQuery");
    return answer;
  };
  const auto answer = run("select 1");
  EXPECT_EQ(answer->error().code, "0A000");
  EXPECT_LE(server.runs("select 1"), 1 + 11);
  EXPECT_EQ(state(), ConnectionState::kIdle);
}

TEST_F(StatementAnswerTest, WhatAnotherSessionLearntIsNotBelievedAgainstTheAnswer) {
  open();
  learn("select * from t");
  // The table gets a second column; a new session prepares the statement as it is now.
  server.descriptions["select * from t"].columns.resize(2);
  server.answers = [](const FakeStatement& statement) -> std::optional<FakeAnswer> {
    if (statement.sql != "select * from t") return std::nullopt;
    FakeAnswer answer;
    answer.rows = {{"one", "two"}};
    answer.row_count = 1;
    return answer;
  };
  connection->close(Error::make(ErrorKind::kPoolClosed, "Over."));
  open();
  const auto answer = run("select * from t");
  ASSERT_TRUE(answer->is_ok()) << answer->error().message;
  EXPECT_EQ(answer->reply->value().result.columns->size(), 2u);
  EXPECT_EQ(cell(answer->reply->value().result, 0, 1), "two");
}

TEST_F(StatementAnswerTest, InsideATransactionAStaleStatementIsAnErrorAndItsNameGoes) {
  open();
  learn("select 1");
  connection->pin();
  learn("begin");
  server.change_plan("select 1");
  auto made = query_of("select 1");
  made->scope = Scope::kTransaction;
  const auto answer = send(std::move(made));
  loop.settle();
  EXPECT_EQ(answer->error().code, "0A000");
  EXPECT_EQ(answer->error().outcome, Outcome::kRolledBack);
  EXPECT_TRUE(connection->is_in_failed_transaction());
  connection->unpin();
  loop.settle();
  EXPECT_EQ(state(), ConnectionState::kIdle);
  EXPECT_TRUE(run("select 1")->is_ok());
}

TEST_F(StatementAnswerTest, ATextFitsWhateverTypeItsParameterHasNow) {
  const std::string sql = "insert into t values ($1::int)";
  open();
  learn(sql, {Value(1.0)});
  server.descriptions[sql].params = {20};
  server.change_plan(sql);
  EXPECT_TRUE(run(sql, {Value(2.0)})->is_ok());
  EXPECT_TRUE(server.holds(sql + " [2]"));
  // Bytes of one type are not those of another, and one value is not two.
  for (const std::vector<Oid>& params : {std::vector<Oid>{25}, std::vector<Oid>{17, 17}}) {
    const std::string bytes = "select $1::bytea, " + std::to_string(params.size());
    learn(bytes, {Value(Bytes{})});
    server.descriptions[bytes].params = params;
    server.change_plan(bytes);
    const auto answer = run(bytes, {Value(Bytes{})});
    EXPECT_EQ(answer->error().code, "0A000");
    EXPECT_EQ(answer->error().outcome, Outcome::kNotExecuted);
    EXPECT_EQ(server.runs(bytes), 1);
    EXPECT_EQ(state(), ConnectionState::kIdle);
  }
}

TEST_F(StatementAnswerTest, AValueThatACastCouldChangeIsParsedAnew) {
  const std::string sql = "insert into t values ($1::float4)";
  server.descriptions[sql].params = {700};
  open();
  learn(sql, {Value(1.0)});
  EXPECT_EQ(server.parses(sql), 1);
  learn(sql, {Value(2.0)});
  EXPECT_EQ(server.parses(sql), 1);
  learn(sql, {Value(0.1)});
  EXPECT_EQ(server.parses(sql), 2);
  EXPECT_TRUE(server.holds(sql + " [0.1]"));
  // Its name is still there.
  learn(sql, {Value(3.0)});
  EXPECT_EQ(server.parses(sql), 2);
}

TEST_F(StatementAnswerTest, AReadGoesByItsNameForAMoment) {
  const std::string sql = "select $1::float4";
  pq::Description description;
  description.params = {700};
  description.columns.resize(1);
  description.columns[0].field.type_oid = 25;
  server.descriptions[sql] = description;
  open();
  learn(sql, {Value(0.1)});
  learn(sql, {Value(0.1)});
  EXPECT_EQ(server.parses(sql), 1);
  loop.advance(milliseconds(1001));
  learn(sql, {Value(2.0)});
  EXPECT_EQ(server.parses(sql), 1);
  learn(sql, {Value(0.1)});
  learn(sql, {Value(0.1)});
  EXPECT_EQ(server.parses(sql), 2);
  EXPECT_EQ(server.runs("deallocate p_1"), 1);
}

TEST_F(StatementAnswerTest, AParameterIsRefusedOnlyByWhatTheServerSaysNow) {
  const std::string sql = "insert into t values ($1)";
  server.descriptions[sql].params = {23};
  open();
  learn(sql, {Value(1.0)});
  server.descriptions[sql].params = {20};
  EXPECT_TRUE(run(sql, {Value(3e9)})->is_ok());
  EXPECT_TRUE(server.holds(sql + " [3000000000]"));
  server.descriptions[sql].params = {1700};
  std::vector<Statement> texts;
  texts.push_back(statement("select 1"));
  texts.push_back(statement(sql, {Value(1.5)}));
  auto made = batch_with(std::move(texts));
  const auto answer = send(std::move(made));
  loop.settle();
  EXPECT_TRUE(answer->is_ok());
  EXPECT_TRUE(server.holds(sql + " [1.5]"));
}

TEST_F(StatementAnswerTest, AnErrorOfTypesThatHaveChangedIsMetByPreparingAnew) {
  const std::string sql = "insert into t values ($1)";
  server.types.push_back({.oid = 90001, .name = "mood", .kind = 'e'});
  server.types.push_back({.oid = 90002, .name = "mood", .kind = 'e'});
  server.descriptions[sql].params = {90001};
  open();
  learn(sql, {Value(std::string("ok"))});
  bool is_gone = true;
  server.answers = [&](const FakeStatement& statement) -> std::optional<FakeAnswer> {
    if (statement.sql != sql || !is_gone) return std::nullopt;
    is_gone = false;
    FakeAnswer answer;
    answer.error = report("XX000", "cache lookup failed for type 90001");
    return answer;
  };
  server.descriptions[sql].params = {90002};
  ASSERT_TRUE(run(sql, {Value(std::string("ok"))})->is_ok());
  EXPECT_EQ(server.stored.size(), 2u);
  // What is the statement's own error is told, and what ran is not run again.
  is_gone = true;
  const int before = server.runs(sql);
  const auto answer = run(sql, {Value(std::string("ok"))});
  ASSERT_TRUE(answer->is_error());
  EXPECT_EQ(answer->error().code, "XX000");
  EXPECT_EQ(answer->error().outcome, Outcome::kRolledBack);
  EXPECT_EQ(server.runs(sql), before + 1);
  EXPECT_TRUE(run(sql, {Value(std::string("ok"))})->is_ok());
}

TEST_F(StatementAnswerTest, ANameThatTheServerLostKeepsNoOtherFromBeingGivenBack) {
  config.statement_cache_size = 2;
  open();
  learn("select 1");
  learn("select 2");
  learn("deallocate p_2");
  learn("select 3");  // makes room: p_1 is to be given back
  ASSERT_TRUE(run("select 2")->is_ok());
  EXPECT_EQ(server.runs("deallocate p_1"), 1);
}

TEST_F(StatementAnswerTest, MoreParametersThanCanBeDescribedAreRefusedBeforeAnythingIsSent) {
  server.most_parameters = 2;
  open();
  const auto answer = run("select $1, $2, $3", {Value(1.0), Value(1.0), Value(1.0)});
  ASSERT_TRUE(answer->is_error());
  EXPECT_EQ(answer->error().kind, ErrorKind::kParameter);
  EXPECT_EQ(answer->error().outcome, Outcome::kNotSent);
  EXPECT_EQ(server.parses("select $1, $2, $3"), 0);
  // Also by its placeholders alone.
  EXPECT_EQ(run("select $1, $2, $3")->error().kind, ErrorKind::kParameter);
  EXPECT_EQ(state(), ConnectionState::kIdle);
  EXPECT_TRUE(run("select 1")->is_ok());
}

TEST_F(StatementAnswerTest, OfTwoErrorsTheFirstIsTold) {
  open();
  server.answers = [](const FakeStatement& statement) -> std::optional<FakeAnswer> {
    if (statement.sql != "divide") return std::nullopt;
    FakeAnswer answer;
    answer.error = report("25P02", "second");
    return answer;
  };
  server.hold("divide");
  const auto answer = send("divide");
  loop.settle();
  tap.handler->on_error(report("22012", "first"));
  EXPECT_EQ(answer->times, 0);  // the ReadyForQuery ends it
  server.release("divide");
  loop.settle();
  EXPECT_EQ(answer->error().code, "22012");
  EXPECT_EQ(answer->error().message, "first");
  EXPECT_EQ(state(), ConnectionState::kIdle);
}

TEST_F(StatementAnswerTest, AnswersThatNobodyAskedForChangeNothing) {
  open();
  const int free = owner.free;
  ResultSet rows;
  rows.columns = std::make_shared<const Columns>();
  tap.handler->on_rows(rows);
  tap.handler->on_result(rows);
  tap.handler->on_prepared();
  tap.handler->on_described({});
  tap.handler->on_error(report("22012", "x"));
  tap.handler->on_copy();
  tap.handler->on_notice(report("01000", "x", "WARNING", "SyncRepWaitForLSN"));
  tap.handler->on_sync();
  EXPECT_EQ(state(), ConnectionState::kIdle);
  EXPECT_EQ(owner.free, free);
  EXPECT_EQ(owner.closed, 0);
  const auto answer = run("insert into t values (1)");
  ASSERT_TRUE(answer->is_ok());
  EXPECT_FALSE(answer->reply->value().unreplicated);
}

TEST_F(StatementAnswerTest, CopyClosesTheSession) {
  open();
  const auto answer = run("copy t from stdin");
  EXPECT_EQ(answer->error().kind, ErrorKind::kServer);
  EXPECT_EQ(answer->error().outcome, Outcome::kRolledBack);
  EXPECT_EQ(owner.closed, 1);
  EXPECT_TRUE(owner.was_open);
}

TEST_F(StatementAnswerTest, ACommitThatItsStandbyDidNotConfirmIsMarked) {
  open();
  server.reports_unreplicated = true;
  const auto answer = run("insert into t values (1)");
  ASSERT_TRUE(answer->is_ok());
  EXPECT_TRUE(answer->reply->value().unreplicated);
  server.reports_unreplicated = false;
  EXPECT_FALSE(run("insert into t values (2)")->reply->value().unreplicated);
}

// -------------------------------------------------------------------------------------- what a node is

TEST_F(StatementAnswerTest, TheFirstAnswerAfterAFenceSaysSo) {
  open();
  learn("select 1");
  server.fence();
  const auto answer = run("select 1");
  ASSERT_TRUE(answer->is_ok());
  EXPECT_EQ(answer->reply->value().node, NodeState::kReadOnly);
  EXPECT_EQ(owner.changes, std::vector<NodeState>{NodeState::kReadOnly});
  run("select 1");
  EXPECT_EQ(owner.changes.size(), 1u);  // told once
}

TEST_F(StatementAnswerTest, ASessionOnAStandbyIsToldOfItsPromotion) {
  server.in_recovery = true;
  open();
  learn("select 1");
  server.promote();
  EXPECT_TRUE(run("insert into t values (1)")->is_ok());
  EXPECT_EQ(owner.changes, std::vector<NodeState>{NodeState::kWritable});
}

TEST_F(StatementAnswerTest, AWriteOnAFencedNodeWasNotExecuted) {
  open();
  server.fence();
  const auto answer = run("insert into t values (1)");
  EXPECT_EQ(answer->error().code, "25006");
  EXPECT_EQ(answer->error().outcome, Outcome::kNotExecuted);
  EXPECT_TRUE(server.stored.empty());
}

TEST_F(StatementAnswerTest, AnOldServerReportsNothing) {
  server.version = 130010;
  open();
  EXPECT_EQ(connection->node(), NodeState::kUnreported);
  server.fence();
  EXPECT_EQ(run("select 1")->reply->value().node, NodeState::kUnreported);
  EXPECT_TRUE(owner.changes.empty());
}

}  // namespace
}  // namespace hdb
