// clock.hpp: monotonic time, injected so that tests own it. Wall-clock jumps never move a deadline.
// Thread: any.
#pragma once

#include <chrono>
#include <cstdint>

namespace hdb {

using SteadyClock = std::chrono::steady_clock;
using TimePoint = SteadyClock::time_point;
using Duration = SteadyClock::duration;
using std::chrono::milliseconds;

inline constexpr TimePoint kNever = TimePoint::max();

inline TimePoint after(TimePoint now, milliseconds delay) {
  return delay >= std::chrono::hours(24 * 365) ? kNever : now + delay;
}
inline std::int64_t ms_between(TimePoint from, TimePoint to) {
  return std::chrono::duration_cast<milliseconds>(to - from).count();
}
/// Coarse, and small enough for a Gauge.
inline std::int32_t seconds_of(TimePoint time) {
  return static_cast<std::int32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

}  // namespace hdb
