// ModeSet: several modes at once: those that a host fits, a session serves, a queue holds.
// Thread: any; a value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "api/options.hpp"

namespace hdb {

inline constexpr std::array kModes{Mode::kReadWrite, Mode::kReadOnly, Mode::kPreferStandby, Mode::kAny};

constexpr std::size_t index_of(Mode mode) { return static_cast<std::size_t>(mode); }

/// Their sessions are read-only on the server.
constexpr bool is_restricted(Mode mode) { return mode == Mode::kReadOnly || mode == Mode::kPreferStandby; }

class ModeSet {
 public:
  static constexpr std::size_t kSets = std::size_t{1} << kModes.size();

  constexpr ModeSet() = default;
  constexpr ModeSet(Mode mode)
      : bits_(static_cast<std::uint8_t>(1u << index_of(mode))) {}  // NOLINT: implicit by design

  static constexpr ModeSet all() { return ModeSet(0x0f); }
  /// The modes whose sessions are read-only on the server, or all others.
  static constexpr ModeSet of_sessions(bool restricted) {
    ModeSet set;
    for (const Mode mode : kModes) {
      if (hdb::is_restricted(mode) == restricted) set.add(mode);
    }
    return set;
  }

  constexpr bool has(Mode mode) const { return (bits_ & ModeSet(mode).bits_) != 0; }
  constexpr bool is_empty() const { return bits_ == 0; }
  /// Of this set among all sets.
  constexpr std::size_t index() const { return bits_; }
  constexpr void add(Mode mode) { bits_ |= ModeSet(mode).bits_; }
  friend constexpr ModeSet operator&(ModeSet a, ModeSet b) {
    return ModeSet(static_cast<std::uint8_t>(a.bits_ & b.bits_));
  }
  friend constexpr bool operator==(ModeSet, ModeSet) = default;

 private:
  explicit constexpr ModeSet(std::uint8_t bits) : bits_(bits) {}
  std::uint8_t bits_ = 0;
};

}  // namespace hdb
