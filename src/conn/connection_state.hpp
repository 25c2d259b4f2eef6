// connection_state.hpp: the states of one session and the only moves between them.
// Thread: any; a constexpr table.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace hdb {

enum class ConnectionState : std::uint8_t {
  kDialing,     // TCP, TLS and authentication in progress
  kVerifying,   // first pipeline: role, timeline, session settings
  kIdle,        // nothing in flight, no transaction
  kBusy,        // at least one request in flight
  kHeld,        // nothing in flight, but pinned by a transaction
  kCancelling,  // cancel sent; waits for both the cancel and the request to end
  kResetting,   // rollback in flight, because the session came back dirty
  kClosed,      // terminal
};
inline constexpr std::size_t kConnectionStates = 8;

enum class ConnectionEvent : std::uint8_t {
  kDialled,   // authenticated
  kAccepted,  // verified, and wanted
  kSend,      // a request was given to it
  kClean,     // nothing in flight any more, no transaction open, not pinned
  kPinned,    // nothing in flight any more, and pinned
  kDirty,     // nothing in flight any more, a transaction open, not pinned
  kCancel,    // a cancel request was sent
  kClose,     // lost, retired, timed out
};
inline constexpr std::size_t kConnectionEvents = 8;

/// What a cell of the table says.
struct ConnectionMove {
  enum class Kind : std::uint8_t { kGo, kStay, kBug } kind = Kind::kBug;
  ConnectionState to = ConnectionState::kClosed;
};

constexpr ConnectionMove next(ConnectionState state, ConnectionEvent event) {
  using S = ConnectionState;
  using E = ConnectionEvent;
  constexpr auto go = [](S to) { return ConnectionMove{ConnectionMove::Kind::kGo, to}; };
  const ConnectionMove stay{ConnectionMove::Kind::kStay, state};
  const ConnectionMove bug{ConnectionMove::Kind::kBug, state};

  // Nothing is in flight any more.
  const auto settled = [&] {
    if (event == E::kClean) return go(S::kIdle);
    if (event == E::kPinned) return state == S::kHeld ? stay : go(S::kHeld);
    return event == E::kDirty ? go(S::kResetting) : bug;
  };

  if (event == E::kClose) return state == S::kClosed ? stay : go(S::kClosed);
  switch (state) {
    case S::kDialing:
      return event == E::kDialled ? go(S::kVerifying) : bug;
    case S::kVerifying:
      return event == E::kAccepted ? go(S::kIdle) : bug;
    case S::kIdle:
      if (event == E::kSend) return go(S::kBusy);
      if (event == E::kPinned) return go(S::kHeld);
      return event == E::kClean ? stay : bug;
    case S::kBusy:
      if (event == E::kSend) return stay;
      return event == E::kCancel ? go(S::kCancelling) : settled();
    case S::kHeld:
      return event == E::kSend ? go(S::kBusy) : settled();
    case S::kCancelling:
      return settled();
    case S::kResetting:
      return event == E::kClean ? go(S::kIdle) : bug;
    case S::kClosed:
      return stay;  // late news about a session that is gone
  }
  return bug;
}

constexpr const char* name_of(ConnectionState state) {
  constexpr std::array kNames{"dialing", "verifying",  "idle",      "busy",
                              "held",    "cancelling", "resetting", "closed"};
  return kNames[static_cast<std::size_t>(state)];
}

}  // namespace hdb
