// A login that is read-only by a setting of its own: it says nothing of its node.
#include <memory>
#include <string>
#include <vector>

#include "test/unit/support/pool_fixture.hpp"

namespace hdb {
namespace {

using test::Box;
using test::FakeServer;

class OwnSettingTest : public test::PoolFixture {
 protected:
  OwnSettingTest() : a(primary("a")), b(standby("b")) {
    a.read_only_roles = b.read_only_roles = {"reporter"};
  }
  ~OwnSettingTest() override {
    if (reporter) reporter->close_now();
    loop.settle();
    reporter.reset();
    close();
  }
  /// Another pool of the same hosts, with that login.
  void open_reporter() {
    PoolConfig config;
    config.hosts = {a.host(), b.host()};
    config.conninfo = {{"user", "reporter"}};
    config.restricted_options = "-c default_transaction_read_only=on";
    config.options = options;
    config.name_prefix = "r_";
    config.seed = 2;
    reporter =
        std::make_unique<PoolCore>(loop, net, *cluster, std::move(config), std::make_shared<PoolGauges>());
    reporter->listen(Callback<ClusterEvent>([this](const ClusterEvent& event) { events.push_back(event); }));
    reporter->start();
  }
  /// What the reporter's pool answers.
  Box<ResultSet> report(const std::string& sql, Mode mode = Mode::kReadWrite) {
    pool.swap(reporter);
    Call call;
    call.mode = mode;
    Box<ResultSet> box = query(sql, call);
    pool.swap(reporter);
    loop.settle();
    return box;
  }
  HostRole role(const FakeServer& server) const { return cluster->topology().find(server.host())->role; }

  FakeServer& a;
  FakeServer& b;
  std::unique_ptr<PoolCore> reporter;
};

TEST_F(OwnSettingTest, ItIsNoFenceForTheOtherPools) {
  open_calm();
  open_reporter();
  loop.advance(milliseconds(10000));
  events.clear();
  const auto dials = a.dials.size();
  for (int i = 0; i < 20; ++i) {
    const Box<ResultSet> write = run("insert into t values (1)");
    const Box<ResultSet> read = report("select 1");
    const Box<ResultSet> refused = report("insert into t values (2)");
    loop.advance(milliseconds(100));
    EXPECT_EQ(told(write), "ok a");
    EXPECT_EQ(told(read), "ok a");
    EXPECT_EQ(told(refused), "25006");
    EXPECT_EQ(refused.error().outcome, Outcome::kNotExecuted);
    EXPECT_FALSE(refused.error().retryable);
    EXPECT_NE(refused.error().message.find("ALTER ROLE"), std::string::npos) << refused.error().message;
  }
  EXPECT_EQ(count<FencedEvent>(), 0);
  EXPECT_EQ(count<PrimaryChangedEvent>(), 0);
  EXPECT_LE(a.dials.size() - dials, 2u);
  // The fence itself is still seen.
  a.fence();
  EXPECT_EQ(told(run("insert into t values (3)")), "waits");
  EXPECT_EQ(role(a), HostRole::kFenced);
  EXPECT_EQ(a.runs("insert into t values (3)"), 1);
  a.unfence();
  loop.advance(milliseconds(1000));
}

TEST_F(OwnSettingTest, TheMonitorSpeaksWithALoginThatSeesTheFence) {
  open_calm();
  close();
  cluster = std::make_unique<Cluster>(loop, net, make_topology({a.host(), b.host()}), 1);
  open_reporter();
  loop.advance(milliseconds(10000));
  // Nobody sees more: as far as is known the primary is one.
  EXPECT_EQ(role(a), HostRole::kPrimary);
  EXPECT_EQ(told(report("select 1")), "ok a");
  EXPECT_EQ(told(report("select f(1)")), "ok a");
  EXPECT_EQ(told(report("insert into t values (1)")), "25006");
  EXPECT_EQ(told(report("select 1", Mode::kAny)).substr(0, 2), "ok");
  EXPECT_EQ(told(report("select 1", Mode::kReadOnly)), "ok b");
  a.fence();
  loop.advance(milliseconds(5000));
  EXPECT_EQ(role(a), HostRole::kPrimary);

  PoolConfig config;
  config.hosts = {a.host(), b.host()};
  config.conninfo = {{"user", "app"}};
  config.options = options;
  config.name_prefix = "p_";
  pool = std::make_unique<PoolCore>(loop, net, *cluster, std::move(config), std::make_shared<PoolGauges>());
  pool->start();
  loop.advance(milliseconds(5000));
  EXPECT_EQ(role(a), HostRole::kFenced);
  a.unfence();
  loop.advance(milliseconds(5000));
  EXPECT_EQ(role(a), HostRole::kPrimary);
  EXPECT_EQ(told(run("insert into t values (1)")), "ok a");
  pool->close_now();
  loop.advance(milliseconds(100));
  EXPECT_EQ(told(report("select 1")), "ok a");
}

TEST_F(OwnSettingTest, WhatAUserSetsOnASessionIsNoFence) {
  options.pool_size = 1;
  open_calm();
  events.clear();
  EXPECT_EQ(told(run("set default_transaction_read_only = on")), "ok a");
  EXPECT_EQ(told(run("insert into t values (1)")), "25006");
  EXPECT_EQ(told(run("set default_transaction_read_only = off")), "ok a");
  EXPECT_EQ(told(run("insert into t values (1)")), "ok a");
  EXPECT_EQ(count<FencedEvent>(), 0);
  EXPECT_EQ(a.runs("insert into t values (1)"), 2);
}

TEST(MaySetReadOnly, KnowsTheWaysOfSql) {
  EXPECT_TRUE(may_set_read_only("SET Default_Transaction_Read_Only TO on"));
  EXPECT_TRUE(may_set_read_only("set session characteristics as transaction read only"));
  EXPECT_TRUE(may_set_read_only("select set_config('default_transaction_read_only', 'on', false)"));
  EXPECT_FALSE(may_set_read_only("insert into t values (1)"));
}

}  // namespace
}  // namespace hdb
