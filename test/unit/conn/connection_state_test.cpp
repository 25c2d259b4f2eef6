// The table of a session's states: every cell, and the figure in the documentation that shows it.
#include "conn/connection_state.hpp"

#include <map>
#include <string>
#include <tuple>

#include "gtest/gtest.h"
#include "test/unit/support/state_figure.hpp"

namespace hdb {

constexpr const char* name_of(ConnectionEvent event) {
  constexpr const char* kNames[] = {"dialled", "accepted", "send",   "clean",
                                    "pinned",  "dirty",    "cancel", "close"};
  return kNames[static_cast<std::size_t>(event)];
}

namespace {

using S = ConnectionState;
using E = ConnectionEvent;
using Kind = ConnectionMove::Kind;

template <class F>
void each_cell(F f) {
  test::each_cell<S, E>(kConnectionStates, kConnectionEvents, f);
}

TEST(ConnectionState, EachCellSaysWhatTheDesignSays) {
  const std::map<std::tuple<S, E>, S> goes{
      {{S::kDialing, E::kDialled}, S::kVerifying},
      {{S::kVerifying, E::kAccepted}, S::kIdle},
      {{S::kIdle, E::kSend}, S::kBusy},
      {{S::kIdle, E::kPinned}, S::kHeld},
      {{S::kBusy, E::kClean}, S::kIdle},
      {{S::kBusy, E::kPinned}, S::kHeld},
      {{S::kBusy, E::kDirty}, S::kResetting},
      {{S::kBusy, E::kCancel}, S::kCancelling},
      {{S::kHeld, E::kSend}, S::kBusy},
      {{S::kHeld, E::kClean}, S::kIdle},
      {{S::kHeld, E::kDirty}, S::kResetting},
      {{S::kCancelling, E::kClean}, S::kIdle},
      {{S::kCancelling, E::kPinned}, S::kHeld},
      {{S::kCancelling, E::kDirty}, S::kResetting},
      {{S::kResetting, E::kClean}, S::kIdle},
  };
  const std::map<std::tuple<S, E>, bool> stays{
      {{S::kIdle, E::kClean}, true}, {{S::kBusy, E::kSend}, true}, {{S::kHeld, E::kPinned}, true}};
  each_cell([&](S state, E event) {
    const ConnectionMove move = next(state, event);
    const std::string cell = std::string(name_of(state)) + " + " + name_of(event);
    if (state == S::kClosed) {
      EXPECT_EQ(move.kind, Kind::kStay) << cell;
    } else if (event == E::kClose) {
      EXPECT_EQ(move.kind, Kind::kGo) << cell;
      EXPECT_EQ(move.to, S::kClosed) << cell;
    } else if (const auto found = goes.find({state, event}); found != goes.end()) {
      EXPECT_EQ(move.kind, Kind::kGo) << cell;
      EXPECT_EQ(move.to, found->second) << cell;
    } else {
      EXPECT_EQ(move.kind, stays.contains({state, event}) ? Kind::kStay : Kind::kBug) << cell;
    }
  });
}

TEST(ConnectionState, EveryStateIsReachedAndEveryOneCanClose) {
  std::map<S, int> reached{{S::kDialing, 1}};
  each_cell([&](S state, E event) {
    if (const ConnectionMove move = next(state, event); move.kind == Kind::kGo) ++reached[move.to];
  });
  EXPECT_EQ(reached.size(), kConnectionStates);
}

TEST(ConnectionState, OnlyACleanSessionBecomesIdle) {
  each_cell([&](S state, E event) {
    const ConnectionMove move = next(state, event);
    if (move.kind == Kind::kGo && move.to == S::kIdle) {
      EXPECT_TRUE(event == E::kClean || event == E::kAccepted) << name_of(state);
    }
  });
}

TEST(ConnectionState, TheFigureInTheDocumentationShowsTheTable) {
  test::expect_in_documentation(test::figure<S, E>(kConnectionStates, kConnectionEvents));
}

}  // namespace
}  // namespace hdb
