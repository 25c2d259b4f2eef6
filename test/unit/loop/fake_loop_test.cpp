// The fake loop behind the other tests keeps the contract of loop.hpp.
#include "test/unit/support/fake_loop.hpp"

#include <string>

#include "gtest/gtest.h"

namespace hdb::test {
namespace {

TEST(FakeLoop, TimePassesOnlyWhenATestLetsIt) {
  FakeLoop loop;
  std::string order;
  Timer timer(loop.timers(), [&] { order += 't'; });
  timer.arm(loop.now() + milliseconds(10));
  loop.in(milliseconds(5), [&] { order += 'e'; });
  loop.settle();
  EXPECT_EQ(order, "");
  loop.advance(milliseconds(9));
  EXPECT_EQ(order, "e");
  loop.advance(milliseconds(1));
  EXPECT_EQ(order, "et");
  EXPECT_EQ(loop.elapsed_ms(), 10);
}

TEST(FakeLoop, DeferredTasksRunBeforeTheNextEvent) {
  FakeLoop loop;
  std::string order;
  loop.post([&] {
    loop.post([&] { order += 'c'; });
    loop.defer([&] { order += 'b'; });
    order += 'a';
  });
  loop.settle();
  EXPECT_EQ(order, "abc");
}

TEST(FakeLoop, EventsOfOneMomentKeepTheirOrder) {
  FakeLoop loop;
  std::string order;
  for (char c = 'a'; c <= 'z'; ++c) loop.in(milliseconds(3), [&order, c] { order += c; });
  loop.advance(milliseconds(3));
  EXPECT_EQ(order, "abcdefghijklmnopqrstuvwxyz");
}

TEST(FakeLoop, ResolvesAsItWasTold) {
  FakeLoop loop;
  loop.names["slow"] = {.answer = {.addresses = {"10.0.0.1"}, .error = {}}, .delay = milliseconds(50)};
  loop.names["dead"].silent = true;
  std::string seen;
  loop.resolve("slow", [&](Resolved resolved) { seen += resolved.addresses.at(0) + ";"; });
  loop.resolve("dead", [&](Resolved) { seen += "dead;"; });
  loop.resolve("itself", [&](Resolved resolved) { seen += resolved.addresses.at(0) + ";"; });
  loop.advance(milliseconds(100));
  EXPECT_EQ(seen, "itself;10.0.0.1;");
}

TEST(FakeLoop, RunsUntilSomethingComesTrue) {
  FakeLoop loop;
  bool is_true = false;
  loop.in(milliseconds(70), [&] { is_true = true; });
  EXPECT_FALSE(loop.run_until([&] { return is_true; }, milliseconds(50)));
  EXPECT_EQ(loop.elapsed_ms(), 50);
  EXPECT_TRUE(loop.run_until([&] { return is_true; }, milliseconds(50)));
  EXPECT_EQ(loop.elapsed_ms(), 70);
}

}  // namespace
}  // namespace hdb::test
