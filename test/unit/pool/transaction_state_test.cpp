// The table of a transaction's states: every cell, and the figure in the documentation that shows it.
#include "pool/transaction_state.hpp"

#include <map>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "test/unit/support/state_figure.hpp"

namespace hdb {
namespace {

using S = TransactionState;
using E = TransactionEvent;
using Kind = StateMove<S>::Kind;

TEST(TransactionState, EachCellSaysWhatTheDesignSays) {
  const std::map<std::pair<S, E>, S> goes{
      {{S::kWaiting, E::kLeased}, S::kBeginning}, {{S::kWaiting, E::kBegun}, S::kOpen},
      {{S::kBeginning, E::kBegun}, S::kOpen},     {{S::kBeginning, E::kLost}, S::kWaiting},
      {{S::kOpen, E::kCommit}, S::kCommitting},   {{S::kOpen, E::kRollback}, S::kRollingBack},
      {{S::kCommitting, E::kDoubt}, S::kProving}};
  test::each_cell<S, E>(kTransactionStates, kTransactionEvents, [&](S state, E event) {
    const std::string cell = std::string(name_of(state)) + " + " + name_of(event);
    const StateMove<S> move = next(state, event);
    if (const auto found = goes.find({state, event}); found != goes.end()) {
      EXPECT_EQ(move.kind, Kind::kGo) << cell;
      EXPECT_EQ(move.to, found->second) << cell;
    } else if (event == E::kEnd) {
      EXPECT_EQ(move.kind, state == S::kEnded ? Kind::kStay : Kind::kGo) << cell;
      EXPECT_EQ(move.to, S::kEnded) << cell;
    } else {
      EXPECT_EQ(move.kind, Kind::kBug) << cell;
    }
  });
}

TEST(TransactionState, NothingLeavesTheEnd) {
  test::each_cell<S, E>(kTransactionStates, kTransactionEvents, [](S state, E event) {
    if (state == S::kEnded) {
      EXPECT_NE(next(state, event).kind, Kind::kGo) << name_of(event);
    }
  });
}

TEST(TransactionState, OnlyCommitMayBeInDoubt) {
  test::each_cell<S, E>(kTransactionStates, kTransactionEvents, [](S state, E event) {
    if (next(state, event).to == S::kProving && state != S::kProving) {
      EXPECT_EQ(state, S::kCommitting);
      EXPECT_EQ(event, E::kDoubt);
    }
  });
}

TEST(TransactionState, TheFigureInTheDocumentationShowsTheTable) {
  test::expect_in_documentation(test::figure<S, E>(kTransactionStates, kTransactionEvents));
}

}  // namespace
}  // namespace hdb
