#include "base/lifetime.hpp"

#include <functional>
#include <memory>

#include "gtest/gtest.h"

namespace hdb {
namespace {

struct Owner {
  int calls = 0;
  Lifetime life;
};

TEST(Lifetime, AGuardedCallDoesNothingWhenItsOwnerIsGone) {
  auto owner = std::make_unique<Owner>();
  const std::function<void(int)> call = owner->life.guard([o = owner.get()](int by) { o->calls += by; });
  const Lifetime::Watch watch = owner->life.watch();
  call(2);
  EXPECT_TRUE(watch);
  EXPECT_EQ(owner->calls, 2);
  owner.reset();
  EXPECT_FALSE(watch);
  call(2);  // a sanitizer would see it
}

TEST(Lifetime, EndsEarlierWhenTheOwnerSaysSo) {
  Owner owner;
  auto call = owner.life.guard([&] { ++owner.calls; });
  owner.life.end();
  call();
  EXPECT_EQ(owner.calls, 0);
  EXPECT_FALSE(owner.life.watch());
}

TEST(Lifetime, MovesWhatItIsGiven) {
  Owner owner;
  auto call = owner.life.guard([&](std::unique_ptr<int> number) { owner.calls = *number; });
  call(std::make_unique<int>(7));
  EXPECT_EQ(owner.calls, 7);
}

}  // namespace
}  // namespace hdb
