// The monitor: whom it asks, how often, and what it makes of the answers.
#include "cluster/cluster.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "conn/probe.hpp"
#include "gtest/gtest.h"
#include "test/unit/support/fake_session.hpp"

namespace hdb {
namespace {

using test::FakeAnswer;
using test::FakeLoop;
using test::FakeNetwork;
using test::FakeServer;
using test::FakeStatement;

class Member final : public ClusterMember {
 public:
  void on_topology(const Topology& topology, const std::vector<ClusterEvent>& told) override {
    ++news;
    primary = topology.primary() != nullptr ? topology.primary()->address.name : "none";
    events.insert(events.end(), told.begin(), told.end());
    if (on_news) on_news();
  }
  template <class E>
  std::vector<E> all() const {
    std::vector<E> found;
    for (const ClusterEvent& event : events) {
      if (const E* e = std::get_if<E>(&event)) found.push_back(*e);
    }
    return found;
  }

  int news = 0;
  std::function<void()> on_news;
  std::string primary = "none";
  std::vector<ClusterEvent> events;
};

class ClusterTest : public ::testing::Test {
 protected:
  ClusterTest() : a(net.primary("a")), b(net.standby("b")) {}
  ~ClusterTest() override {
    if (cluster) cluster->leave(member);
    cluster.reset();
    loop.advance(milliseconds(200));
    EXPECT_EQ(a.sessions() + b.sessions(), 0u);
  }
  void make() { cluster = std::make_unique<Cluster>(loop, net, make_topology({a.host(), b.host()}), 1); }
  void join() {
    make();
    cluster->join(member, config);
  }
  void join_calm() {
    join();
    loop.advance(milliseconds(10000));
    ASSERT_EQ(member.primary, "a");
  }
  static int probes(const FakeServer& server) { return server.runs(probe_sql()); }

  FakeLoop loop;
  FakeNetwork net{loop};
  FakeServer& a;
  FakeServer& b;
  Member member;
  MonitorConfig config;
  std::unique_ptr<Cluster> cluster;
};

TEST_F(ClusterTest, AsksNobodyBeforeSomebodyIsThere) {
  make();
  loop.advance(milliseconds(10000));
  EXPECT_EQ(net.made(), 0);
}

TEST_F(ClusterTest, KnowsNothingAfterARestartAndFindsOutAgain) {
  join_calm();
  cluster->leave(member);
  cluster->restart(make_topology({a.host(), b.host()}));
  EXPECT_EQ(cluster->topology().primary(), nullptr);
  EXPECT_EQ(cluster->snapshot()->primary(), nullptr);
  cluster->join(member, config);
  loop.advance(milliseconds(10000));
  EXPECT_EQ(member.primary, "a");
}

TEST_F(ClusterTest, FindsThePrimaryAndTheStandby) {
  join();
  loop.advance(milliseconds(200));
  EXPECT_EQ(member.primary, "a");
  EXPECT_EQ(cluster->topology().find(b.host())->role, HostRole::kStandby);
  EXPECT_EQ(cluster->snapshot()->primary()->address.name, "a");
  EXPECT_EQ(member.all<HostUpEvent>().size(), 2u);
  EXPECT_EQ(member.all<PrimaryChangedEvent>().size(), 1u);
  EXPECT_FALSE(member.all<PrimaryChangedEvent>()[0].gap_ms.has_value());
}

TEST_F(ClusterTest, KeepsOneSessionToEachHost) {
  join_calm();
  loop.advance(milliseconds(60000));
  EXPECT_EQ(a.sessions(), 1u);
  EXPECT_EQ(b.sessions(), 1u);
  EXPECT_EQ(net.made(), 2);
}

TEST_F(ClusterTest, AsksEveryTwoSecondsWhileItIsCalm) {
  join_calm();
  const int before = probes(a);
  loop.advance(std::chrono::seconds(100));
  EXPECT_GE(probes(a) - before, 45);
  EXPECT_LE(probes(a) - before, 56);
}

TEST_F(ClusterTest, AsksTenTimesASecondWhileThereIsNoPrimary) {
  join_calm();
  a.kill();
  loop.advance(milliseconds(100));
  EXPECT_EQ(member.primary, "none");
  const int before = probes(b);
  loop.advance(std::chrono::seconds(10));
  EXPECT_GE(probes(b) - before, 90);
  EXPECT_LE(probes(b) - before, 112);
}

TEST_F(ClusterTest, FollowsAPromotionAndTellsTheGap) {
  join_calm();
  a.kill();
  loop.advance(milliseconds(3000));
  EXPECT_EQ(member.primary, "none");
  b.promote();
  loop.advance(milliseconds(150));
  EXPECT_EQ(member.primary, "b");
  const auto changes = member.all<PrimaryChangedEvent>();
  ASSERT_EQ(changes.size(), 3u);
  EXPECT_EQ(changes[1].previous, "a:5432");
  EXPECT_FALSE(changes[1].host.has_value());
  EXPECT_EQ(changes[2].host, "b:5432");
  EXPECT_EQ(changes[2].timeline, 2u);
  ASSERT_TRUE(changes[2].gap_ms.has_value());
  EXPECT_NEAR(*changes[2].gap_ms, 3000, 250);
}

TEST_F(ClusterTest, BecomesCalmAgainAfterTheFailover) {
  join_calm();
  a.kill();
  loop.advance(milliseconds(100));
  b.promote();
  loop.advance(milliseconds(10000));
  const int before = probes(b);
  loop.advance(std::chrono::seconds(100));
  EXPECT_LE(probes(b) - before, 56);
}

TEST_F(ClusterTest, NoticesAKilledHostAtOnceByItsSession) {
  join_calm();
  a.kill();
  loop.advance(milliseconds(250));
  EXPECT_EQ(member.all<HostDownEvent>().size(), 1u);
  EXPECT_EQ(cluster->topology().find(a.host())->role, HostRole::kDown);
}

TEST_F(ClusterTest, ASilentHostIsDownAfterTwoUnansweredProbes) {
  join_calm();
  a.freeze();
  const auto host = [&] { return cluster->topology().find(a.host()); };
  ASSERT_TRUE(loop.run_until([&] { return host()->role == HostRole::kDown; }, milliseconds(6500)));
  EXPECT_EQ(host()->failures, 2u);
  a.thaw();
}

TEST_F(ClusterTest, AHostThatComesBackIsFound) {
  join_calm();
  b.kill();
  loop.advance(milliseconds(10000));
  EXPECT_EQ(cluster->topology().find(b.host())->role, HostRole::kDown);
  b.start();
  loop.advance(milliseconds(3000));
  EXPECT_EQ(cluster->topology().find(b.host())->role, HostRole::kStandby);
}

TEST_F(ClusterTest, AKilledPrimaryThatRestartsIsConfirmedByTheOthersFirst) {
  join_calm();
  a.kill();
  loop.advance(milliseconds(500));
  // It returns, writable for a moment, while the other one is already promoted but slow to say so.
  b.freeze();
  a.start();
  loop.advance(milliseconds(300));
  EXPECT_EQ(member.primary, "none");
  b.promote();
  b.thaw();
  loop.advance(milliseconds(500));
  EXPECT_EQ(member.primary, "b");
  EXPECT_EQ(cluster->topology().find(a.host())->role, HostRole::kQuarantined);
}

TEST_F(ClusterTest, ARestartThatNobodyContradictsServesAgain) {
  join_calm();
  a.kill();
  loop.advance(milliseconds(500));
  a.start();
  loop.advance(milliseconds(500));
  EXPECT_EQ(member.primary, "a");
}

TEST_F(ClusterTest, WhatASessionLearntCountsAtOnce) {
  join_calm();
  a.fence();
  TopologyEvent event{};
  event.kind = TopologyEvent::Kind::kFenceSeen;
  event.host = a.host();
  cluster->learn(event);
  EXPECT_EQ(member.primary, "none");
  EXPECT_EQ(member.all<FencedEvent>().size(), 1u);
  const int before = probes(b);
  loop.settle();
  EXPECT_EQ(probes(b), before + 1);  // everybody is asked now
}

TEST_F(ClusterTest, SuspicionAsksEverybodyNowAndOften) {
  join_calm();
  const int before = probes(a) + probes(b);
  cluster->suspect();
  loop.settle();
  EXPECT_EQ(probes(a) + probes(b), before + 2);
  loop.advance(milliseconds(1000));
  EXPECT_GE(probes(a) + probes(b), before + 18);
  // Twice while the answer is on its way is once.
  loop.advance(milliseconds(10000));
  a.latency = milliseconds(50);
  const int calm = probes(a);
  for (int i = 0; i < 10; ++i) cluster->suspect();
  loop.advance(milliseconds(60));
  EXPECT_LE(probes(a), calm + 1);
}

TEST_F(ClusterTest, AHostThatRefusesUsIsAskedOnceASecond) {
  b.rejects = test::report("28P01", "password authentication failed", "FATAL");
  join_calm();
  EXPECT_EQ(cluster->topology().find(b.host())->role, HostRole::kDown);
  EXPECT_TRUE(cluster->topology().find(b.host())->is_refusal);
  a.kill();
  const auto before = b.dials.size();
  loop.advance(std::chrono::seconds(10));
  EXPECT_LE(b.dials.size() - before, 13u);
  EXPECT_GE(b.dials.size() - before, 8u);
}

TEST_F(ClusterTest, AStartingServerIsNotDownForGood) {
  b.rejects = test::report("57P03", "the database system is starting up", "FATAL");
  join_calm();
  EXPECT_EQ(cluster->topology().find(b.host())->role, HostRole::kDown);
  EXPECT_FALSE(cluster->topology().find(b.host())->is_refusal);
  b.rejects.reset();
  loop.advance(milliseconds(3000));
  EXPECT_EQ(cluster->topology().find(b.host())->role, HostRole::kStandby);
}

TEST_F(ClusterTest, TheMonitorSpeaksWithTheCredentialsOfAMemberThatIsThere) {
  config.conninfo = {{"user", "first"}};
  join_calm();
  EXPECT_EQ(a.dials.back().front().second, "first");
  Member second;
  cluster->join(second, {.conninfo = {{"user", "second"}},
                         .interval = milliseconds(2000),
                         .probe_timeout = milliseconds(2000)});
  EXPECT_EQ(a.dials.size(), 1u);
  cluster->leave(member);
  loop.advance(milliseconds(200));
  EXPECT_EQ(a.dials.back().front().second, "second");
  EXPECT_EQ(a.sessions(), 1u);
  EXPECT_GT(second.news, 0);
  cluster->leave(second);
  loop.advance(milliseconds(1));
  EXPECT_TRUE(cluster->is_empty());
  EXPECT_EQ(a.sessions(), 0u);
  const int before = net.made();
  loop.advance(milliseconds(10000));
  EXPECT_EQ(net.made(), before);
}

TEST_F(ClusterTest, ASecondMemberHearsTheSameNews) {
  Member second;
  join();
  cluster->join(second, config);
  loop.advance(milliseconds(200));
  EXPECT_EQ(second.primary, "a");
  cluster->leave(second);
}

TEST(FailureEvent, TellsARefusalFromASilence) {
  const auto event = [](const std::string& code) {
    Error error = Error::make(ErrorKind::kConnect, "x");
    error.code = code;
    return failure_event({"a", 5432}, error, TimePoint{});
  };
  for (const char* code : {"28P01", "28000", "3D000", "42501", "22023", "42704", "55P02", "55000", "ETLS"}) {
    EXPECT_EQ(event(code).kind, TopologyEvent::Kind::kRefused) << code;
  }
  for (const char* code : {"ECONNREFUSED", "ENOENT", "57P02", "57P03"}) {
    EXPECT_EQ(event(code).kind, TopologyEvent::Kind::kFailed) << code;
    EXPECT_TRUE(event(code).is_conclusive) << code;
  }
  for (const char* code : {"ETIMEDOUT", "ECONNRESET", "ENOTFOUND", "EPIPE", "53300", "57P01", "08P01", ""}) {
    EXPECT_EQ(event(code).kind, TopologyEvent::Kind::kFailed) << code;
    EXPECT_FALSE(event(code).is_conclusive) << code;
  }
}

TEST(Topology, ADialThatFailedSaysNothingOfAHostThatHasAnsweredSince) {
  const HostAddress a{"a", 5432};
  const auto at = [](int seconds) { return TimePoint{} + std::chrono::seconds(seconds); };
  TopologyEvent probed{};
  probed.kind = TopologyEvent::Kind::kProbed;
  probed.host = a;
  probed.facts.read_only = false;
  probed.at = at(10);
  TopologyEvent failed{};
  failed.kind = TopologyEvent::Kind::kFailed;
  failed.host = a;
  failed.at = at(11);
  for (const bool is_overtaken : {true, false}) {
    failed.asked_at = at(is_overtaken ? 9 : 10);
    Topology topology = reduce(make_topology({a}), probed);
    for (int i = 0; i < 3; ++i) topology = reduce(topology, failed);
    EXPECT_EQ(topology.hosts[0].role, is_overtaken ? HostRole::kPrimary : HostRole::kDown);
  }
}

TEST_F(ClusterTest, AHostWhoseAnswerIsMalformedIsLeftUntilItIsUnderstood) {
  join_calm();
  a.answers = [](const FakeStatement& statement) -> std::optional<FakeAnswer> {
    if (statement.sql != probe_sql()) return std::nullopt;
    FakeAnswer answer;
    answer.rows = {{"f", "off", "7000000000000000001", "00000001", "no position", std::nullopt, std::nullopt,
                    std::nullopt}};
    return answer;
  };
  const auto host = [&] { return cluster->topology().find(a.host()); };
  ASSERT_TRUE(loop.run_until([&] { return host()->failures > 0; }, milliseconds(3000)));
  EXPECT_EQ(host()->role, HostRole::kPrimary);
  EXPECT_EQ(a.dials.size(), 1u);
  ASSERT_TRUE(loop.run_until([&] { return host()->role == HostRole::kDown; }, milliseconds(3000)));
  EXPECT_EQ(a.dials.size(), 2u);
  EXPECT_NE(host()->reason.find("malformed"), std::string::npos) << host()->reason;
  EXPECT_EQ(member.primary, "none");
  a.answers = nullptr;
  loop.advance(milliseconds(1000));
  EXPECT_EQ(member.primary, "a");
}

TEST_F(ClusterTest, APrimaryThatRefusesTheMonitorStaysAndHurriesNobody) {
  join_calm();
  a.rejects = test::report("28P01", "password authentication failed", "FATAL");
  a.end_sessions();
  loop.advance(milliseconds(20000));
  const Host* host = cluster->topology().find(a.host());
  EXPECT_EQ(host->role, HostRole::kPrimary);
  EXPECT_TRUE(host->is_refusal);
  EXPECT_EQ(host->code, "28P01");
  const int before = probes(b);
  const auto dials = a.dials.size();
  loop.advance(std::chrono::seconds(100));
  EXPECT_LE(probes(b) - before, 56);
  EXPECT_GE(a.dials.size() - dials, 45u);
  EXPECT_LE(a.dials.size() - dials, 56u);
}

TEST_F(ClusterTest, AMemberMayLeaveWhileItHearsNews) {
  join();
  member.on_news = [&] {
    if (!cluster->is_empty()) cluster->leave(member);
  };
  loop.advance(milliseconds(10000));
  EXPECT_EQ(member.news, 1);
  EXPECT_TRUE(cluster->is_empty());
  EXPECT_EQ(a.sessions() + b.sessions(), 0u);
  const int before = net.made();
  loop.advance(milliseconds(10000));
  EXPECT_EQ(net.made(), before);
}

TEST_F(ClusterTest, AMemberThatAnotherTookAwayHearsNothing) {
  Member second;
  join();
  cluster->join(second, config);
  member.on_news = [&] { cluster->leave(second); };
  loop.advance(milliseconds(10000));
  EXPECT_EQ(member.primary, "a");
  EXPECT_EQ(second.news, 0);
}

TEST_F(ClusterTest, NewsThatAMemberMakesOfNewsComesToTheOthersBehindIt) {
  Member second;
  join();
  cluster->join(second, config);
  std::vector<std::string> heard;
  const auto kinds = [&] {
    for (const ClusterEvent& event : std::exchange(second.events, {})) {
      if (std::holds_alternative<HostUpEvent>(event)) heard.emplace_back("up");
      if (std::holds_alternative<FencedEvent>(event)) heard.emplace_back("fenced");
    }
  };
  second.on_news = kinds;
  bool is_told = false;
  member.on_news = [&] {
    if (member.primary != "a" || std::exchange(is_told, true)) return;
    TopologyEvent event{};
    event.kind = TopologyEvent::Kind::kFenceSeen;
    event.host = a.host();
    cluster->learn(event);
  };
  ASSERT_TRUE(loop.run_until([&] { return heard.size() >= 2; }, milliseconds(5000)));
  heard.resize(2);
  EXPECT_EQ(heard, (std::vector<std::string>{"up", "fenced"}));
  cluster->leave(second);
}

TEST_F(ClusterTest, WhatIsLearntWithoutAMemberIsKeptAndAsksNobody) {
  join_calm();
  cluster->leave(member);
  const int before = net.made();
  TopologyEvent event{};
  event.kind = TopologyEvent::Kind::kFenceSeen;
  event.host = a.host();
  cluster->learn(event);
  loop.advance(milliseconds(1000));
  EXPECT_EQ(cluster->topology().find(a.host())->role, HostRole::kFenced);
  EXPECT_EQ(net.made(), before);
}

}  // namespace
}  // namespace hdb
