// What is sent for a statement, and how its rows come back.
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "test/unit/support/connection_fixture.hpp"

namespace hdb {
namespace {

using test::cell;
using test::query_of;
using test::script_of;

class StatementRunTest : public test::ConnectionFixture {};

// ------------------------------------------------------------------------------------------ statements

TEST_F(StatementRunTest, ANewStatementIsDescribedThenExecutedInTwoRoundTrips) {
  server.latency = milliseconds(10);
  dial();
  loop.advance(milliseconds(100));
  const auto first = send("select $1::int", {Value(42.0)});
  EXPECT_EQ(state(), ConnectionState::kBusy);
  loop.advance(milliseconds(20));
  EXPECT_EQ(first->times, 0);
  loop.advance(milliseconds(20));
  ASSERT_TRUE(first->is_ok());
  EXPECT_EQ(first->reply->value().result.host, "a:5432");
  EXPECT_EQ(first->reply->value().result.command, "SELECT");
  EXPECT_EQ(first->reply->value().result.row_count, 1u);
  EXPECT_TRUE((*first->reply->value().result.columns)[0].binary);
  EXPECT_EQ(cell(first->reply->value().result), std::string("\0\0\0\x2a", 4));
  EXPECT_EQ(server.parses("select $1::int"), 1);
  EXPECT_EQ(owner.free, 1);

  const auto second = send("select $1::int", {Value(7.0)});
  loop.advance(milliseconds(20));
  ASSERT_TRUE(second->is_ok());
  EXPECT_EQ(server.parses("select $1::int"), 1);
  EXPECT_EQ(server.runs("select $1::int"), 2);
}

TEST_F(StatementRunTest, WhatAnotherSessionLearntSavesARoundTrip) {
  open();
  learn("select $1::int", {Value(1.0)});
  server.latency = milliseconds(10);
  dial();
  loop.advance(milliseconds(100));
  const auto answer = send("select $1::int", {Value(2.0)});
  loop.advance(milliseconds(20));
  EXPECT_TRUE(answer->is_ok());
  EXPECT_EQ(server.parses("select $1::int"), 2);
}

TEST_F(StatementRunTest, AStatementWithoutParametersOrRowsWorks) {
  open();
  const auto answer = run("insert into t values (1)");
  ASSERT_TRUE(answer->is_ok());
  EXPECT_EQ(answer->reply->value().result.command, "INSERT");
  EXPECT_EQ(answer->reply->value().result.rows, 0u);
  ASSERT_NE(answer->reply->value().result.columns, nullptr);
  EXPECT_TRUE(answer->reply->value().result.columns->empty());
  EXPECT_TRUE(server.holds("insert into t values (1)"));
}

TEST_F(StatementRunTest, NullsArriveAsNulls) {
  open();
  const auto answer = run("select $1::text", {Value(Null{})});
  ASSERT_TRUE(answer->is_ok());
  EXPECT_EQ(cell(answer->reply->value().result), "(null)");
  EXPECT_EQ(server.log.back(), "select $1::text [null]");
  EXPECT_EQ(cell(run("select $1::text", {Value(std::string())})->reply->value().result), "");
}

TEST_F(StatementRunTest, UnknownTypesAreAskedForOnce) {
  open();
  server.types.push_back({.oid = 90001, .name = "mood", .kind = 'e'});
  pq::Description description;
  description.params = {90001};
  description.columns.resize(1);
  description.columns[0].field.type_oid = 90001;
  server.descriptions["select $1::mood"] = description;
  server.descriptions["select $1::mood, 2"] = description;
  const auto answer = run("select $1::mood", {Value(std::string("glad"))});
  ASSERT_TRUE(answer->is_ok());
  EXPECT_EQ(cell(answer->reply->value().result), "glad");
  EXPECT_EQ((*answer->reply->value().result.columns)[0].field.type_name, "mood");
  EXPECT_EQ(server.runs(StatementCatalog::type_query()), 1);
  EXPECT_TRUE(run("select $1::mood, 2", {Value(std::string("sad"))})->is_ok());
  EXPECT_EQ(server.runs(StatementCatalog::type_query()), 1);
}

TEST_F(StatementRunTest, TypesThatReferToOthersAreFollowed) {
  open();
  server.types.push_back({.oid = 90001, .name = "d", .kind = 'd', .base_oid = 90002});
  server.types.push_back({.oid = 90002, .name = "_m", .element_oid = 90003});
  server.types.push_back({.oid = 90003, .name = "m", .kind = 'e'});
  server.descriptions["select 1"].params = {90001};
  server.descriptions["select 1"].columns.resize(1);
  ASSERT_TRUE(run("select 1", {Value(std::string("{}"))})->is_ok());
  EXPECT_EQ(server.runs(StatementCatalog::type_query()), 3);
}

TEST_F(StatementRunTest, ATypeThatWasDroppedMeanwhileEndsTheSearch) {
  open();
  server.descriptions["select 1"].params = {90001};
  server.descriptions["select 1"].columns.resize(1);
  ASSERT_TRUE(run("select 1", {Value(std::string("x"))})->is_ok());
  EXPECT_LE(server.runs(StatementCatalog::type_query()), 2);
}

TEST_F(StatementRunTest, AParameterThatDoesNotFitIsRefusedBeforeTheStatementIsSent) {
  open();
  const auto answer = run("select $1::int", {Value(1.5)});
  ASSERT_TRUE(answer->is_error());
  EXPECT_EQ(answer->error().kind, ErrorKind::kParameter);
  EXPECT_EQ(answer->error().outcome, Outcome::kNotSent);
  EXPECT_EQ(answer->error().host, "a:5432");
  EXPECT_EQ(server.runs("select $1::int"), 0);
  EXPECT_EQ(state(), ConnectionState::kIdle);
  // Also when the statement is known already, and the session is free for the next one.
  EXPECT_EQ(run("select $1::int", {Value(1.5)})->error().kind, ErrorKind::kParameter);
  EXPECT_EQ(state(), ConnectionState::kIdle);
  EXPECT_TRUE(run("select $1::int", {Value(2.0)})->is_ok());
  EXPECT_EQ(server.runs("select $1::int"), 1);
}

TEST_F(StatementRunTest, TheWrongNumberOfParametersIsRefused) {
  open();
  EXPECT_EQ(run("select $1::int")->error().kind, ErrorKind::kParameter);
  EXPECT_EQ(run("select 1", {Value(1.0)})->error().kind, ErrorKind::kParameter);
  EXPECT_EQ(server.runs("select 1"), 0);
}

TEST_F(StatementRunTest, ACustomParserGetsTheWholeResultAsText) {
  open();
  auto made = query_of("select $1::int", {Value(5.0)});
  made->text_types = {"int4"};
  const auto answer = send(std::move(made));
  loop.settle();
  ASSERT_TRUE(answer->is_ok());
  EXPECT_EQ(cell(answer->reply->value().result), "5");
  EXPECT_FALSE((*answer->reply->value().result.columns)[0].binary);
}

TEST_F(StatementRunTest, PreparesNoNamesWhereThatIsNotWanted) {
  open();
  for (int i = 0; i < 2; ++i) {
    auto made = query_of("select $1::int", {Value(5.0)});
    made->prepare = false;
    const auto answer = send(std::move(made));
    loop.settle();
    EXPECT_TRUE(answer->is_ok());
  }
  EXPECT_EQ(server.parses("select $1::int"), 3);  // one to describe it, one for each run

  config.statement_cache_size = 0;
  open();
  EXPECT_TRUE(run("select 1")->is_ok());
  EXPECT_TRUE(run("select 1")->is_ok());
}

TEST_F(StatementRunTest, NamesThatFellOutOfTheCacheAreGivenBack) {
  config.statement_cache_size = 1;
  open();
  learn("select 1");
  learn("select 2");
  learn("select 3");
  EXPECT_EQ(server.runs("deallocate p_1"), 1);
  learn("select 1");
  EXPECT_EQ(server.runs("deallocate p_2"), 1);
  EXPECT_EQ(state(), ConnectionState::kIdle);
}

TEST_F(StatementRunTest, AScriptRunsUnderOneSyncAndReturnsTheLastResult) {
  open();
  auto made = script_of({"select 1", "insert into t values (1)", "select 2"});
  const auto answer = send(std::move(made));
  loop.settle();
  ASSERT_TRUE(answer->is_ok());
  EXPECT_EQ(answer->reply->value().earlier.size(), 2u);
  EXPECT_EQ(answer->reply->value().result.command, "SELECT");

  auto bad = script_of({"insert into t values (2)", "raise 22012", "select 2"});
  const auto refused = send(std::move(bad));
  loop.settle();
  EXPECT_EQ(refused->error().code, "22012");
  EXPECT_FALSE(server.holds("insert into t values (2)"));
  EXPECT_EQ(server.runs("select 2"), 1);
}

TEST_F(StatementRunTest, AGuardThatFailsKeepsTheStatementFromRunning) {
  open();
  learn("select nextval($1)", {Value(std::string("s"))});
  server.fence();
  auto made = query_of("select nextval($1)", {Value(std::string("s"))});
  made->is_guarded = true;
  const auto answer = send(std::move(made));
  loop.settle();
  EXPECT_EQ(answer->error().kind, ErrorKind::kFenced);
  EXPECT_EQ(answer->error().outcome, Outcome::kNotExecuted);
  EXPECT_EQ(answer->error().code, "25006");
  EXPECT_EQ(server.runs("select nextval($1)"), 1);
}

TEST_F(StatementRunTest, AGuardThatHoldsIsNotSeenInTheAnswer) {
  open();
  auto made = query_of("select nextval($1)", {Value(std::string("s"))});
  made->is_guarded = true;
  const auto answer = send(std::move(made));
  loop.settle();
  ASSERT_TRUE(answer->is_ok());
  EXPECT_EQ(cell(answer->reply->value().result), "s");
  EXPECT_TRUE(answer->reply->value().earlier.empty());
}

TEST_F(StatementRunTest, AKnownStatementIsDescribedAgainWhenThatIsAsked) {
  open();
  learn("select 1");
  auto made = query_of("select 1");
  made->query()->is_description = true;
  const auto answer = send(std::move(made));
  loop.settle();
  ASSERT_TRUE(answer->is_ok());
  EXPECT_EQ(server.parses("select 1"), 2);
  EXPECT_EQ(server.runs("select 1"), 1);
}

TEST_F(StatementRunTest, WhatIsDescribedAgainAndHasNotChangedStaysKnown) {
  open();
  learn("select 1");
  const auto known = catalog.find("select 1");
  const auto describe = [&] {
    auto made = query_of("select 1");
    made->query()->is_description = true;
    const auto answer = send(std::move(made));
    loop.settle();
    EXPECT_TRUE(answer->is_ok());
    return catalog.find("select 1");
  };
  loop.advance(milliseconds(2000));
  EXPECT_EQ(describe(), known);
  EXPECT_TRUE(StatementCatalog::is_fresh(*known, loop.now()));
  EXPECT_EQ(known->rows, 1u);  // as it was executed
  widen("select 1", 2);
  EXPECT_NE(describe(), known);
}

TEST_F(StatementRunTest, ARefusedRequestIsToldAfterTheTurn) {
  open();
  server.most_parameters = 1;
  // Each sends the next one when it is told.
  int told = 0;
  int depth = 0;
  std::function<void()> next = [&] {
    auto made = query_of("select $1::int4, $2::int4", {Value(1.0), Value(1.0)});
    made->done = [&](std::unique_ptr<Request>, const Expected<Reply>& reply) {
      EXPECT_EQ(reply.error().kind, ErrorKind::kParameter);
      EXPECT_EQ(++depth, 1);
      if (++told < 1000) next();
      --depth;
    };
    connection->send(std::move(made));
  };
  next();
  EXPECT_EQ(told, 0);
  loop.settle();
  EXPECT_EQ(told, 1000);
  EXPECT_EQ(state(), ConnectionState::kIdle);
}

TEST_F(StatementRunTest, ClosingTellsThoseThatWereRefusedBefore) {
  open();
  server.most_parameters = 1;
  const auto answer = send("select $1::int4, $2::int4", {Value(1.0), Value(1.0)});
  close();
  EXPECT_EQ(answer->error().kind, ErrorKind::kParameter);
  EXPECT_EQ(owner.closed, 1);
}

TEST_F(StatementRunTest, AStatementThatIsAbortedWhileItIsDescribedNeverRuns) {
  server.latency = milliseconds(10);
  dial();
  loop.advance(milliseconds(100));
  const auto [answer, token] = send_abortable("insert into t values (1)");
  loop.advance(milliseconds(5));
  token.cancel();
  loop.advance(milliseconds(100));
  EXPECT_EQ(answer->error().kind, ErrorKind::kAborted);
  EXPECT_EQ(answer->error().outcome, Outcome::kNotExecuted);
  EXPECT_EQ(server.runs("insert into t values (1)"), 0);
  EXPECT_EQ(state(), ConnectionState::kIdle);
}

TEST_F(StatementRunTest, AStatementThatIsBeingPreparedIsCancelledOnTheServer) {
  open();
  server.hold_parse("insert into t values (1)");  // a lock, say
  auto made = query_of("insert into t values (1)");
  made->deadline = loop.now() + milliseconds(100);
  const auto answer = send(std::move(made));
  loop.advance(milliseconds(100));
  EXPECT_EQ(server.cancels, 1);
  EXPECT_EQ(answer->error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(answer->error().outcome, Outcome::kNotExecuted);
  EXPECT_EQ(state(), ConnectionState::kIdle);
  server.release_parse("insert into t values (1)");
  EXPECT_TRUE(run("insert into t values (1)")->is_ok());
}

TEST_F(StatementRunTest, ADeadlineWhileItIsDescribedIsATimeout) {
  server.latency = milliseconds(10);
  dial();
  loop.advance(milliseconds(100));
  auto made = query_of("insert into t values (1)");
  made->deadline = loop.now() + milliseconds(5);
  const auto answer = send(std::move(made));
  loop.advance(milliseconds(100));
  EXPECT_EQ(answer->error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(server.runs("insert into t values (1)"), 0);
}

// --------------------------------------------------------------------------------------- rows in parts

TEST_F(StatementRunTest, ManyRowsComeInPartsAndTheRestAtTheEnd) {
  open();
  give_rows("select * from t", 250);
  std::vector<ResultSet> parts;
  auto made = query_of("select * from t");
  made->query()->completion = test::in_parts([&](ResultSet part) { parts.push_back(std::move(part)); });
  const auto answer = send(std::move(made));
  loop.settle();
  ASSERT_TRUE(answer->is_ok());
  const ResultSet& rest = answer->reply->value().result;
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(cell(parts[0], 0), "0");
  EXPECT_EQ(cell(parts[0], 99), "99");
  EXPECT_EQ(cell(parts[1], 0), "100");
  EXPECT_EQ(parts[1].host, "a:5432");
  EXPECT_EQ(parts[1].attempts, 1u);
  EXPECT_EQ(parts[1].columns, rest.columns);
  ASSERT_EQ(rest.rows, 50u);
  EXPECT_EQ(cell(rest, 0), "200");
  EXPECT_EQ(cell(rest, 49), "249");
}

TEST_F(StatementRunTest, OnlyAStatementThatGaveManyRowsIsAskedForInParts) {
  open();
  std::vector<std::size_t> parts;
  const auto rows_at_the_end = [&](int rows) {
    give_rows("select * from t", rows);
    parts.clear();
    auto made = query_of("select * from t");
    made->query()->completion = test::in_parts([&](ResultSet part) { parts.push_back(part.rows); });
    const auto answer = send(std::move(made));
    loop.settle();
    return answer->is_ok() ? answer->reply->value().result.rows : 0;
  };
  EXPECT_EQ(rows_at_the_end(3), 3u);
  EXPECT_EQ(rows_at_the_end(250), 250u);
  EXPECT_TRUE(parts.empty());
  // All of its rows are counted, also those of the parts.
  EXPECT_EQ(rows_at_the_end(250), 50u);
  EXPECT_EQ(rows_at_the_end(250), 50u);
  EXPECT_EQ(parts, (std::vector<std::size_t>{100, 100}));
}

TEST_F(StatementRunTest, PartsOfAStaleReadAreNotShown) {
  open();
  give_rows("select * from t", 250);
  learn("select * from t");
  close();
  give_rows("select * from t", 250, 2);
  widen("select * from t", 2);
  open();
  std::vector<ResultSet> parts;
  auto made = query_of("select * from t");
  made->query()->completion = test::in_parts([&](ResultSet part) { parts.push_back(std::move(part)); });
  const auto answer = send(std::move(made));
  loop.settle();
  ASSERT_TRUE(answer->is_ok()) << answer->error().message;
  EXPECT_EQ(server.runs("select * from t"), 3);  // the plain read was run again
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].columns->size(), 2u);
  EXPECT_EQ(parts[0].columns, answer->reply->value().result.columns);
  EXPECT_EQ(cell(parts[0], 0, 1), "0");
  EXPECT_EQ(answer->reply->value().result.rows, 50u);
}

TEST_F(StatementRunTest, PartsWithOtherColumnsAreShownWhenTheseAreKnown) {
  const std::string sql = "select f(x) from t";  // may have written: it is not run twice
  open();
  give_rows(sql, 250);
  learn(sql);
  close();
  give_rows(sql, 250, 2);
  widen(sql, 2);
  open();
  std::vector<ResultSet> parts;
  auto made = query_of(sql);
  made->query()->completion = test::in_parts([&](ResultSet part) { parts.push_back(std::move(part)); });
  const auto answer = send(std::move(made));
  loop.settle();
  ASSERT_TRUE(answer->is_ok()) << answer->error().message;
  EXPECT_EQ(server.runs(sql), 2);
  const ResultSet& rest = answer->reply->value().result;
  ASSERT_EQ(parts.size(), 2u);
  for (const ResultSet& part : parts) EXPECT_EQ(part.columns, rest.columns);
  ASSERT_EQ(rest.columns->size(), 2u);
  EXPECT_EQ((*rest.columns)[1].field.type_name, "text");
  EXPECT_EQ(cell(parts[1], 0, 1), "100");
  EXPECT_EQ(cell(rest, 49, 1), "249");
}

}  // namespace
}  // namespace hdb
