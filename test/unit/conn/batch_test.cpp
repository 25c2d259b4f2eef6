// Several statements under one Sync.
#include <string>
#include <utility>
#include <vector>

#include "test/unit/support/connection_fixture.hpp"

namespace hdb {
namespace {

using test::batch_of;
using test::batch_with;
using test::cell;
using test::statement;

class BatchTest : public test::ConnectionFixture {};

TEST_F(BatchTest, ABatchWithoutNamesSendsTheTextOfEachStatement) {
  open();
  for (int i = 0; i < 2; ++i) {
    auto made = batch_of({"insert into t values (1)", "insert into t values (1)", "select 1"});
    made->prepare = false;
    const auto answer = send(std::move(made));
    loop.settle();
    ASSERT_TRUE(answer->is_ok());
    EXPECT_EQ(answer->reply->value().earlier.size(), 2u);
    EXPECT_EQ(answer->reply->value().result.command, "SELECT");
  }
  EXPECT_EQ(server.stored.size(), 4u);
  // Once to describe it, then once for each run.
  EXPECT_EQ(server.parses("insert into t values (1)"), 1 + 4);
  EXPECT_EQ(server.parses("select 1"), 1 + 2);
}

TEST_F(BatchTest, WithoutAStatementCacheABatchSendsTexts) {
  config.statement_cache_size = 0;
  open();
  const auto answer = send(batch_of({"insert into t values (1)", "select 1"}));
  loop.settle();
  ASSERT_TRUE(answer->is_ok());
  EXPECT_EQ(server.parses("insert into t values (1)"), 2);
  EXPECT_TRUE(server.holds("insert into t values (1)"));
  EXPECT_EQ(config.meters->statement_cache_hits.read() + config.meters->statement_cache_misses.read(), 0u);
}

TEST_F(BatchTest, AStatementThatIsTwiceInABatchIsPreparedOnce) {
  open();
  learn("insert into t values ($1)", {Value(std::string("0"))});
  close();
  open();  // knows the text, holds no name for it
  std::vector<Statement> texts;
  texts.push_back(statement("insert into t values ($1)", {Value(std::string("1"))}));
  texts.push_back(statement("insert into t values ($1)", {Value(std::string("2"))}));
  auto made = batch_with(std::move(texts));
  const auto answer = send(std::move(made));
  loop.settle();
  ASSERT_TRUE(answer->is_ok());
  EXPECT_EQ(server.stored.size(), 3u);
  EXPECT_EQ(server.stored.back(), "insert into t values ($1) [2]");
  EXPECT_EQ(server.parses("insert into t values ($1)"), 2);
  // The name is kept for the next one.
  learn("insert into t values ($1)", {Value(std::string("3"))});
  EXPECT_EQ(server.parses("insert into t values ($1)"), 2);
}

TEST_F(BatchTest, ABatchUsesTheNamesThatTheSessionHas) {
  open();
  learn("insert into t values (1)");
  learn("select 1");
  const auto hits = config.meters->statement_cache_hits.read();
  const auto answer = send(batch_of({"insert into t values (1)", "select 1"}));
  loop.settle();
  ASSERT_TRUE(answer->is_ok());
  EXPECT_EQ(server.parses("insert into t values (1)"), 1);
  EXPECT_EQ(server.parses("select 1"), 1);
  EXPECT_EQ(config.meters->statement_cache_hits.read() - hits, 2u);
}

TEST_F(BatchTest, ACustomParserGetsTheResultsOfABatchAsText) {
  open();
  std::vector<Statement> texts;
  texts.push_back(statement("select $1::int", {Value(5.0)}));
  texts.push_back(statement("select $1::bigint", {Value(6.0)}));
  auto made = batch_with(std::move(texts));
  made->text_types = {"int4"};
  const auto answer = send(std::move(made));
  loop.settle();
  ASSERT_TRUE(answer->is_ok());
  EXPECT_EQ(cell(answer->reply->value().earlier.at(0)), "5");
  EXPECT_TRUE((*answer->reply->value().result.columns)[0].binary);  // of another type
}

TEST_F(BatchTest, AStaleStatementOfABatchIsPreparedAnewAndAllOfItRunsOnce) {
  open();
  learn("insert into t values ($1)", {Value(std::string("0"))});
  learn("select * from t");
  server.change_plan("select * from t");
  std::vector<Statement> texts;
  texts.push_back(statement("insert into t values ($1)", {Value(std::string("1"))}));
  texts.push_back(statement("select * from t"));
  auto made = batch_with(std::move(texts));
  const auto answer = send(std::move(made));
  loop.settle();
  ASSERT_TRUE(answer->is_ok()) << answer->error().message;
  EXPECT_EQ(answer->reply->value().earlier.size(), 1u);
  EXPECT_EQ(server.stored,
            (std::vector<std::string>{"insert into t values ($1) [0]", "insert into t values ($1) [1]"}));
  EXPECT_EQ(server.parses("select * from t"), 2);
  EXPECT_EQ(state(), ConnectionState::kIdle);
}

TEST_F(BatchTest, ABatchWhoseNamesTheServerForgotIsPreparedAnew) {
  open();
  learn("insert into t values (1)");
  learn("deallocate p_1");
  const auto answer = send(batch_of({"insert into t values (1)", "insert into t values (1)"}));
  loop.settle();
  ASSERT_TRUE(answer->is_ok()) << answer->error().message;
  EXPECT_EQ(server.stored.size(), 3u);
  // Its old name is not given back: the server has none.
  EXPECT_TRUE(run("select 1")->is_ok());
  EXPECT_EQ(server.runs("deallocate p_1"), 1);
}

TEST_F(BatchTest, ABatchWhoseBytesWouldBeOfAnotherTypeIsRefused) {
  const std::string sql = "insert into t values ($1::bytea)";
  open();
  learn(sql, {Value(Bytes{})});
  server.descriptions[sql].params = {25};
  server.change_plan(sql);
  std::vector<Statement> texts;
  texts.push_back(statement(sql, {Value(Bytes{})}));
  auto made = batch_with(std::move(texts));
  const auto answer = send(std::move(made));
  loop.settle();
  ASSERT_TRUE(answer->is_error());
  EXPECT_EQ(answer->error().kind, ErrorKind::kServer);
  EXPECT_EQ(answer->error().code, "0A000");
  EXPECT_EQ(answer->error().outcome, Outcome::kNotExecuted);
  EXPECT_EQ(answer->error().host, "a:5432");
  EXPECT_EQ(server.stored.size(), 1u);
  EXPECT_EQ(state(), ConnectionState::kIdle);
  // The next one is written for the types as they are now.
  texts.clear();
  texts.push_back(statement(sql, {Value(std::string("two"))}));
  auto again = batch_with(std::move(texts));
  const auto second = send(std::move(again));
  loop.settle();
  EXPECT_TRUE(second->is_ok());
  EXPECT_EQ(server.stored.size(), 2u);
}

TEST_F(BatchTest, AParameterOfABatchThatDoesNotFitNamesItsStatement) {
  open();
  std::vector<Statement> texts;
  texts.push_back(statement("insert into t values (1)"));
  texts.push_back(statement("select $1::int", {Value(1.5)}));
  auto made = batch_with(std::move(texts));
  const auto answer = send(std::move(made));
  loop.settle();
  ASSERT_TRUE(answer->is_error());
  EXPECT_EQ(answer->error().kind, ErrorKind::kParameter);
  EXPECT_TRUE(answer->error().message.starts_with("Statement 2 of the batch: ")) << answer->error().message;
  EXPECT_EQ(answer->error().outcome, Outcome::kNotSent);
  EXPECT_EQ(answer->error().host, "a:5432");
  EXPECT_TRUE(server.stored.empty());
  EXPECT_EQ(state(), ConnectionState::kIdle);
}

TEST_F(BatchTest, AnAnswerWhoseColumnsNobodyCanReadIsAnError) {
  const std::string sql = "select f($1::int)";  // may have written: it is not run twice
  open();
  learn(sql, {Value(1.0)});
  close();
  give_rows(sql, 1, 2);
  server.descriptions[sql].params = {23};
  server.descriptions[sql].columns.resize(2);
  server.descriptions[sql].columns[1].field.type_oid = 90001;  // no binary form of it is known
  open();
  const auto answer = run(sql, {Value(1.0)});
  ASSERT_TRUE(answer->is_error());
  EXPECT_EQ(answer->error().kind, ErrorKind::kResult);
  EXPECT_EQ(answer->error().code, "ERR_RESULT");
  EXPECT_EQ(answer->error().outcome, Outcome::kCommitted);
  EXPECT_EQ(server.runs(sql), 2);
  // The next one is read as text.
  EXPECT_TRUE(run(sql, {Value(1.0)})->is_ok());
}

TEST_F(BatchTest, WhatABatchGivesIsReadAsTheServerSaysNow) {
  open();
  learn("select * from t");
  close();
  give_rows("select * from t", 1, 2);
  widen("select * from t", 2);
  open();
  const auto answer = send(batch_of({"select * from t", "insert into t values (1)"}));
  loop.settle();
  ASSERT_TRUE(answer->is_ok());
  const ResultSet& first = answer->reply->value().earlier.at(0);
  ASSERT_EQ(first.columns->size(), 2u);
  EXPECT_EQ((*first.columns)[1].field.type_name, "text");
  EXPECT_EQ(cell(first, 0, 1), "0");
}

}  // namespace
}  // namespace hdb
