// state_move: how a machine whose states are a table moves. The table is a function `next(state, event)`.
// Thread: any; pure.
#pragma once

#include <cstdint>

#include "base/assert.hpp"

namespace hdb {

/// What a cell of the table says. A bug stops the process, because what follows would lie about data.
template <class State>
struct StateMove {
  enum class Kind : std::uint8_t { kGo, kStay, kBug } kind = Kind::kBug;
  State to{};
};

template <class State>
constexpr StateMove<State> go(State to) {
  return {StateMove<State>::Kind::kGo, to};
}
template <class State>
constexpr StateMove<State> stay(State state) {
  return {StateMove<State>::Kind::kStay, state};
}
template <class State>
constexpr StateMove<State> bug(State state) {
  return {StateMove<State>::Kind::kBug, state};
}

/// The state after the event.
template <class State, class Event>
State after_event(State state, Event event) {
  const StateMove<State> move = next(state, event);
  HDB_CHECK(move.kind != StateMove<State>::Kind::kBug);
  return move.to;
}

}  // namespace hdb
