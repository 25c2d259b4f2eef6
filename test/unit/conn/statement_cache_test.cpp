#include "conn/statement_cache.hpp"

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace hdb {
namespace {

std::shared_ptr<const StatementInfo> info() { return std::make_shared<const StatementInfo>(); }

TEST(StatementCache, NamesAreUniqueAndCarryThePrefix) {
  StatementCache cache(10, "p_");
  EXPECT_EQ(cache.new_name(), "p_1");
  EXPECT_EQ(cache.new_name(), "p_2");
}

TEST(StatementCache, TheLeastRecentlyUsedFallsOut) {
  StatementCache cache(2, "p_");
  const auto a = info();
  const auto b = info();
  const auto c = info();
  cache.add(a, "a");
  cache.add(b, "b");
  ASSERT_NE(cache.find(a.get()), nullptr);  // used: b is the oldest now
  cache.add(c, "c");
  EXPECT_EQ(cache.find(b.get()), nullptr);
  EXPECT_EQ(*cache.find(a.get()), "a");
  EXPECT_EQ(*cache.find(c.get()), "c");
  EXPECT_TRUE(cache.has_dropped());
  EXPECT_EQ(cache.take_dropped(), std::vector<std::string>{"b"});
  EXPECT_FALSE(cache.has_dropped());
}

TEST(StatementCache, ANewNameForAStatementGivesTheOldOneBack) {
  StatementCache cache(2, "p_");
  const auto a = info();
  cache.add(a, "old");
  cache.add(a, "new");
  EXPECT_EQ(*cache.find(a.get()), "new");
  EXPECT_EQ(cache.take_dropped(), std::vector<std::string>{"old"});
}

TEST(StatementCache, DroppingWhatIsNotThereDoesNothing) {
  StatementCache cache(2, "p_");
  cache.drop(info().get());
  EXPECT_FALSE(cache.has_dropped());
}

TEST(StatementCache, ANameThatWasPreparedForNothingIsGivenBack) {
  StatementCache cache(2, "p_");
  cache.drop_name("x");
  EXPECT_EQ(cache.take_dropped(), std::vector<std::string>{"x"});
}

TEST(StatementCache, ClearingOwesTheServerNothing) {
  StatementCache cache(1, "p_");
  const auto a = info();
  cache.add(info(), "old");
  cache.add(a, "a");
  cache.clear();
  EXPECT_EQ(cache.find(a.get()), nullptr);
  EXPECT_FALSE(cache.has_dropped());
}

}  // namespace
}  // namespace hdb
