#include "base/snapshot.hpp"

#include <thread>
#include <utility>
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

TEST(Snapshot, AReaderKeepsWhatItRead) {
  Snapshot<std::pair<int, int>> snapshot;
  snapshot.publish(std::make_shared<const std::pair<int, int>>(0, 0));
  std::thread writer([&] {
    for (int i = 1; i <= 2000; ++i) snapshot.publish(std::make_shared<const std::pair<int, int>>(i, -i));
  });
  for (int i = 0; i < 2000; ++i) {
    const auto seen = snapshot.read();
    ASSERT_EQ(seen->first, -seen->second);
  }
  writer.join();
}

}  // namespace
}  // namespace hdb
