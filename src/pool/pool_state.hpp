// pool_state.hpp: the states of a pool and the only moves between them.
// Thread: any; a constexpr table.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/state_move.hpp"

namespace hdb {

enum class PoolState : std::uint8_t {
  kOpen,      // takes work
  kDraining,  // `end()` was called: new work is refused, accepted work finishes
  kStopping,  // the drain timeout has passed: what runs is cancelled
  kClosed,    // terminal
};
inline constexpr std::size_t kPoolStates = 4;

enum class PoolEvent : std::uint8_t {
  kEnd,       // `end()` was called
  kTimeOver,  // the time to drain has passed
  kClose,     // nothing is pending any more
};
inline constexpr std::size_t kPoolEvents = 3;

constexpr StateMove<PoolState> next(PoolState state, PoolEvent event) {
  using S = PoolState;
  switch (event) {
    case PoolEvent::kEnd:
      return state == S::kOpen ? go(S::kDraining) : stay(state);
    case PoolEvent::kTimeOver:
      return state == S::kDraining ? go(S::kStopping) : bug(state);
    case PoolEvent::kClose:
      return state == S::kClosed ? stay(state) : go(S::kClosed);
  }
  return bug(state);
}

constexpr const char* name_of(PoolState state) {
  constexpr std::array kNames{"open", "draining", "stopping", "closed"};
  return kNames[static_cast<std::size_t>(state)];
}
constexpr const char* name_of(PoolEvent event) {
  constexpr std::array kNames{"end", "time over", "close"};
  return kNames[static_cast<std::size_t>(event)];
}

/// The pool closes as soon as nothing is pending.
constexpr bool is_ending(PoolState state) {
  return state == PoolState::kDraining || state == PoolState::kStopping;
}

}  // namespace hdb
