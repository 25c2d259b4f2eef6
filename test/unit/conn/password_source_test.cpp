#include "conn/password_source.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace hdb {
namespace {

class PasswordSourceTest : public ::testing::Test {
 protected:
  /// What `get` came to: the password, the error, or nothing yet.
  std::shared_ptr<std::optional<std::string>> get(const HostAddress& host) {
    auto seen = std::make_shared<std::optional<std::string>>();
    source.get(host, now, milliseconds(2000), [seen](Expected<std::string> password) {
      *seen = password.ok() ? password.value() : "error: " + password.error().message;
    });
    return seen;
  }
  void provide() {
    source.provide(PasswordSource::Ask([this](std::uint32_t number, const PasswordTarget& target) {
      asked.emplace_back(number, target.user + "@" + target.host + ":" + std::to_string(target.port) + "/" +
                                     target.database);
    }));
  }

  HostAddress a{.name = "a", .port = 1};
  HostAddress b{.name = "b", .port = 2};
  TimePoint now = TimePoint() + std::chrono::hours(1);
  PasswordSource source{"app", "shop"};
  std::vector<std::pair<std::uint32_t, std::string>> asked;
};

TEST_F(PasswordSourceTest, AsksOncePerHostForAllThatWait) {
  provide();
  const auto first = get(a), second = get(a), other = get(b);
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_EQ(asked[0].second, "app@a:1/shop");
  EXPECT_EQ(asked[1].second, "app@b:2/shop");
  source.answer(asked[0].first, now, std::string("x"));
  EXPECT_EQ(*first, "x");
  EXPECT_EQ(*second, "x");
  EXPECT_EQ(*other, std::nullopt);
}

TEST_F(PasswordSourceTest, WhatIsWantedBeforeThereIsAFunctionIsAskedForLater) {
  const auto early = get(a);
  EXPECT_TRUE(asked.empty());
  provide();
  ASSERT_EQ(asked.size(), 1u);
  source.answer(asked[0].first, now, std::string("x"));
  EXPECT_EQ(*early, "x");
}

TEST_F(PasswordSourceTest, AnAnswerServesForAMinute) {
  provide();
  get(a);
  source.answer(asked[0].first, now, std::string("x"));
  now += kPasswordLifetime - milliseconds(1);
  EXPECT_EQ(*get(a), "x");
  now += milliseconds(1);
  EXPECT_EQ(*get(a), std::nullopt);
  EXPECT_EQ(asked.size(), 2u);
}

TEST_F(PasswordSourceTest, ARefusedOneIsForgottenUnlessANewerOneIsKnown) {
  provide();
  get(a);
  source.answer(asked[0].first, now, std::string("old"));
  source.refused(a, "older");
  EXPECT_EQ(*get(a), "old");
  source.refused(a, "old");
  const auto again = get(a);
  ASSERT_EQ(asked.size(), 2u);
  source.answer(asked[1].first, now, std::string("new"));
  source.refused(a, "old");
  EXPECT_EQ(*again, "new");
  EXPECT_EQ(*get(a), "new");
}

TEST_F(PasswordSourceTest, AnErrorReachesAllThatWaitAndIsNotKept) {
  provide();
  const auto first = get(a), second = get(a);
  source.answer(asked[0].first, now, Fail(Error::make(ErrorKind::kConnect, "sealed")));
  EXPECT_EQ(*first, "error: sealed");
  EXPECT_EQ(*second, "error: sealed");
  get(a);
  EXPECT_EQ(asked.size(), 2u);
}

TEST_F(PasswordSourceTest, AQuestionThatNobodyAnswersIsAskedAnewAndItsLateAnswerIgnored) {
  provide();
  const auto lost = get(a);
  now += milliseconds(1999);
  get(a);
  EXPECT_EQ(asked.size(), 1u);
  now += milliseconds(1);
  const auto found = get(a);
  ASSERT_EQ(asked.size(), 2u);
  source.answer(asked[0].first, now, std::string("late"));
  EXPECT_EQ(*found, std::nullopt);
  source.answer(asked[1].first, now, std::string("x"));
  EXPECT_EQ(*found, "x");
  EXPECT_EQ(*lost, std::nullopt);
}

}  // namespace
}  // namespace hdb
