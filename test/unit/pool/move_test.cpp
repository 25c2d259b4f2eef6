// A pool that moves to another list of hosts.
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "test/unit/support/pool_fixture.hpp"

namespace hdb {
namespace {

using test::Box;
using test::FakeServer;

/// Another pool of the same hosts.
class Neighbour final : public ClusterMember {
 public:
  void on_topology(const Topology&, const std::vector<ClusterEvent>& told) override {
    events.insert(events.end(), told.begin(), told.end());
  }
  std::vector<ClusterEvent> events;
};

class MoveTest : public test::PoolFixture {
 protected:
  /// To a cluster of these.
  void move(const std::vector<HostAddress>& hosts) {
    next = std::make_unique<Cluster>(loop, net, with_hosts(cluster->topology(), hosts), 2);
    pool->move_to(*next, hosts);
  }
  ~MoveTest() override { close(); }

  std::unique_ptr<Cluster> next;  // goes after the pool
};

/// What `move_to` closes is no news of its host.
TEST_F(MoveTest, AHostThatIsTakenOutWhileItIsDialledTroublesNobodyElse) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  open_calm();
  Neighbour neighbour;
  cluster->join(neighbour, {});
  // Sessions on it have had to go once: its generation is not that of a host that nobody knows.
  a.fence();
  query("insert into t values (0)");
  loop.advance(milliseconds(500));
  a.unfence();
  loop.advance(milliseconds(10000));
  ASSERT_GT(cluster->topology().find(a.host())->generation, 0u);
  neighbour.events.clear();

  a.hold("insert into t values (1)");
  const Box<ResultSet> write = run("insert into t values (1)");
  b.freeze();
  const Box<ResultSet> read = run("select 1", Call{.mode = Mode::kReadOnly});
  const auto dialled = b.dials.size();
  loop.settle();
  ASSERT_EQ(b.dials.size(), dialled);
  ASSERT_EQ(told(read), "waits");

  move({a.host()});
  loop.settle();
  EXPECT_EQ(told(write), "waits");
  a.release("insert into t values (1)");
  loop.settle();
  EXPECT_EQ(told(write), "ok a");
  EXPECT_TRUE(neighbour.events.empty());
  EXPECT_EQ(cluster->topology().find(b.host())->failures, 0u);

  cluster->leave(neighbour);
  b.thaw();
}

TEST_F(MoveTest, WhatRanOnAHostThatIsTakenOutGoesOnWhereItMay) {
  FakeServer& a = primary("a");
  FakeServer& b = standby("b");
  open_calm();
  b.hold("select 1");
  const Box<ResultSet> read = run("select 1", Call{.mode = Mode::kPreferStandby});
  ASSERT_EQ(told(read), "waits");
  events.clear();
  move({a.host()});
  loop.settle();
  EXPECT_EQ(told(read), "ok a");
  EXPECT_EQ(count<HoldEvent>(), 0);
  EXPECT_EQ(told(run("insert into t values (1)")), "ok a");
  b.release("select 1");
}

}  // namespace
}  // namespace hdb
