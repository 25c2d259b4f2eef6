#include "base/snapshot.hpp"

#include <vector>

#include "gtest/gtest.h"

namespace hdb {
namespace {

using Numbers = std::vector<int>;

template <class H>
concept MayBeLookedInto = requires(H&& held) {
  *std::forward<H>(held);
}
|| requires(H&& held) { std::forward<H>(held)->size(); };

// `for (int n : *numbers.read())` would loop over what is gone.
static_assert(MayBeLookedInto<Held<Numbers>&>);
static_assert(!MayBeLookedInto<Held<Numbers>>);

TEST(Snapshot, IsTheLatestThatWasPublished) {
  Snapshot<Numbers> numbers;
  EXPECT_FALSE(numbers.read());
  numbers.publish(std::make_shared<const Numbers>(Numbers{1}));
  numbers.publish(std::make_shared<const Numbers>(Numbers{1, 2}));
  const auto held = numbers.read();
  EXPECT_EQ(held->size(), 2);
}

TEST(Snapshot, WhatWasReadStaysWhileItIsHeld) {
  Snapshot<Numbers> numbers;
  const auto first = std::make_shared<const Numbers>(Numbers{1});
  numbers.publish(first);
  {
    const auto held = numbers.read();
    numbers.publish(std::make_shared<const Numbers>(Numbers{2}));
    EXPECT_EQ(*held, Numbers{1});
    EXPECT_EQ(first.use_count(), 2);
  }
  EXPECT_EQ(first.use_count(), 1);
}

}  // namespace
}  // namespace hdb
