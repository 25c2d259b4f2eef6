// WaitStrategy: how the loop waits for its next turn. By default it sleeps. It naps first when many answers
// are due, because a wake-up, a read and a hand-over cost the same for one statement as for ten. It spins
// when the next event is due sooner than a wake-up would take.
// Thread: I/O only; pure.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/clock.hpp"

namespace hdb {

class WaitStrategy {
 public:
  /// `processors`: how many this process may use.
  explicit WaitStrategy(unsigned processors) : processors_(processors) {}

  void sent(TimePoint now) {
    if (in_flight_++ == 0) learn(gap_, std::min<Duration>(now - answered_at_, kLongestGap), 8);
  }
  void answered(TimePoint now, Duration took) {
    --in_flight_;
    answered_at_ = now;
    learn(answer_, took, 16);
  }
  void lost(std::size_t count) { in_flight_ -= count; }

  /// True if this turn may bring more. The last answer is not delayed by polling for others.
  bool expects_more() const { return in_flight_ > 0; }

  /// How long to sleep before polling again. It pays only with many statements in flight, where a pause that
  /// is short compared with a statement goes unnoticed.
  Duration nap() const {
    if (in_flight_ < kFewestForNap) return Duration::zero();
    return std::min<Duration>(answer_ / 8, kLongestNap);
  }

  /// How long to spin before sleeping. Never with enough statements in flight that a local server or
  /// JavaScript may need the processor, and never where naps pay.
  Duration spin() const {
    if (processors_ < 2 || in_flight_ >= processors_ || in_flight_ >= kFewestForNap) return Duration::zero();
    const Duration next = in_flight_ == 0 ? gap_ : answer_;
    return next <= kMoment ? 2 * next : Duration::zero();
  }

 private:
  static constexpr std::size_t kFewestForNap = 16;
  static constexpr std::chrono::microseconds kLongestNap{250};
  static constexpr std::chrono::microseconds kMoment{100};
  /// One pause of the application ends the spinning; a few short gaps start it again.
  static constexpr std::chrono::milliseconds kLongestGap{2};

  static void learn(Duration& average, Duration sample, int weight) {
    average += (sample - average) / weight;
  }

  unsigned processors_;
  std::size_t in_flight_ = 0;
  Duration answer_{};           // from sending to the answer, on the average
  Duration gap_ = kLongestGap;  // from an answer to the next request, with none in flight
  TimePoint answered_at_{};
};

}  // namespace hdb
