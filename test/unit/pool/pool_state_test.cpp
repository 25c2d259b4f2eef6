// The table of a pool's states: every cell, and the figure in the documentation that shows it.
#include "pool/pool_state.hpp"

#include <map>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "test/unit/support/state_figure.hpp"

namespace hdb {
namespace {

using S = PoolState;
using E = PoolEvent;
using Kind = StateMove<S>::Kind;

TEST(PoolState, EachCellSaysWhatTheDesignSays) {
  const std::map<std::pair<S, E>, S> goes{{{S::kOpen, E::kEnd}, S::kDraining},
                                          {{S::kOpen, E::kClose}, S::kClosed},
                                          {{S::kDraining, E::kTimeOver}, S::kStopping},
                                          {{S::kDraining, E::kClose}, S::kClosed},
                                          {{S::kStopping, E::kClose}, S::kClosed}};
  test::each_cell<S, E>(kPoolStates, kPoolEvents, [&](S state, E event) {
    const std::string cell = std::string(name_of(state)) + " + " + name_of(event);
    const StateMove<S> move = next(state, event);
    if (const auto found = goes.find({state, event}); found != goes.end()) {
      EXPECT_EQ(move.kind, Kind::kGo) << cell;
      EXPECT_EQ(move.to, found->second) << cell;
    } else {
      EXPECT_EQ(move.kind, event == E::kTimeOver ? Kind::kBug : Kind::kStay) << cell;
      EXPECT_EQ(move.to, state) << cell;
    }
  });
}

TEST(PoolState, OnlyOneThatWasEndedWaitsForItsWork) {
  EXPECT_FALSE(is_ending(S::kOpen));
  EXPECT_TRUE(is_ending(S::kDraining));
  EXPECT_TRUE(is_ending(S::kStopping));
  EXPECT_FALSE(is_ending(S::kClosed));
}

TEST(PoolState, TheFigureInTheDocumentationShowsTheTable) {
  test::expect_in_documentation(test::figure<S, E>(kPoolStates, kPoolEvents));
}

}  // namespace
}  // namespace hdb
