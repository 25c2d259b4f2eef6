// transaction_state.hpp: the states of a transaction and the only moves between them.
// Thread: any; a constexpr table.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/state_move.hpp"

namespace hdb {

enum class TransactionState : std::uint8_t {
  kWaiting,      // for a session
  kBeginning,    // BEGIN is on its way
  kOpen,         // takes statements
  kCommitting,   // COMMIT is on its way, or waits for running statements
  kRollingBack,  // ROLLBACK is, or does
  kProving,      // the answer to COMMIT was lost: the primary is asked what became of it
  kEnded,        // terminal
};
inline constexpr std::size_t kTransactionStates = 7;

enum class TransactionEvent : std::uint8_t {
  kLeased,    // it has a session, and BEGIN is sent
  kBegun,     // statements may be sent
  kLost,      // of the session, before anything was done on it
  kCommit,    // is asked for
  kRollback,  // is asked for
  kDoubt,     // what became of COMMIT is not known
  kEnd,       // it is known how it ended
};
inline constexpr std::size_t kTransactionEvents = 7;

constexpr StateMove<TransactionState> next(TransactionState state, TransactionEvent event) {
  using S = TransactionState;
  switch (event) {
    case TransactionEvent::kLeased:
      return state == S::kWaiting ? go(S::kBeginning) : bug(state);
    case TransactionEvent::kBegun:  // of one that waits when BEGIN travels with the first statement
      return state == S::kWaiting || state == S::kBeginning ? go(S::kOpen) : bug(state);
    case TransactionEvent::kLost:
      return state == S::kBeginning ? go(S::kWaiting) : bug(state);
    case TransactionEvent::kCommit:
      return state == S::kOpen ? go(S::kCommitting) : bug(state);
    case TransactionEvent::kRollback:
      return state == S::kOpen ? go(S::kRollingBack) : bug(state);
    case TransactionEvent::kDoubt:
      return state == S::kCommitting ? go(S::kProving) : bug(state);
    case TransactionEvent::kEnd:
      return state == S::kEnded ? stay(state) : go(S::kEnded);  // late news of one that has ended
  }
  return bug(state);
}

constexpr const char* name_of(TransactionState state) {
  constexpr std::array kNames{"waiting",      "beginning", "open", "committing",
                              "rolling_back", "proving",   "ended"};
  return kNames[static_cast<std::size_t>(state)];
}
constexpr const char* name_of(TransactionEvent event) {
  constexpr std::array kNames{"leased", "begun", "lost", "commit", "rollback", "doubt", "end"};
  return kNames[static_cast<std::size_t>(event)];
}

/// Takes no more statements, and ends when those that it has are answered.
constexpr bool is_ending(TransactionState state) {
  return state == TransactionState::kCommitting || state == TransactionState::kRollingBack;
}

}  // namespace hdb
