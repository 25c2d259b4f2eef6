// Nothing in the core recurses by the number of those who wait: the stacks of threads are small.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "pool/transaction_core.hpp"
#include "test/unit/support/pool_fixture.hpp"

namespace hdb {
namespace {

using test::batch_with;
using test::Box;
using test::FakeServer;
using test::query_of;
using test::statement;

constexpr int kMany = 20'000;

class ManyTest : public test::PoolFixture {
 protected:
  ManyTest() {
    options.pool_size = 1;
    options.max_waiting = 2 * kMany;
    options.acquire_timeout = std::chrono::hours(1);
  }
  /// What becomes of all of them is counted, not kept.
  template <class T>
  Completion<T> counted() {
    return completion_from<T, Error>([this](const Expected<T>& result) {
      if (!result.ok() && result.error().kind == kind) ++failed;
    });
  }
  void wait_with(std::unique_ptr<Request> request) {
    PoolCore::Statement statement;
    statement.request = std::move(request);
    pool->submit(std::move(statement));
  }

  ErrorKind kind = ErrorKind::kParameter;
  int failed = 0;
};

TEST_F(ManyTest, WaitersThatCannotBeSentAreAllRefused) {
  FakeServer& a = primary("a");
  a.most_parameters = 1;
  open_calm();
  a.hold("select slow");
  const Box<ResultSet> slow = run("select slow");
  for (int i = 0; i < kMany; ++i) {
    wait_with(query_of("select $1::int4, $2::int4", std::vector<Value>(2), counted<ResultSet>()));
  }
  const Box<ResultSet> last = run("select 1");
  EXPECT_EQ(failed, 0);
  a.release("select slow");
  loop.settle();
  EXPECT_TRUE(slow.is_ok());
  EXPECT_EQ(failed, kMany);
  EXPECT_TRUE(last.is_ok());
}

TEST_F(ManyTest, SoAreBatches) {
  FakeServer& a = primary("a");
  open_calm();
  EXPECT_TRUE(run("select $1::int4", std::vector<Value>{Value(1.0)}).is_ok());
  a.hold("select slow");
  const Box<ResultSet> slow = run("select slow");
  for (int i = 0; i < kMany; ++i) {
    std::vector<Statement> statements;
    statements.push_back(statement("select $1::int4", {Value(1.5)}));
    wait_with(batch_with(std::move(statements), counted<std::vector<ResultSet>>()));
  }
  a.release("select slow");
  loop.settle();
  EXPECT_TRUE(slow.is_ok());
  EXPECT_EQ(failed, kMany);
}

TEST_F(ManyTest, SoAreThoseThatShareABusySession) {
  FakeServer& a = primary("a");
  a.latency = std::chrono::microseconds(10);
  open_calm();
  query("select $1::int4", {Value(1.0)});
  loop.advance(milliseconds(1));
  a.hold("select slow");
  const Box<ResultSet> slow = query("select slow");
  loop.advance(milliseconds(1));
  const Box<ResultSet> good = query("select $1::int4", {Value(1.0)});
  for (int i = 0; i < kMany; ++i) {
    wait_with(query_of("select $1::int4", {Value(1.5)}, counted<ResultSet>()));
  }
  a.release("select slow");
  EXPECT_TRUE(loop.run_until([&] { return failed == kMany; }, std::chrono::minutes(10)));
  EXPECT_TRUE(slow.is_ok());
  EXPECT_TRUE(good.is_ok());
}

TEST_F(ManyTest, AbortedStatementsOfATransactionAreAllRefused) {
  FakeServer& a = primary("a");
  open_calm();
  TransactionCore transaction(*pool, {}, kNever, std::make_shared<TransactionView>());
  Box<Unit> begun;
  transaction.begin(begun.completion());
  loop.settle();
  a.hold("select slow");
  const auto ask = [&](const std::string& sql, CancelToken token, Completion<ResultSet> done) {
    auto request = query_of(sql, {}, std::move(done));
    request->token = std::move(token);
    transaction.query(std::move(request));
  };
  kind = ErrorKind::kAborted;
  Box<ResultSet> slow;
  Box<ResultSet> last;
  ask("select slow", {}, slow.completion());
  const CancelToken token = CancelToken::make();
  for (int i = 0; i < kMany; ++i) ask("select 1", token, counted<ResultSet>());
  ask("select 1", {}, last.completion());
  loop.settle();
  token.cancel();
  a.release("select slow");
  loop.settle();
  EXPECT_TRUE(slow.is_ok());
  EXPECT_EQ(failed, kMany);
  EXPECT_TRUE(last.is_ok());
}

}  // namespace
}  // namespace hdb
