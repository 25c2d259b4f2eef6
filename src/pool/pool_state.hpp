// pool_state.hpp: the states of a pool and the only moves between them.
// Thread: any; a constexpr table.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace hdb {

enum class PoolState : std::uint8_t {
  kOpen,      // takes work
  kDraining,  // `end()` was called: new work is refused, accepted work finishes
  kStopping,  // the time to drain is over: what runs is canceled
  kClosed,    // terminal
};
inline constexpr std::size_t kPoolStates = 4;

enum class PoolEvent : std::uint8_t {
  kEnd,       // `end()` was called
  kTimeOver,  // the time to drain has passed
  kClose,     // nothing is waited for any more
};
inline constexpr std::size_t kPoolEvents = 3;

/// What a cell of the table says.
struct PoolMove {
  enum class Kind : std::uint8_t { kGo, kStay, kBug } kind = Kind::kBug;
  PoolState to = PoolState::kClosed;
};

constexpr PoolMove next(PoolState state, PoolEvent event) {
  using S = PoolState;
  using E = PoolEvent;
  constexpr auto go = [](S to) { return PoolMove{PoolMove::Kind::kGo, to}; };
  const PoolMove stay{PoolMove::Kind::kStay, state};
  const PoolMove bug{PoolMove::Kind::kBug, state};

  switch (event) {
    case E::kEnd:
      return state == S::kOpen ? go(S::kDraining) : stay;
    case E::kTimeOver:
      return state == S::kDraining ? go(S::kStopping) : bug;
    case E::kClose:
      return state == S::kClosed ? stay : go(S::kClosed);
  }
  return bug;
}

constexpr const char* name_of(PoolState state) {
  constexpr std::array kNames{"open", "draining", "stopping", "closed"};
  return kNames[static_cast<std::size_t>(state)];
}

/// It closes as soon as nothing is waited for any more.
constexpr bool is_ending(PoolState state) {
  return state == PoolState::kDraining || state == PoolState::kStopping;
}

}  // namespace hdb
