// What becomes of statements whose connection is lost or fenced: run again, or an error that says what is
// known.
#include "pool/statement_claim.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "test/unit/support/pool_fixture.hpp"

namespace hdb {
namespace {

using test::Box;
using test::cell;
using test::FakeAnswer;
using test::FakeServer;
using test::FakeStatement;
using test::query_of;
using test::report;

class StatementClaimTest : public test::PoolFixture {};

constexpr const char* kFunction = "select writing(1)";

TEST_F(StatementClaimTest, ManyRowsAreHandedOnInParts) {
  FakeServer& a = primary("a");
  a.answers = [](const FakeStatement& statement) -> std::optional<FakeAnswer> {
    if (statement.sql != "select * from t") return std::nullopt;
    FakeAnswer answer;
    for (int i = 0; i < 250; ++i) answer.rows.push_back({std::to_string(i)});
    return answer;
  };
  open_calm();
  std::vector<ResultSet> parts;
  Box<ResultSet> box;
  PoolCore::Statement statement;
  const auto keep = [&](ResultSet part) { parts.push_back(std::move(part)); };
  statement.request = query_of("select * from t", {}, test::in_parts(keep, box.completion()));
  pool->submit(std::move(statement));
  loop.settle();
  ASSERT_TRUE(box.is_ok());
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(cell(parts[1], 0), "100");
  EXPECT_EQ(box.value().rows, 50u);
  EXPECT_EQ(cell(box.value(), 49), "249");
  // Whoever wants it whole gets it whole.
  const auto whole = run("select * from t");
  ASSERT_TRUE(whole.is_ok());
  EXPECT_EQ(whole.value().rows, 250u);
  EXPECT_EQ(parts.size(), 2u);
}

TEST_F(StatementClaimTest, AReadOfAReadModeIsRunAgainAfterAnyLoss) {
  primary("a");
  FakeServer& b = standby("b");
  FakeServer& c = standby("c");
  open_calm();
  const Call call{.mode = Mode::kReadOnly};
  run(kFunction, call);
  int killed = 0;
  for (FakeServer* server : {&b, &c}) {
    server->watch = [&, server](FakeServer::Moment, const FakeStatement& statement) {
      if (statement.sql == "select my_function()" && killed++ == 0) server->kill();
    };
  }
  const auto answer = query("select my_function()", call);
  loop.advance(milliseconds(1000));
  EXPECT_TRUE(answer.is_ok());
  EXPECT_EQ(killed, 2);
  EXPECT_EQ(answer.value().attempts, 2u);
}

TEST_F(StatementClaimTest, ARecoveryConflictOnAStandbyIsRunAgainLater) {
  primary("a");
  FakeServer& b = standby("b");
  int conflicts = 2;
  b.answers = [&](const FakeStatement& statement) -> std::optional<FakeAnswer> {
    if (statement.sql != "select 1" || conflicts-- <= 0) return std::nullopt;
    FakeAnswer answer;
    answer.error = report("40001", "canceling statement due to conflict with recovery");
    return answer;
  };
  open_calm();
  const auto answer = query("select 1", Call{.mode = Mode::kReadOnly});
  loop.advance(milliseconds(3000));
  EXPECT_EQ(told(answer), "ok b");
  EXPECT_EQ(answer.value().attempts, 3u);
}

TEST_F(StatementClaimTest, AConflictIsRunAgainOnlyAsOftenAsItMay) {
  FakeServer& a = primary("a");
  a.answers = [&](const FakeStatement& statement) -> std::optional<FakeAnswer> {
    if (statement.sql != kInsert) return std::nullopt;
    FakeAnswer answer;
    answer.error = report("40001", "could not serialize access");
    return answer;
  };
  open_calm();
  const auto once = run(kInsert);
  EXPECT_EQ(told(once), "40001");
  EXPECT_TRUE(once.error().retryable);
  EXPECT_EQ(a.runs(kInsert), 1);
  const auto again = query(kInsert, Call{.retry = true});
  loop.advance(milliseconds(5000));
  EXPECT_EQ(told(again), "40001");
  EXPECT_EQ(a.runs(kInsert), 1 + 3);
  EXPECT_EQ(again.error().attempts, 3u);
}

TEST_F(StatementClaimTest, TheAnyModeRetriesNothing) {
  FakeServer& a = primary("a");
  open_calm();
  const Call call{.mode = Mode::kAny};
  EXPECT_EQ(told(run("select 1", call)), "ok a");
  a.watch = [&](FakeServer::Moment, const FakeStatement& statement) {
    if (statement.sql == "select 1") a.end_sessions();
  };
  const auto answer = run("select 1", call);
  EXPECT_TRUE(answer.is_error());
  EXPECT_EQ(a.runs("select 1"), 2);
}

TEST_F(StatementClaimTest, AWriteThatTheFenceRefusedGoesToTheNewPrimary) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  open_calm();
  EXPECT_EQ(told(run(kInsert)), "ok a");
  a.fence();
  const auto answer = query(kInsert);
  loop.advance(milliseconds(1000));
  EXPECT_EQ(told(answer), "waits");
  EXPECT_EQ(a.stored.size(), 1u);
  b.promote();
  loop.advance(milliseconds(200));
  EXPECT_EQ(told(answer), "ok b");
  EXPECT_EQ(b.runs(kInsert), 1);
  EXPECT_EQ(count<FencedEvent>(), 1);
}

TEST_F(StatementClaimTest, AReadThatAFencedNodeAnsweredIsAskedOfTheNewPrimary) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  open_calm();
  EXPECT_EQ(cell(run("select now()").value()), "a");
  a.fence();
  const auto answer = query("select now()");
  loop.settle();
  EXPECT_EQ(a.runs("select now()"), 2);  // it answered
  EXPECT_EQ(told(answer), "waits");      // and was not believed
  b.promote();
  loop.advance(milliseconds(200));
  EXPECT_EQ(cell(answer.value()), "b");
}

TEST_F(StatementClaimTest, AWriteThatGotThroughBeforeTheFenceIsNotRunAgain) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  open_calm();
  run(kInsert);
  a.watch = [&](FakeServer::Moment moment, const FakeStatement& statement) {
    if (statement.sql == kInsert && moment == FakeServer::Moment::kCommitted) a.fence();
  };
  const auto answer = run(kInsert);
  EXPECT_EQ(told(answer), "ok a");
  b.promote();
  loop.advance(milliseconds(1000));
  EXPECT_EQ(b.runs(kInsert), 0);
  EXPECT_EQ(a.runs(kInsert), 2);
}

TEST_F(StatementClaimTest, ASelectThatMayWriteDoesNotRunOnAFencedNode) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  open_calm();
  EXPECT_EQ(told(run("select my_function()")), "ok a");
  a.fence();
  const auto answer = query("select my_function()");
  loop.settle();
  EXPECT_EQ(a.runs("select my_function()"), 1);
  b.promote();
  loop.advance(milliseconds(200));
  EXPECT_EQ(told(answer), "ok b");
}

TEST_F(StatementClaimTest, AWriteThatAFenceRefusedIsSentElsewhereWhenTheSessionDiesBeforeItTellsOfTheFence) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  open_calm();
  EXPECT_EQ(told(run(kInsert)), "ok a");
  a.answers = [&](const FakeStatement& statement) -> std::optional<FakeAnswer> {
    if (statement.sql != kInsert) return std::nullopt;
    a.fence();
    FakeAnswer answer;
    answer.error = report("25006", "cannot execute INSERT in a read-only transaction");
    answer.is_last = true;
    return answer;
  };
  const auto answer = query(kInsert);
  loop.settle();
  EXPECT_EQ(told(answer), "waits");
  EXPECT_EQ(a.runs(kInsert), 2);
  b.promote();
  loop.advance(milliseconds(1000));
  EXPECT_EQ(told(answer), "ok b");
}

TEST_F(StatementClaimTest, AWriteThatTheCallersOwnSettingRefusesIsTheCallersError) {
  FakeServer& a = primary("a");
  open_calm();
  a.answers = [&](const FakeStatement& statement) -> std::optional<FakeAnswer> {
    if (statement.sql != kInsert) return std::nullopt;
    FakeAnswer answer;
    answer.error = report("25006", "cannot execute INSERT in a read-only transaction");
    return answer;
  };
  EXPECT_EQ(told(run(kInsert)), "25006");
  EXPECT_EQ(a.runs(kInsert), 1);
  EXPECT_EQ(cluster->topology().find(a.host())->role, HostRole::kPrimary);
}

TEST_F(StatementClaimTest, OnAServerThatReportsNothingEveryFirstStatementIsGuarded) {
  FakeServer& a = primary("a");
  a.version = 130000;
  open_calm();
  EXPECT_EQ(told(run("select 1")), "ok a");
  a.fence();
  const auto answer = query("select 1");
  loop.settle();
  EXPECT_EQ(a.runs("select 1"), 1);
  EXPECT_EQ(told(answer), "waits");
  a.unfence();
  loop.advance(milliseconds(500));
  EXPECT_EQ(told(answer), "ok a");
}

TEST_F(StatementClaimTest, AWriteWhoseAnswerIsLostIsInDoubtAndNotRunAgain) {
  for (const auto moment : {FakeServer::Moment::kRunning, FakeServer::Moment::kCommitted}) {
    servers.clear();
    FakeServer& a = primary(moment == FakeServer::Moment::kRunning ? "a" : "c");
    FakeServer& b = standby(moment == FakeServer::Moment::kRunning ? "b" : "d");
    open_calm();
    run(kInsert);
    a.watch = [&](FakeServer::Moment now, const FakeStatement& statement) {
      if (statement.sql == kInsert && now == moment) a.kill();
    };
    const auto answer = run(kInsert);
    EXPECT_EQ(answer.error().kind, ErrorKind::kInDoubt);
    EXPECT_EQ(answer.error().outcome, Outcome::kUnknown);
    EXPECT_EQ(answer.error().host, a.host().text());
    EXPECT_EQ(answer.error().attempts, 1u);
    EXPECT_FALSE(answer.error().retryable);
    b.promote();
    loop.advance(milliseconds(2000));
    EXPECT_EQ(b.runs(kInsert), 0);
    EXPECT_EQ(answer.times(), 1u);
    close();
  }
}

TEST_F(StatementClaimTest, AWriteThatNeverLeftIsSentElsewhere) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  open_calm();
  run(kInsert);
  a.block();
  const auto answer = query(kInsert);
  loop.settle();
  a.kill();
  a.unblock();
  loop.advance(milliseconds(500));
  b.promote();
  loop.advance(milliseconds(500));
  EXPECT_EQ(told(answer), "ok b");
  EXPECT_EQ(a.runs(kInsert), 1);
}

TEST_F(StatementClaimTest, AWriteThatWasOnlyDescribedIsSentElsewhere) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  open_calm();
  run("select 1");
  a.freeze();
  const auto answer = query(kInsert);
  loop.settle();
  a.kill();
  loop.advance(milliseconds(500));
  b.promote();
  loop.advance(milliseconds(500));
  EXPECT_EQ(told(answer), "ok b");
}

TEST_F(StatementClaimTest, APlainReadWhoseAnswerIsLostIsRunAgain) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  open_calm();
  run("select 1");
  a.watch = [&](FakeServer::Moment, const FakeStatement& statement) {
    if (statement.sql == "select 1") a.kill();
  };
  const auto answer = run("select 1");
  EXPECT_EQ(told(answer), "waits");
  loop.advance(milliseconds(500));
  b.promote();
  loop.advance(milliseconds(500));
  EXPECT_EQ(told(answer), "ok b");
  EXPECT_EQ(answer.value().attempts, 2u);
}

TEST_F(StatementClaimTest, ABatchOfReadsWhoseAnswerIsLostIsRunAgain) {
  FakeServer& a = primary("a");
  open_calm();
  int losses = 1;
  a.watch = [&](FakeServer::Moment moment, const FakeStatement& statement) {
    if (moment == FakeServer::Moment::kRunning && statement.sql == "select 2" && losses-- > 0)
      a.end_sessions();
  };
  const auto answer = batch({"select 1", "select 2"});
  loop.advance(milliseconds(2000));
  ASSERT_TRUE(answer.is_ok()) << answer.error().message;
  ASSERT_EQ(answer.value().size(), 2u);
  EXPECT_EQ(answer.value()[1].attempts, 2u);
  EXPECT_EQ(a.runs("select 2"), 2);
}

TEST_F(StatementClaimTest, ABatchThatWritesAndWhoseAnswerIsLostIsInDoubt) {
  FakeServer& a = primary("a");
  open_calm();
  a.watch = [&](FakeServer::Moment moment, const FakeStatement&) {
    if (moment == FakeServer::Moment::kCommitted) a.end_sessions();
  };
  const auto answer = batch({"select 1", kInsert});
  loop.advance(milliseconds(2000));
  EXPECT_EQ(answer.error().kind, ErrorKind::kInDoubt);
  EXPECT_EQ(answer.error().outcome, Outcome::kUnknown);
  EXPECT_FALSE(answer.error().retryable);
  EXPECT_EQ(a.stored.size(), 1u);
  EXPECT_EQ(a.runs(kInsert), 1);
}

TEST_F(StatementClaimTest, AStatementThatItsCallerAllowsIsRunAgain) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  open_calm();
  run(kInsert);
  a.watch = [&](FakeServer::Moment, const FakeStatement& statement) {
    if (statement.sql == kInsert) a.kill();
  };
  const auto answer = query(kInsert, Call{.retry = true});
  loop.advance(milliseconds(500));
  b.promote();
  loop.advance(milliseconds(500));
  EXPECT_EQ(told(answer), "ok b");
}

TEST_F(StatementClaimTest, ACommitThatTheStandbyDidNotConfirmIsTold) {
  FakeServer& a = primary("a");
  open_calm();
  a.reports_unreplicated = true;
  const auto answer = run(kInsert);
  EXPECT_EQ(answer.error().kind, ErrorKind::kNotReplicated);
  EXPECT_EQ(answer.error().outcome, Outcome::kCommittedLocally);
  EXPECT_FALSE(answer.error().retryable);
  EXPECT_EQ(a.stored.size(), 1u);
}

TEST_F(StatementClaimTest, ACommitThatTheStandbyDidNotConfirmMayResolve) {
  FakeServer& a = primary("a");
  options.on_unreplicated = OnUnreplicated::kWarn;
  open_calm();
  a.reports_unreplicated = true;
  EXPECT_EQ(told(run(kInsert)), "ok a");
}

TEST_F(StatementClaimTest, DescribesAStatementWithoutRunningIt) {
  FakeServer& a = primary("a");
  open_calm();
  const auto describe = [&](const std::string& sql) {
    Box<StatementDescription> box;
    PoolCore::Statement statement;
    statement.request = query_of(sql);
    pool->describe(std::move(statement), box.completion());
    loop.settle();
    return box;
  };
  const auto first = describe("select $1::int");
  ASSERT_TRUE(first.is_ok());
  ASSERT_EQ(first.value().params.size(), 1u);
  EXPECT_EQ(first.value().params[0].type_name, "int4");
  ASSERT_EQ(first.value().fields.size(), 1u);
  EXPECT_EQ(a.runs("select $1::int"), 0);
  EXPECT_EQ(a.parses("select $1::int"), 1);
  EXPECT_TRUE(describe("select $1::int").is_ok());
  EXPECT_EQ(a.parses("select $1::int"), 1);
  EXPECT_EQ(describe("syntax").error().code, "42601");
  EXPECT_EQ(told(run("select $1::int", std::vector<Value>{Value(4.0)})), "ok a");
}

}  // namespace
}  // namespace hdb
