// The end of a transaction that its methods did not bring about: its signal, its time limit, one of its
// statements.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "test/unit/support/transaction_fixture.hpp"

namespace hdb {
namespace {

using test::Box;
using test::FakeServer;
using test::report;

constexpr const char* kInsert = "insert into t values (1)";

class TransactionEndTest : public test::TransactionFixture {};

TEST_F(TransactionEndTest, NoticesThatOneOfItsStatementsHasEndedIt) {
  struct Row {
    const char* sql;
    Outcome outcome;
  };
  FakeServer& a = primary("a");
  options.min_idle = 1;
  open_calm();
  for (const Row& row :
       {Row{"commit", Outcome::kCommitted}, Row{"commit and chain", Outcome::kCommitted},
        Row{"rollback", Outcome::kRolledBack}, Row{"prepare transaction 'a'", Outcome::kUnknown}}) {
    ends.clear();
    a.stored.clear();
    begin(watched());
    ask(kInsert);
    EXPECT_TRUE(ask(row.sql).is_ok()) << row.sql;
    EXPECT_FALSE(is_open()) << row.sql;
    EXPECT_EQ(ends, std::vector{row.outcome}) << row.sql;
    const bool is_stored = row.outcome == Outcome::kCommitted;
    const bool is_undone = row.outcome == Outcome::kRolledBack;
    const Error late = ask("insert into t values (2)").error();
    EXPECT_EQ(late.kind, ErrorKind::kTransactionClosed) << row.sql;
    EXPECT_EQ(late.outcome, is_undone ? Outcome::kRolledBack : Outcome::kNotSent) << row.sql;
    EXPECT_EQ(rollback().is_ok(), is_undone) << row.sql;
    EXPECT_EQ(commit().error().outcome, row.outcome) << row.sql;
    EXPECT_EQ(a.stored.size(), is_stored ? 1u : 0u) << row.sql;
    EXPECT_EQ(gauges->in_use.read(), 0) << row.sql;
    EXPECT_FALSE(a.holds("insert into t values (2)")) << row.sql;
  }
}

TEST_F(TransactionEndTest, AFailedCommitOfItsOwnEndsItToo) {
  FakeServer& a = primary("a");
  open_calm();
  begin(watched());
  ask(kInsert);
  a.fails_commit = report("23503", "deferred");
  EXPECT_EQ(ask("commit").error().code, "23503");
  EXPECT_FALSE(is_open());
  EXPECT_EQ(ends, std::vector{Outcome::kRolledBack});
  EXPECT_EQ(commit().error().outcome, Outcome::kRolledBack);
  EXPECT_TRUE(a.stored.empty());
}

TEST_F(TransactionEndTest, IsRolledBackAtOnceWhenItIsAborted) {
  FakeServer& a = primary("a");
  options.min_idle = 1;
  open_calm();
  const std::size_t sessions = a.sessions();
  a.hold("create index i on t (x)");
  for (const std::string sql : {"", "select pg_sleep(60)", "create index i on t (x)"}) {
    const bool is_idle = sql.empty();
    ends.clear();
    a.cancels = 0;
    TransactionOptions with = watched();
    with.signal = CancelToken::make();
    const CancelToken token = with.signal;
    begin(std::move(with));
    ask(kInsert);
    std::optional<Box<ResultSet>> running;
    if (!is_idle) running = ask(sql);
    token.cancel();
    loop.settle();
    EXPECT_EQ(a.cancels, is_idle ? 0 : 1);
    if (running) {
      EXPECT_EQ(running->error().kind, ErrorKind::kAborted);
      EXPECT_EQ(running->error().outcome, Outcome::kRolledBack) << sql;
    }
    EXPECT_FALSE(is_open());
    EXPECT_EQ(ends, std::vector{Outcome::kRolledBack});
    EXPECT_EQ(ask(kInsert).error().kind, ErrorKind::kAborted);
    const Error error = commit().error();
    EXPECT_EQ(error.kind, ErrorKind::kAborted);
    EXPECT_EQ(error.outcome, Outcome::kRolledBack);
    EXPECT_TRUE(rollback().is_ok());
    EXPECT_TRUE(a.stored.empty());
    EXPECT_EQ(gauges->available.read(), 1);
    EXPECT_EQ(a.sessions(), sessions) << "none is lost for it";
  }
}

TEST_F(TransactionEndTest, ACommitThatWaitsForAStatementIsNotSentAfterAnAbort) {
  FakeServer& a = primary("a");
  open_calm();
  TransactionOptions with;
  with.signal = CancelToken::make();
  const CancelToken token = with.signal;
  begin(std::move(with));
  ask(kInsert);
  ask("select pg_sleep(60)");
  const Box<Unit> committed = commit();
  token.cancel();
  loop.settle();
  EXPECT_EQ(committed.error().kind, ErrorKind::kAborted);
  EXPECT_EQ(committed.error().outcome, Outcome::kRolledBack);
  EXPECT_EQ(a.runs("commit"), 0);
  EXPECT_TRUE(a.stored.empty());
}

TEST_F(TransactionEndTest, ACommitThatWasSentIsNotAborted) {
  FakeServer& a = primary("a");
  open_calm();
  TransactionOptions with = watched();
  with.signal = CancelToken::make();
  const CancelToken token = with.signal;
  begin(std::move(with));
  ask(kInsert);
  a.hold("commit");
  const Box<Unit> committed = commit();
  token.cancel();
  loop.settle();
  EXPECT_FALSE(committed.is_settled());
  a.release("commit");
  loop.settle();
  EXPECT_TRUE(committed.is_ok());
  EXPECT_EQ(a.cancels, 0);
  EXPECT_TRUE(a.holds(kInsert));
  EXPECT_EQ(ends, std::vector{Outcome::kCommitted});
}

TEST_F(TransactionEndTest, IsOverAtItsDeadlineAlsoUnderAStatement) {
  FakeServer& a = primary("a");
  options.min_idle = 1;
  open_calm();
  begin(watched(), loop.now() + milliseconds(200));
  ask(kInsert);
  const Box<ResultSet> running = ask("select pg_sleep(60)");
  loop.advance(milliseconds(500));
  EXPECT_EQ(running.error().kind, ErrorKind::kTimeout);
  EXPECT_FALSE(is_open());
  EXPECT_EQ(ends, std::vector{Outcome::kRolledBack});
  EXPECT_EQ(commit().error().kind, ErrorKind::kTimeout);
  EXPECT_TRUE(a.stored.empty());
  EXPECT_EQ(gauges->available.read(), 1);
}

}  // namespace
}  // namespace hdb
