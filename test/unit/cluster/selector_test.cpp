#include "cluster/selector.hpp"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace hdb {
namespace {

Topology with_roles(const std::vector<HostRole>& roles) {
  std::vector<HostAddress> addresses;
  for (std::size_t i = 0; i < roles.size(); ++i)
    addresses.push_back({std::string(1, static_cast<char>('a' + i)), 5432});
  Topology topology = make_topology(addresses);
  for (std::size_t i = 0; i < roles.size(); ++i) {
    topology.hosts[i].role = roles[i];
    if (roles[i] != HostRole::kUnknown) topology.hosts[i].facts.emplace();
  }
  return topology;
}

std::string names(const std::vector<const Host*>& hosts) {
  std::string text;
  for (const Host* host : hosts) text += host->address.name;
  return text;
}

constexpr auto kU = HostRole::kUnknown;
constexpr auto kP = HostRole::kPrimary;
constexpr auto kS = HostRole::kStandby;
constexpr auto kF = HostRole::kFenced;
constexpr auto kQ = HostRole::kQuarantined;
constexpr auto kD = HostRole::kDown;

TEST(Selector, WritesGoToThePrimaryOnly) {
  EXPECT_EQ(names(candidates(Mode::kReadWrite, with_roles({kS, kP, kF, kQ, kD})).hosts), "b");
  EXPECT_EQ(names(candidates(Mode::kReadWrite, with_roles({kS, kF, kQ, kD, kU})).hosts), "");
}

TEST(Selector, ReadOnlyGoesToStandbysOnly) {
  EXPECT_EQ(names(candidates(Mode::kReadOnly, with_roles({kS, kP, kS, kF})).hosts), "ac");
  EXPECT_EQ(names(candidates(Mode::kReadOnly, with_roles({kP, kF, kQ})).hosts), "");
}

TEST(Selector, PreferStandbyFallsBackToThePrimary) {
  EXPECT_EQ(names(candidates(Mode::kPreferStandby, with_roles({kP, kS})).hosts), "b");
  EXPECT_EQ(names(candidates(Mode::kPreferStandby, with_roles({kP, kD})).hosts), "a");
  EXPECT_EQ(names(candidates(Mode::kPreferStandby, with_roles({kF, kQ})).hosts), "");
}

TEST(Selector, AnyTakesAFencedNodeOnlyWhenThereIsNoBetterOne) {
  EXPECT_EQ(names(candidates(Mode::kAny, with_roles({kF, kP, kS})).hosts), "bc");
  EXPECT_EQ(names(candidates(Mode::kAny, with_roles({kF, kQ, kD})).hosts), "a");
}

TEST(Selector, AQuarantinedOrDownNodeServesNobody) {
  for (const Mode mode : {Mode::kReadWrite, Mode::kReadOnly, Mode::kPreferStandby, Mode::kAny}) {
    EXPECT_LT(rank(mode, kQ), 0);
    EXPECT_LT(rank(mode, kD), 0);
    EXPECT_LT(rank(mode, kU), 0);
  }
}

TEST(Selector, HostsThatNeverAnsweredAreNamedApart) {
  const Topology topology = with_roles({kU, kP, kU});
  const Candidates found = candidates(Mode::kReadWrite, topology);
  EXPECT_EQ(names(found.hosts), "b");
  EXPECT_EQ(names(found.unknown), "ac");
}

TEST(Selector, AHostThatAnsweredAndIsNotConfirmedIsNoUnknownOne) {
  Topology topology = with_roles({kU});
  topology.hosts[0].facts.emplace();
  EXPECT_TRUE(candidates(Mode::kReadWrite, topology).unknown.empty());
}

}  // namespace
}  // namespace hdb
