// Time limits of statements that share their session with others.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "test/unit/support/connection_fixture.hpp"

namespace hdb {
namespace {

using test::Answer;
using test::query_of;

class SharedLimitsTest : public test::ConnectionFixture {
 protected:
  std::unique_ptr<Request> limited(const std::string& sql, int ms) {
    auto made = query_of(sql);
    made->deadline = loop.now() + milliseconds(ms);
    return made;
  }
};

TEST_F(SharedLimitsTest, ATimeLimitPutsNothingOfOthersInDoubt) {
  const std::string limit = "select 1";
  const std::string write = "insert into t values (1)";
  for (const bool is_in_front : {true, false}) {
    open();
    learn(limit);
    learn(write);
    server.stored.clear();
    server.hold(is_in_front ? limit : write);
    std::shared_ptr<Answer> told = is_in_front ? send(limited(limit, 300)) : nullptr;
    const auto other = send(write);
    if (!told) told = send(limited(limit, 300));
    loop.advance(milliseconds(5000));
    EXPECT_EQ(told->error().kind, ErrorKind::kTimeout);
    EXPECT_EQ(other->times, 0);
    EXPECT_FALSE(connection->takes_company());
    EXPECT_EQ(server.cancels, 0);
    server.release(is_in_front ? limit : write);
    loop.advance(milliseconds(5000));
    EXPECT_TRUE(other->is_ok());
    EXPECT_EQ(server.stored.size(), 1u);
    EXPECT_EQ(state(), ConnectionState::kIdle);
    close();
  }
}

TEST_F(SharedLimitsTest, WhatHadToWaitForOthersHasItsOwnTimeToEnd) {
  open();
  learn("select 1");
  learn("insert into t values (1)");
  server.hold("insert into t values (1)");
  server.hold("select 1");
  const auto other = send("insert into t values (1)");
  const auto told = send(limited("select 1", 300));
  loop.advance(milliseconds(5000));
  EXPECT_EQ(told->error().kind, ErrorKind::kTimeout);
  server.release("insert into t values (1)");
  loop.settle();
  EXPECT_TRUE(other->is_ok());
  EXPECT_EQ(server.cancels, 1);
  EXPECT_EQ(owner.closed, 0);
  EXPECT_EQ(state(), ConnectionState::kIdle);
}

TEST_F(SharedLimitsTest, ASessionOnWhichNobodyWaitsAnyMoreIsDropped) {
  open();
  learn("select 1");
  server.hold("select 1");
  server.ignores_cancel = true;
  std::vector<std::shared_ptr<Answer>> all;
  for (const int limit : {300, 500}) all.push_back(send(limited("select 1", limit)));
  loop.advance(milliseconds(5000));
  for (const auto& answer : all) EXPECT_EQ(answer->error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(state(), ConnectionState::kClosed);
}

}  // namespace
}  // namespace hdb
