// WaitStrategy: how the loop waits for its next turn. Asleep, as a rule. After a nap where many answers are
// on their way: a wake-up, a read and a hand-over cost the same for one statement as for ten. Awake where the
// next thing comes in a moment: being woken would take longer. Thread: I/O only; pure over what it is told.
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

  /// May there be more for this turn? The last answer is not held up by a look for others.
  bool expects_more() const { return in_flight_ > 0; }

  /// How long to sleep before looking again. With few statements in flight nothing would come together. With
  /// many, a wait that is short next to what a statement takes anyway goes unnoticed.
  Duration nap() const {
    if (in_flight_ < kFewestForNap) return Duration::zero();
    return std::min<Duration>(answer_ / 8, kLongestNap);
  }

  /// How long to keep looking before falling asleep. Not with so many statements in flight that a server on
  /// this machine, or the JavaScript that asks, may need the processor; and not where naps pay.
  Duration spin() const {
    if (processors_ < 2 || in_flight_ >= processors_ || in_flight_ >= kFewestForNap) return Duration::zero();
    const Duration next = in_flight_ == 0 ? gap_ : answer_;
    return next <= kMoment ? 2 * next : Duration::zero();
  }

 private:
  static constexpr std::size_t kFewestForNap = 16;
  static constexpr std::chrono::microseconds kLongestNap{250};
  static constexpr std::chrono::microseconds kMoment{100};
  /// So that one pause of the application ends the spinning, and a few short ones begin it.
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
