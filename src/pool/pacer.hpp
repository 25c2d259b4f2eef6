// Pacer: how fast one host may be dialled: at most so many at a time, with back-off after failures.
// Thread: I/O only; pure over the time that it is told.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.hpp"
#include "base/random.hpp"

namespace hdb {

inline constexpr int kMaxConnecting = 2;
inline constexpr milliseconds kBackoffFirst{50};
inline constexpr milliseconds kBackoffLast{500};

class Pacer {
 public:
  bool may_dial(TimePoint now) const { return dialing_ < kMaxConnecting && now >= not_before_; }
  /// When a dial that is refused now may be tried; kNever while it waits for others to end.
  TimePoint next_try() const { return dialing_ < kMaxConnecting ? not_before_ : kNever; }
  int dialing() const { return dialing_; }

  void started() { ++dialing_; }
  void succeeded() {
    --dialing_;
    failures_ = 0;
    not_before_ = {};
  }
  void failed(TimePoint now, Random& random) {
    --dialing_;
    const auto longest =
        std::min<std::int64_t>(kBackoffLast.count(), kBackoffFirst.count() << std::min(failures_, 10));
    ++failures_;
    // Half fixed, half jitter: never at once, never all together.
    const auto delay =
        longest / 2 + static_cast<std::int64_t>(random.unit() * static_cast<double>(longest) / 2);
    not_before_ = now + milliseconds(delay);
  }
  void hold_until(TimePoint when) { not_before_ = std::max(not_before_, when); }

 private:
  int dialing_ = 0;
  int failures_ = 0;
  TimePoint not_before_{};
};

}  // namespace hdb
