// Who gets which session when, and what becomes of statements whose session goes.
#include "pool/pool_core.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "test/unit/support/pool_fixture.hpp"

namespace hdb {
namespace {

using test::batch_of;
using test::Box;
using test::cell;
using test::FakeAnswer;
using test::FakeServer;
using test::FakeStatement;
using test::query_of;
using test::report;

class PoolCoreTest : public test::PoolFixture {
 protected:
  Box<std::vector<ResultSet>> batch(const std::vector<std::string>& texts) {
    Box<std::vector<ResultSet>> box;
    PoolCore::Statement statement;
    statement.request = batch_of(texts, box.completion());
    pool->submit(std::move(statement));
    loop.settle();
    return box;
  }
};

constexpr const char* kInsert = "insert into t values (1)";
constexpr const char* kFunction = "select writing(1)";

// -------------------------------------------------------------------------------- getting a session

TEST_F(PoolCoreTest, ConnectsToThePrimaryAndAnswers) {
  FakeServer& a = primary("a");
  open();
  const auto answer = run("select $1::text", std::vector<Value>{Value(std::string("hi"))});
  EXPECT_EQ(told(answer), "ok a");
  EXPECT_EQ(cell(answer.value()), "hi");
  EXPECT_EQ(a.sessions(), 1u);
}

TEST_F(PoolCoreTest, ManyRowsAreHandedOnInParts) {
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

TEST_F(PoolCoreTest, OpensNothingBeforeItIsNeeded) {
  primary("a");
  open();
  loop.settle();
  EXPECT_EQ(net.made(), 0);
}

TEST_F(PoolCoreTest, KeepsTheIdleMinimumOpen) {
  FakeServer& a = primary("a");
  options.min_idle = 3;
  open_calm();
  EXPECT_EQ(gauges->size.read(), 3);
  EXPECT_EQ(gauges->available.read(), 3);
  a.end_sessions();
  loop.advance(milliseconds(2000));
  EXPECT_EQ(gauges->available.read(), 3);
}

TEST_F(PoolCoreTest, AStatementUsesAFreeSessionAgain) {
  FakeServer& a = primary("a");
  open_calm();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(told(run("select 1")), "ok a");
  EXPECT_EQ(gauges->size.read(), 1);
  EXPECT_EQ(a.runs("select 1"), 20);
}

TEST_F(PoolCoreTest, NeverHoldsMoreSessionsThanItsSize) {
  FakeServer& a = primary("a");
  options.pool_size = 3;
  open_calm();
  std::vector<Box<ResultSet>> boxes;
  a.hold("select 1");
  for (int i = 0; i < 20; ++i) boxes.push_back(query("select 1"));
  loop.advance(milliseconds(1000));
  EXPECT_EQ(gauges->size.read(), 3);
  EXPECT_EQ(gauges->in_use.read(), 3);
  EXPECT_EQ(gauges->waiting.read(), 17);
  EXPECT_LE(a.sessions(), 3u + 1u);  // and the monitor's
  a.release("select 1");
  loop.advance(milliseconds(1000));
  for (const auto& box : boxes) EXPECT_EQ(told(box), "ok a");
  EXPECT_EQ(gauges->size.read(), 3);
  EXPECT_EQ(gauges->waiting.read(), 0);
}

TEST_F(PoolCoreTest, ServesWhoCameFirst) {
  FakeServer& a = primary("a");
  options.pool_size = 1;
  open_calm();
  a.hold("select 0");
  query("select 0");
  for (int i = 1; i <= 5; ++i) query("select " + std::to_string(i));
  loop.settle();
  a.release("select 0");
  loop.advance(milliseconds(100));
  std::string order;
  for (const std::string& sql : a.log) {
    if (sql.starts_with("select ") && sql.size() == 8) order += sql.back();
  }
  EXPECT_EQ(order, "012345");
}

TEST_F(PoolCoreTest, WhenAllSessionsAreInUseAWaitEndsAsExhausted) {
  FakeServer& a = primary("a");
  options.pool_size = 1;
  options.acquire_timeout = milliseconds(500);
  open_calm();
  a.hold("select 1");
  const auto first = query("select 1");
  loop.settle();
  const auto second = query("select 2");
  loop.advance(milliseconds(499));
  EXPECT_EQ(told(second), "waits");
  loop.advance(milliseconds(1));
  EXPECT_EQ(second.error().kind, ErrorKind::kPoolExhausted);
  EXPECT_NE(second.error().message.find("500ms"), std::string::npos) << second.error().message;
  EXPECT_EQ(second.error().outcome, Outcome::kNotSent);
  EXPECT_TRUE(second.error().retryable);
  a.release("select 1");
  loop.settle();
  EXPECT_EQ(told(first), "ok a");
  EXPECT_EQ(told(run("select 3")), "ok a");
}

TEST_F(PoolCoreTest, OneTooManyThatWaitIsRefusedAtOnce) {
  FakeServer& a = primary("a");
  options.pool_size = 1;
  options.max_waiting = 2;
  open_calm();
  a.hold("select 1");
  query("select 1");
  loop.settle();
  query("select 1");
  query("select 1");
  const auto extra = run("select 1");
  EXPECT_EQ(extra.error().kind, ErrorKind::kPoolExhausted);
  EXPECT_NE(extra.error().message.find("maxWaiting: 2"), std::string::npos);
  a.release("select 1");
  loop.advance(milliseconds(100));
}

TEST_F(PoolCoreTest, AnAbortedCallLeavesTheQueue) {
  FakeServer& a = primary("a");
  options.pool_size = 1;
  open_calm();
  a.hold("select 1");
  query("select 1");
  loop.settle();
  const CancelToken token = CancelToken::make();
  const auto waiting = run(kInsert, Call{.token = token});
  EXPECT_EQ(told(waiting), "waits");
  token.cancel();
  loop.settle();
  EXPECT_EQ(waiting.error().kind, ErrorKind::kAborted);
  EXPECT_EQ(waiting.error().outcome, Outcome::kNotSent);
  EXPECT_EQ(gauges->waiting.read(), 0);
  a.release("select 1");
  loop.settle();
  EXPECT_EQ(a.runs(kInsert), 0);
}

TEST_F(PoolCoreTest, ACallThatIsAbortedBeforeItIsMadeSendsNothing) {
  primary("a");
  open_calm();
  const CancelToken token = CancelToken::make();
  token.cancel();
  EXPECT_EQ(run("select 1", Call{.token = token}).error().kind, ErrorKind::kAborted);
}

TEST_F(PoolCoreTest, TheTimeLimitOfACallCoversItsWait) {
  FakeServer& a = primary("a");
  a.kill();
  open();
  const auto answer = query("select 1", Call{.timeout = milliseconds(300)});
  loop.advance(milliseconds(300));
  EXPECT_EQ(answer.error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(answer.error().outcome, Outcome::kNotSent);
}

TEST_F(PoolCoreTest, TheTimeLimitOfACallCoversItsStatement) {
  FakeServer& a = primary("a");
  open_calm();
  const auto answer = query("select pg_sleep(60)", Call{.timeout = milliseconds(300)});
  loop.advance(milliseconds(301));
  EXPECT_EQ(answer.error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(answer.error().outcome, Outcome::kRolledBack);
  EXPECT_EQ(a.cancels, 1);
  EXPECT_EQ(told(run("select 1")), "ok a");
}

// ------------------------------------------------------------------------------------ finding a node

TEST_F(PoolCoreTest, FindsThePrimaryAmongHostsThatItDoesNotKnow) {
  standby("a");
  standby("b");
  primary("c");
  open();
  const auto answer = query(kInsert);
  loop.advance(milliseconds(50));
  EXPECT_EQ(told(answer), "ok c");
}

TEST_F(PoolCoreTest, ASilentHostDoesNotHoldUpTheOthers) {
  FakeServer& a = standby("a");
  primary("b");
  a.freeze();
  open();
  const auto answer = query(kInsert);
  loop.advance(milliseconds(260));
  EXPECT_EQ(told(answer), "ok b");
  a.thaw();
}

TEST_F(PoolCoreTest, FailsAtOnceWhenEveryHostRefusesTheCredentials) {
  for (const char* name : {"a", "b"}) {
    FakeServer& server = name[0] == 'a' ? primary(name) : standby(name);
    server.rejects = report("28P01", "password authentication failed for user \"app\"", "FATAL");
  }
  open();
  const auto answer = query("select 1");
  loop.advance(milliseconds(1000));
  ASSERT_TRUE(answer.is_error());
  EXPECT_EQ(answer.error().kind, ErrorKind::kConnect);
  EXPECT_EQ(answer.error().code, "28P01");
  EXPECT_EQ(answer.error().outcome, Outcome::kNotSent);
  EXPECT_NE(answer.error().message.find("password"), std::string::npos);
  // And no storm of dials follows.
  const auto before = servers[0]->dials.size() + servers[1]->dials.size();
  query("select 1");
  loop.advance(milliseconds(10000));
  EXPECT_LE(servers[0]->dials.size() + servers[1]->dials.size() - before, 50u);
}

TEST_F(PoolCoreTest, OneHostThatRefusesDoesNotMatterWhenAnotherServes) {
  FakeServer& a = standby("a");
  a.rejects = report("28P01", "no", "FATAL");
  primary("b");
  open();
  const auto answer = query(kInsert);
  loop.advance(milliseconds(300));
  EXPECT_EQ(told(answer), "ok b");
}

TEST_F(PoolCoreTest, SessionsThatAreOpenServeOnWhileTheirHostRefusesFurtherOnes) {
  FakeServer& a = primary("a");
  open_calm();
  a.hold("select 1");
  const auto first = query("select 1", {.mode = Mode::kReadWrite});
  loop.settle();
  a.rejects = report("28P01", "no", "FATAL");
  const auto second = query(kInsert);
  loop.advance(milliseconds(10000));
  EXPECT_EQ(told(second), "waits");
  EXPECT_EQ(cluster->topology().primary()->address, a.host());
  EXPECT_GE(a.dials.size(), 8u);
  EXPECT_LE(a.dials.size(), 13u);
  a.release("select 1");
  loop.settle();
  EXPECT_EQ(told(first), "ok a");
  EXPECT_EQ(told(second), "ok a");
}

TEST_F(PoolCoreTest, WorksAgainWhenThePasswordIsMendedOnTheServer) {
  FakeServer& a = primary("a");
  a.rejects = report("28P01", "no", "FATAL");
  open();
  const auto refused = query("select 1");
  loop.advance(milliseconds(500));
  EXPECT_EQ(told(refused), "28P01");
  a.rejects.reset();
  loop.advance(milliseconds(3000));
  EXPECT_EQ(told(run("select 1")), "ok a");
}

TEST_F(PoolCoreTest, WithoutAPrimaryACallWaitsAndThenSaysSo) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  a.kill();
  open();
  const auto answer = query(kInsert);
  loop.advance(milliseconds(14999));
  EXPECT_EQ(told(answer), "waits");
  loop.advance(milliseconds(1));
  EXPECT_EQ(answer.error().kind, ErrorKind::kNoPrimary);
  EXPECT_EQ(answer.error().code, "NO_PRIMARY");
  EXPECT_EQ(answer.error().message, "no writable primary available after 15000ms");
  EXPECT_TRUE(answer.error().retryable);
  ASSERT_EQ(answer.error().causes.size(), 2u);
  EXPECT_NE(answer.error().causes[0].find("a:5432: down"), std::string::npos) << answer.error().causes[0];
  EXPECT_NE(answer.error().causes[1].find("b:5432: standby"), std::string::npos) << answer.error().causes[1];
  EXPECT_EQ(b.stored.size(), 0u);
}

TEST_F(PoolCoreTest, AHostThatRefusesTheCredentialsIsNamedAmongTheCauses) {
  FakeServer& a = primary("a");
  options.acquire_timeout = milliseconds(2000);
  open_calm();
  a.hold("select 1");
  const auto first = query("select 1");
  loop.settle();
  // The monitor's own session still sees a primary.
  a.rejects = report("28P01", "password authentication failed", "FATAL");
  const auto answer = query(kInsert);
  loop.advance(milliseconds(2000));
  ASSERT_TRUE(answer.is_error());
  ASSERT_EQ(answer.error().causes.size(), 1u);
  const std::string& cause = answer.error().causes[0];
  EXPECT_TRUE(cause.starts_with("a:5432: primary; ")) << cause;
  EXPECT_NE(cause.find("password authentication failed"), std::string::npos) << cause;
  a.release("select 1");
  loop.settle();
  EXPECT_EQ(told(first), "ok a");
}

TEST_F(PoolCoreTest, WithoutAStandbyAReadOnlyCallSaysSo) {
  primary("a");
  options.acquire_timeout = milliseconds(500);
  open();
  const auto answer = query("select 1", Call{.mode = Mode::kReadOnly});
  loop.advance(milliseconds(500));
  EXPECT_EQ(answer.error().kind, ErrorKind::kNoStandby);
  EXPECT_EQ(answer.error().message, "no standby available after 500ms");
}

TEST_F(PoolCoreTest, WithoutAnyHostAnAnyCallSaysSo) {
  primary("a").kill();
  options.acquire_timeout = milliseconds(500);
  open();
  const auto answer = query("select 1", Call{.mode = Mode::kAny});
  loop.advance(milliseconds(500));
  EXPECT_EQ(answer.error().message, "no host available after 500ms");
}

TEST_F(PoolCoreTest, TwoPrimariesOfOneTimelineGetNoWrites) {
  FakeServer& a = primary("a");
  FakeServer& b = primary("b");
  options.acquire_timeout = milliseconds(500);
  open_calm();
  const auto answer = query(kInsert);
  loop.advance(milliseconds(500));
  EXPECT_EQ(answer.error().kind, ErrorKind::kSplitBrain);
  EXPECT_TRUE(a.stored.empty() && b.stored.empty());
  EXPECT_EQ(count<SplitBrainEvent>(), 1);
}

TEST_F(PoolCoreTest, WithTwoPrimariesAReadOnlyCallLacksAStandby) {
  primary("a");
  primary("b");
  options.acquire_timeout = milliseconds(500);
  open_calm();
  const auto answer = query("select 1", Call{.mode = Mode::kReadOnly});
  loop.advance(milliseconds(500));
  EXPECT_TRUE(cluster->topology().is_split());
  EXPECT_EQ(answer.error().kind, ErrorKind::kNoStandby);
}

TEST_F(PoolCoreTest, AFullServerIsNotDown) {
  FakeServer& a = primary("a");
  open_calm();
  a.rejects = report("53300", "sorry, too many clients already", "FATAL");
  const auto dials = a.dials.size();
  const auto answer = query("select 1");
  loop.advance(milliseconds(2000));
  EXPECT_EQ(told(answer), "waits");
  EXPECT_EQ(cluster->topology().find(a.host())->role, HostRole::kPrimary);
  EXPECT_LE(a.dials.size() - dials, 15u);  // no storm
  a.rejects.reset();
  loop.advance(milliseconds(600));
  EXPECT_EQ(told(answer), "ok a");
}

// ---------------------------------------------------------------------------------------------- modes

TEST_F(PoolCoreTest, ReadsOfTheReadModesGoToAStandby) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  open_calm();
  EXPECT_EQ(told(run("select 1", Call{.mode = Mode::kReadOnly})), "ok b");
  EXPECT_EQ(told(run("select 1", Call{.mode = Mode::kPreferStandby})), "ok b");
  EXPECT_EQ(told(run("select 1", Call{})), "ok a");
  b.kill();
  loop.advance(milliseconds(500));
  const auto read_only = query("select 1", Call{.mode = Mode::kReadOnly});
  EXPECT_EQ(told(run("select 1", Call{.mode = Mode::kPreferStandby})), "ok a");
  EXPECT_EQ(told(read_only), "waits");
  EXPECT_EQ(a.runs("select 1"), 2);
}

TEST_F(PoolCoreTest, SessionsOfTheReadModesCannotWriteEvenOnAPrimary) {
  FakeServer& a = primary("a");
  open_calm();
  const auto answer = run(kInsert, Call{.mode = Mode::kPreferStandby});
  EXPECT_EQ(told(answer), "25006");
  EXPECT_TRUE(a.stored.empty());
  // The same pool's writes go through on sessions of their own.
  EXPECT_EQ(told(run(kInsert)), "ok a");
}

TEST_F(PoolCoreTest, ReadsSpreadOverStandbys) {
  primary("a");
  FakeServer& b = standby("b");
  FakeServer& c = standby("c");
  options.mode = Mode::kReadOnly;
  options.pool_size = 4;
  open_calm();
  b.hold("select pg_sleep(0)");
  for (int i = 0; i < 40; ++i) EXPECT_TRUE(run("select 1", Call{.mode = Mode::kReadOnly}).is_ok());
  EXPECT_GE(b.runs("select 1"), 15);
  EXPECT_GE(c.runs("select 1"), 15);
}

TEST_F(PoolCoreTest, AReadOfAReadModeIsRunAgainAfterAnyLoss) {
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

TEST_F(PoolCoreTest, ARecoveryConflictOnAStandbyIsRunAgainLater) {
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

TEST_F(PoolCoreTest, AConflictIsRunAgainOnlyAsOftenAsItMay) {
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

TEST_F(PoolCoreTest, TheAnyModeRetriesNothing) {
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

// ---------------------------------------------------------------------------------------------- fence

TEST_F(PoolCoreTest, AWriteThatTheFenceRefusedGoesToTheNewPrimary) {
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

TEST_F(PoolCoreTest, AReadThatAFencedNodeAnsweredIsAskedOfTheNewPrimary) {
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

TEST_F(PoolCoreTest, AWriteThatGotThroughBeforeTheFenceIsNotRunAgain) {
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

TEST_F(PoolCoreTest, ASelectThatMayWriteDoesNotRunOnAFencedNode) {
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

TEST_F(PoolCoreTest, AWriteThatAFenceRefusedIsSentElsewhereWhenTheSessionDiesBeforeItTellsOfTheFence) {
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

TEST_F(PoolCoreTest, SessionsOfAFencedNodeAreClosed) {
  FakeServer& a = primary("a");
  standby("b");
  options.min_idle = 3;
  open_calm();
  a.fence();
  query("select 1");
  loop.advance(milliseconds(1500));
  EXPECT_EQ(a.sessions(), 1u);  // the monitor's
  EXPECT_EQ(cluster->topology().find(a.host())->role, HostRole::kFenced);
}

TEST_F(PoolCoreTest, AWriteThatTheCallersOwnSettingRefusesIsTheCallersError) {
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

TEST_F(PoolCoreTest, OnAServerThatReportsNothingEveryFirstStatementIsGuarded) {
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

// ------------------------------------------------------------------------------------------- failover

TEST_F(PoolCoreTest, CallsThatWaitForAPrimaryAreServedByTheNewOne) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  options.pool_size = 4;
  open_calm();
  run("select 1");
  a.kill();
  loop.advance(milliseconds(300));
  std::vector<Box<ResultSet>> boxes;
  for (int i = 0; i < 50; ++i)
    boxes.push_back(query("insert into t values ($1)", {Value(static_cast<double>(i))}));
  loop.advance(milliseconds(4000));
  for (const auto& box : boxes) EXPECT_EQ(told(box), "waits");
  b.promote();
  loop.advance(milliseconds(1000));
  for (const auto& box : boxes) EXPECT_EQ(told(box), "ok b");
  EXPECT_EQ(b.runs("insert into t values ($1)"), 50);
  EXPECT_LE(gauges->size.read(), 4);
}

TEST_F(PoolCoreTest, AWriteWhoseAnswerIsLostIsInDoubtAndNotRunAgain) {
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

TEST_F(PoolCoreTest, AWriteThatNeverLeftIsSentElsewhere) {
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

TEST_F(PoolCoreTest, AWriteThatWasOnlyDescribedIsSentElsewhere) {
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

TEST_F(PoolCoreTest, APlainReadWhoseAnswerIsLostIsRunAgain) {
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

TEST_F(PoolCoreTest, ABatchOfReadsWhoseAnswerIsLostIsRunAgain) {
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

TEST_F(PoolCoreTest, ABatchThatWritesAndWhoseAnswerIsLostIsInDoubt) {
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

TEST_F(PoolCoreTest, AStatementThatItsCallerAllowsIsRunAgain) {
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

TEST_F(PoolCoreTest, ASilentPrimaryThatWasReplacedIsLeft) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  open_calm();
  run(kInsert);
  run("select 1");
  a.freeze();
  const auto write = query(kInsert);
  const auto read = query("select 1");
  loop.advance(milliseconds(2500));
  b.promote();
  loop.advance(milliseconds(1500));
  // Nobody waits for the thaw: a newer epoch elsewhere ends the wait.
  EXPECT_EQ(write.error().kind, ErrorKind::kInDoubt);
  EXPECT_EQ(told(read), "ok b");
  EXPECT_EQ(told(run(kInsert)), "ok b");
  a.kill();
}

TEST_F(PoolCoreTest, ASilentStatementMakesTheClientAskTheOthers) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  open_calm();
  a.hold("select 1");
  const auto answer = query("select 1");
  loop.settle();
  const auto before = b.log.size();
  loop.advance(milliseconds(1200));
  EXPECT_GE(b.log.size(), before + 2);  // the monitor is in a hurry
  a.release("select 1");
  loop.settle();
  EXPECT_EQ(told(answer), "ok a");
}

TEST_F(PoolCoreTest, AnOldPrimaryThatReturnsGetsNoWrites) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  open_calm();
  run(kInsert);
  a.kill();
  loop.advance(milliseconds(500));
  b.promote();
  loop.advance(milliseconds(500));
  a.start();  // writable, on its old timeline
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(told(run(kInsert)), "ok b");
    loop.advance(milliseconds(100));
  }
  EXPECT_EQ(a.runs(kInsert), 1);
  EXPECT_EQ(cluster->topology().find(a.host())->role, HostRole::kQuarantined);
}

TEST_F(PoolCoreTest, ATerminatedIdleSessionIsReplacedWithoutAnError) {
  FakeServer& a = primary("a");
  open_calm();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(told(run("select 1")), "ok a");
    a.end_sessions();
    loop.settle();
    const auto answer = query(kInsert);
    loop.advance(milliseconds(500));
    EXPECT_EQ(told(answer), "ok a");
  }
  EXPECT_EQ(a.stored.size(), 5u);
}

TEST_F(PoolCoreTest, ACommitThatTheStandbyDidNotConfirmIsTold) {
  FakeServer& a = primary("a");
  open_calm();
  a.reports_unreplicated = true;
  const auto answer = run(kInsert);
  EXPECT_EQ(answer.error().kind, ErrorKind::kNotReplicated);
  EXPECT_EQ(answer.error().outcome, Outcome::kCommittedLocally);
  EXPECT_FALSE(answer.error().retryable);
  EXPECT_EQ(a.stored.size(), 1u);
}

TEST_F(PoolCoreTest, ACommitThatTheStandbyDidNotConfirmMayResolve) {
  FakeServer& a = primary("a");
  options.on_unreplicated = OnUnreplicated::kWarn;
  open_calm();
  a.reports_unreplicated = true;
  EXPECT_EQ(told(run(kInsert)), "ok a");
}

// ------------------------------------------------------------------- shared sessions, warm ones, new hosts

TEST_F(PoolCoreTest, QuickStatementsShareASessionWhenAllAreBusy) {
  FakeServer& a = primary("a");
  options.pool_size = 1;
  open_calm();
  for (int i = 0; i < 3; ++i) run("select 1");
  a.latency = milliseconds(1);
  std::vector<Box<ResultSet>> boxes;
  for (int i = 0; i < 10; ++i) boxes.push_back(query("select 1"));
  loop.advance(milliseconds(2));
  for (const auto& box : boxes) EXPECT_EQ(told(box), "ok a");
  EXPECT_EQ(gauges->size.read(), 1);
}

/// Many free sessions on one host, and statements on it that do not end before they are released.
class SharingTest : public PoolCoreTest {
 protected:
  void open_free(std::int32_t sessions) {
    options.min_idle = sessions;
    open_calm();
  }
  void learn(const std::string& sql) {
    for (int i = 0; i < 3; ++i) run(sql);
  }
  /// How many sessions are in use then.
  std::int64_t ask(const std::string& sql, int times, const Call& call = Call()) {
    for (int i = 0; i < times; ++i) boxes.push_back(query(sql, call));
    loop.settle();
    return gauges->in_use.read();
  }
  void release(const std::string& sql) {
    a.release(sql);
    loop.settle();
  }
  void expect_all_answered() {
    for (const auto& box : boxes) EXPECT_EQ(told(box), "ok a");
  }

  FakeServer& a = primary("a");
  std::vector<Box<ResultSet>> boxes;
};

TEST_F(SharingTest, BriefReadsGoBehindOthersThoughSessionsAreFree) {
  open_free(5);
  learn("select 1");
  a.hold("select 1");
  EXPECT_EQ(ask("select 1", 1), 1);
  EXPECT_EQ(ask("select 1", 15), 2);  // eight each
  EXPECT_EQ(ask("select 1", 1), 3);
  EXPECT_EQ(ask("select 1", 7), 3);
  release("select 1");
  expect_all_answered();
}

TEST_F(SharingTest, WhatTakesLongerOrWritesGetsTheFreeSessions) {
  open_free(5);
  for (const std::string sql : {"select 2", kInsert, kFunction}) {
    a.latency = milliseconds(sql == "select 2" ? 1 : 0);
    query(sql);
    loop.advance(milliseconds(20));
    a.latency = milliseconds(0);
    a.hold(sql);
    EXPECT_EQ(ask(sql, 5), 5) << sql;
    release(sql);
    expect_all_answered();
  }
}

TEST_F(SharingTest, ABriefReadWithAnotherTextGetsAFreeSession) {
  open_free(5);
  learn("select 1");
  learn("select 2");
  a.hold("select 1");
  EXPECT_EQ(ask("select 1", 6), 2);
  ask("select 2", 6);
  for (std::size_t i = 0; i < boxes.size(); ++i) EXPECT_EQ(told(boxes[i]), i < 6 ? "waits" : "ok a");
  release("select 1");
  expect_all_answered();
}

TEST_F(SharingTest, WhatMayBeCancelledIsAloneOnItsSession) {
  open_free(8);
  learn("select 1");
  a.hold("select 1");
  EXPECT_EQ(ask("select 1", 3), 2);
  const CancelToken token = CancelToken::make();
  EXPECT_EQ(ask("select 1", 2, {.timeout = milliseconds(100)}), 4);
  EXPECT_EQ(ask("select 1", 1, {.token = token}), 5);
  EXPECT_EQ(ask("select 1", 1), 5);  // not behind these, but behind the first two
  token.cancel();
  loop.advance(milliseconds(100));
  EXPECT_EQ(a.cancels, 3);
  for (const std::size_t i : {3u, 4u}) EXPECT_EQ(told(boxes[i]), "ETIMEDOUT");
  EXPECT_EQ(told(boxes[5]), "ABORT_ERR");
  release("select 1");
  for (const std::size_t i : {0u, 1u, 2u, 6u}) EXPECT_EQ(told(boxes[i]), "ok a");
}

TEST_F(SharingTest, NobodyJoinsASessionThatHasFallenSilent) {
  open_free(5);
  learn("select 1");
  a.hold("select 1");
  EXPECT_EQ(ask("select 1", 1), 1);
  EXPECT_EQ(ask("select 1", 1), 2);
  EXPECT_EQ(ask("select 1", 1), 2);
  loop.advance(milliseconds(6));
  EXPECT_EQ(ask("select 1", 1), 3);
  release("select 1");
  expect_all_answered();
}

TEST_F(SharingTest, BriefReadsOpenNoMoreSessionsThanHelp) {
  open_free(0);
  learn("select 1");
  ask("select 1", 100);
  expect_all_answered();
  EXPECT_LT(gauges->size.read(), options.pool_size);
}

TEST_F(PoolCoreTest, TheFirstExecutionOnASessionSaysNothingOfTheStatement) {
  FakeServer& a = primary("a");
  options.pool_size = 2;
  options.min_idle = 2;
  open_calm();
  for (int i = 0; i < 3; ++i) run("select 1");
  const auto slow = query("select pg_sleep(5)");  // on the session that knows the statement
  loop.settle();
  a.latency = milliseconds(5);
  const auto cold = query("select 1");
  loop.advance(milliseconds(10));
  EXPECT_EQ(told(cold), "ok a");
  a.latency = milliseconds(0);
  a.hold("select 1");
  const auto first = query("select 1");
  const auto behind = query("select 1");
  loop.settle();
  EXPECT_EQ(gauges->waiting.read(), 0);  // as before, it may be shared
  a.release("select 1");
  loop.advance(milliseconds(5000));
  for (const auto& box : {slow, first, behind}) EXPECT_EQ(told(box), "ok a");
}

TEST_F(PoolCoreTest, ALostSessionLeavesFewWritesInDoubt) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  options.pool_size = 1;
  open_calm();
  for (int i = 0; i < 3; ++i) run("insert into t values ($1)", std::vector<Value>{Value(std::string("x"))});
  a.freeze();
  std::vector<Box<ResultSet>> boxes;
  for (int i = 0; i < 10; ++i)
    boxes.push_back(query("insert into t values ($1)", {Value(std::to_string(i))}));
  loop.settle();
  a.kill();
  loop.advance(milliseconds(300));
  const auto in_doubt =
      std::count_if(boxes.begin(), boxes.end(), [](const auto& box) { return told(box) == "IN_DOUBT"; });
  EXPECT_GE(in_doubt, 1);
  EXPECT_LE(in_doubt, 4);
  b.promote();
  loop.advance(milliseconds(500));
  EXPECT_EQ(std::count_if(boxes.begin(), boxes.end(), [](const auto& box) { return told(box) == "ok b"; }),
            10 - in_doubt);
}

TEST_F(PoolCoreTest, NobodyWaitsBehindASlowStatementWhileThereIsRoom) {
  FakeServer& a = primary("a");
  options.pool_size = 2;
  open_calm();
  for (int i = 0; i < 3; ++i) run("select 1");
  const auto slow = query("select pg_sleep(5)");
  loop.settle();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(told(run("select 1")), "ok a");
  EXPECT_EQ(told(slow), "waits");
  loop.advance(milliseconds(5000));
  EXPECT_EQ(told(slow), "ok a");
  EXPECT_EQ(a.cancels, 0);
}

TEST_F(PoolCoreTest, TheFirstWriteAfterAFailoverNeedsNoNewConnection) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  open_calm();
  run(kInsert);
  loop.advance(milliseconds(2000));
  const auto dials = b.dials.size();
  a.kill();
  loop.advance(milliseconds(500));
  const auto answer = query(kInsert);
  loop.advance(milliseconds(1000));
  b.promote();
  ASSERT_TRUE(loop.run_until([&] { return answer.is_settled(); }, milliseconds(500)));
  EXPECT_EQ(told(answer), "ok b");
  EXPECT_EQ(b.dials.size(), dials);
}

TEST_F(PoolCoreTest, DescribesAStatementWithoutRunningIt) {
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

TEST_F(PoolCoreTest, FollowsAnotherListOfHosts) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  options.min_idle = 1;
  open_calm();
  run(kInsert);
  run("select 1");
  a.freeze();
  const auto write = query(kInsert);
  const auto read = query("select 1");
  loop.settle();
  // The application knows better: the old host is gone, the other one is promoted.
  b.promote();
  Cluster other(loop, net, make_topology({b.host()}), 2);
  pool->move_to(other, {b.host()});
  loop.advance(milliseconds(500));
  EXPECT_EQ(write.error().kind, ErrorKind::kInDoubt);
  EXPECT_EQ(told(read), "ok b");
  EXPECT_EQ(told(run(kInsert)), "ok b");
  EXPECT_TRUE(cluster->is_empty());
  a.thaw();
  loop.advance(milliseconds(100));
  EXPECT_EQ(a.sessions(), 0u);
  close();
}

TEST_F(PoolCoreTest, WhatWaitsIsBoundedByItsSizeToo) {
  FakeServer& a = primary("a");
  options.pool_size = 1;
  options.max_waiting_bytes = 1000;
  open_calm();
  a.hold("select pg_sleep(1)");
  query("select pg_sleep(1)");
  loop.settle();
  const auto ask = [&](std::size_t bytes) {
    Box<ResultSet> box;
    PoolCore::Statement statement;
    statement.request = query_of("select 1", {}, box.completion());
    statement.request->bytes = bytes;
    pool->submit(std::move(statement));
    return box;
  };
  const auto fits = ask(900);
  const auto extra = ask(900);
  EXPECT_EQ(told(fits), "waits");
  EXPECT_EQ(extra.error().kind, ErrorKind::kPoolExhausted);
  a.release("select pg_sleep(1)");
  loop.settle();
  EXPECT_EQ(told(fits), "ok a");
}

// ------------------------------------------------------------------------------- housekeeping, the end

TEST_F(PoolCoreTest, UnusedSessionsAreClosedDownToTheMinimum) {
  FakeServer& a = primary("a");
  options.min_idle = 1;
  options.idle_timeout = milliseconds(5000);
  open_calm();
  a.hold("select 1");
  for (int i = 0; i < 6; ++i) query("select 1");
  loop.advance(milliseconds(100));
  a.release("select 1");
  loop.advance(milliseconds(100));
  EXPECT_EQ(gauges->size.read(), 6);
  loop.advance(milliseconds(10000));
  EXPECT_EQ(gauges->size.read(), 1);
}

TEST_F(PoolCoreTest, OldSessionsAreReplacedWhenTheyAreFree) {
  primary("a");
  options.min_idle = 2;
  options.max_lifetime = milliseconds(20000);
  open_calm();
  const int made = net.made();
  loop.advance(milliseconds(60000));
  EXPECT_EQ(gauges->size.read(), 2);
  EXPECT_GE(net.made() - made, 4);
  EXPECT_LE(net.made() - made, 10);
}

TEST_F(PoolCoreTest, ASessionThatIsNeverFreeIsReplacedToo) {
  FakeServer& a = primary("a");
  options.pool_size = 1;
  options.max_lifetime = milliseconds(20000);
  options.max_waiting = 100000;
  options.acquire_timeout = milliseconds(60000);
  open_calm();
  run("select 1");
  a.latency = milliseconds(1);
  std::vector<Box<ResultSet>> boxes;
  for (int i = 0; i < 25000; ++i) {  // twice as many as it can answer
    boxes.push_back(query("select 1"));
    loop.advance(milliseconds(1));
    ASSERT_EQ(gauges->available.read(), 0);
  }
  const auto hosts = gauges->hosts.read();
  EXPECT_GE(hosts->front()->evictions[static_cast<std::size_t>(Eviction::kLifetime)].read(), 1u);
  loop.advance(milliseconds(30000));
  for (const auto& box : boxes) ASSERT_EQ(told(box), "ok a");
}

TEST_F(PoolCoreTest, PausesForADelay) {
  primary("a");
  open();
  Box<Unit> box;
  pool->pause(milliseconds(100), box.completion());
  loop.advance(milliseconds(99));
  EXPECT_FALSE(box.is_settled());
  loop.advance(milliseconds(1));
  EXPECT_TRUE(box.is_ok());
}

TEST_F(PoolCoreTest, AnOldSpareSessionIsReplaced) {
  primary("a");
  FakeServer& b = standby("b");
  options.max_lifetime = milliseconds(20000);
  open_calm();
  run(kInsert);
  loop.advance(milliseconds(2000));
  const auto dials = b.dials.size();
  const auto sessions = b.sessions();
  loop.advance(milliseconds(30000));
  EXPECT_GT(b.dials.size(), dials);
  EXPECT_EQ(b.sessions(), sessions);
  const bool is_told = std::any_of(events.begin(), events.end(), [](const ClusterEvent& event) {
    const auto* closed = std::get_if<SessionClosedEvent>(&event);
    return closed != nullptr && closed->host == "b:5432" && closed->was_open;
  });
  EXPECT_TRUE(is_told);
}

TEST_F(PoolCoreTest, AClosedPoolRefusesBatchesAndHasEndedAlready) {
  FakeServer& a = primary("a");
  open_calm();
  EXPECT_TRUE(batch({kInsert, "select 1"}).is_ok());
  pool->end(milliseconds(1000), {});  // nobody waits for it
  loop.settle();
  ASSERT_EQ(gauges->is_closed.read(), 1);
  const auto refused = batch({kInsert, "select 1"});
  EXPECT_EQ(refused.error().kind, ErrorKind::kPoolClosed);
  EXPECT_EQ(refused.error().outcome, Outcome::kNotSent);
  EXPECT_EQ(told(run(kInsert)), "POOL_CLOSED");
  EXPECT_EQ(a.stored.size(), 1u);
  Box<Unit> again;
  pool->end(milliseconds(1000), again.completion());
  EXPECT_TRUE(again.is_ok());
  pool->end(milliseconds(1000), {});
}

TEST_F(PoolCoreTest, ClosingFailsWhatIsToBeRunAgainLater) {
  FakeServer& a = primary("a");
  options.retry.base_delay = milliseconds(60000);
  options.retry.max_delay = milliseconds(60000);
  a.answers = [](const FakeStatement& statement) -> std::optional<FakeAnswer> {
    if (statement.sql != kInsert) return std::nullopt;
    FakeAnswer answer;
    answer.error = report("40001", "could not serialize access");
    return answer;
  };
  open_calm();
  const auto answer = run(kInsert, Call{.retry = true});
  EXPECT_EQ(told(answer), "waits");
  EXPECT_EQ(gauges->waiting.read(), 1);
  pool->close_now();
  EXPECT_EQ(told(answer), "POOL_CLOSED");
  EXPECT_FALSE(answer.error().causes.empty());  // and what it met before
  loop.advance(milliseconds(120000));
  EXPECT_EQ(answer.times(), 1u);
  EXPECT_EQ(a.runs(kInsert), 1);
}

TEST_F(PoolCoreTest, WhoeverHearsOfANewSessionMayCloseThePool) {
  FakeServer& a = primary("a");
  open_calm();
  pool->listen(Callback<ClusterEvent>([this](const ClusterEvent& event) {
    if (std::holds_alternative<SessionOpenedEvent>(event)) pool->close_now();
  }));
  const auto answer = run(kInsert);
  EXPECT_EQ(told(answer), "POOL_CLOSED");
  EXPECT_TRUE(a.stored.empty());
  EXPECT_EQ(gauges->size.read(), 0);
}

TEST_F(PoolCoreTest, WhoeverHearsOfThePrimaryMayCloseThePool) {
  FakeServer& a = primary("a");
  open();
  pool->listen(Callback<ClusterEvent>([this](const ClusterEvent& event) {
    if (std::holds_alternative<PrimaryChangedEvent>(event)) pool->close_now();
  }));
  const auto answer = query(kInsert);
  loop.advance(milliseconds(1000));
  EXPECT_EQ(told(answer), "POOL_CLOSED");
  EXPECT_TRUE(a.stored.empty());
  EXPECT_EQ(a.sessions(), 0u);
}

TEST_F(PoolCoreTest, EndingAnIdlePoolClosesItsSessions) {
  FakeServer& a = primary("a");
  options.min_idle = 2;
  open_calm();
  Box<Unit> ended;
  pool->end(milliseconds(5000), ended.completion());
  loop.settle();
  EXPECT_TRUE(ended.is_ok());
  EXPECT_EQ(a.sessions(), 0u);
  EXPECT_EQ(gauges->size.read(), 0);
  EXPECT_EQ(run("select 1").error().kind, ErrorKind::kPoolClosed);
}

TEST_F(PoolCoreTest, EndingLetsRunningAndWaitingWorkFinish) {
  FakeServer& a = primary("a");
  options.pool_size = 1;
  open_calm();
  a.hold("select 1");
  const auto running = query("select 1");
  loop.settle();
  const auto waiting = query("select 2");
  Box<Unit> ended;
  Box<Unit> again;
  pool->end(milliseconds(5000), ended.completion());
  pool->end(milliseconds(5000), again.completion());
  EXPECT_EQ(run("select 3").error().kind, ErrorKind::kPoolClosed);
  EXPECT_FALSE(ended.is_settled());
  a.release("select 1");
  loop.advance(milliseconds(100));
  EXPECT_EQ(told(running), "ok a");
  EXPECT_EQ(told(waiting), "ok a");
  EXPECT_TRUE(ended.is_ok());
  EXPECT_TRUE(again.is_ok());
  Box<Unit> third;
  pool->end(milliseconds(0), third.completion());
  EXPECT_TRUE(third.is_ok());
}

TEST_F(PoolCoreTest, EndingCancelsWhatRunsAtTheDrainLimit) {
  FakeServer& a = primary("a");
  open_calm();
  a.hold(kInsert);
  const auto running = query(kInsert);
  loop.settle();
  Box<Unit> ended;
  pool->end(milliseconds(1000), ended.completion());
  loop.advance(milliseconds(999));
  EXPECT_FALSE(ended.is_settled());
  EXPECT_EQ(a.cancels, 0);
  loop.advance(milliseconds(1));
  EXPECT_EQ(a.cancels, 1);
  EXPECT_TRUE(ended.is_ok());
  EXPECT_EQ(running.error().kind, ErrorKind::kPoolClosed);
  EXPECT_EQ(running.error().outcome, Outcome::kRolledBack);
}

TEST_F(PoolCoreTest, EndingWaitsForACancelOnlySoLong) {
  FakeServer& a = primary("a");
  a.ignores_cancel = true;
  open_calm();
  a.hold(kInsert);
  const auto running = query(kInsert);
  loop.settle();
  Box<Unit> ended;
  pool->end(milliseconds(1000), ended.completion());
  loop.advance(milliseconds(1000) + options.cancel_timeout - milliseconds(1));
  EXPECT_FALSE(ended.is_settled());
  loop.advance(milliseconds(1));
  EXPECT_TRUE(ended.is_ok());
  EXPECT_EQ(running.error().kind, ErrorKind::kPoolClosed);
  EXPECT_EQ(running.error().outcome, Outcome::kUnknown);
  a.release(kInsert);
}

TEST_F(PoolCoreTest, EndingWhileThereIsNoPrimaryFailsWhatWaitsAtTheDrainLimit) {
  primary("a").kill();
  open();
  const auto waiting = query(kInsert);
  loop.settle();
  Box<Unit> ended;
  pool->end(milliseconds(1000), ended.completion());
  loop.advance(milliseconds(1000));
  EXPECT_TRUE(ended.is_ok());
  EXPECT_EQ(waiting.error().kind, ErrorKind::kPoolClosed);
  EXPECT_EQ(waiting.error().outcome, Outcome::kNotSent);
}

TEST_F(PoolCoreTest, DroppingThePoolSettlesEverything) {
  FakeServer& a = primary("a");
  options.pool_size = 1;
  open_calm();
  a.hold(kInsert);
  const auto running = query(kInsert);
  const auto waiting = query(kInsert);
  Box<Unit> pause;
  pool->pause(milliseconds(10000), pause.completion());
  loop.settle();
  pool.reset();
  EXPECT_TRUE(running.is_error());
  EXPECT_TRUE(waiting.is_error());
  EXPECT_TRUE(pause.is_settled());
  a.release(kInsert);
}

TEST_F(PoolCoreTest, AListenerMayNotHearOfAPoolThatIsGone) {
  FakeServer& a = primary("a");
  open_calm();
  const auto before = events.size();
  pool.reset();
  a.kill();
  loop.advance(milliseconds(5000));
  EXPECT_EQ(events.size(), before);
  a.start();
}

TEST_F(PoolCoreTest, TheGaugesAddUp) {
  FakeServer& a = primary("a");
  options.pool_size = 5;
  options.min_idle = 2;
  open_calm();
  a.hold("select 1");
  for (int i = 0; i < 3; ++i) query("select 1");
  loop.advance(milliseconds(100));
  EXPECT_EQ(gauges->in_use.read(), 3);
  EXPECT_EQ(gauges->size.read(), gauges->in_use.read() + gauges->available.read());
  a.release("select 1");
  loop.settle();
  EXPECT_EQ(gauges->in_use.read(), 0);
}

}  // namespace
}  // namespace hdb
