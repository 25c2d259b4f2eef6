// Coalescer: how long the loop may wait before its next turn, so that more answers and more requests come
// together. A wake-up, a read and a hand-over cost the same for one statement as for ten. Thread: I/O only;
// pure over what it is told.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/clock.hpp"

namespace hdb {

class Coalescer {
 public:
  void sent() { ++in_flight_; }
  void answered(Duration took) {
    --in_flight_;
    average_ += (took - average_) / 16;
  }
  void lost(std::size_t count) { in_flight_ -= count; }

  /// With few statements in flight nothing would come together. With many, a wait that is short next to what
  /// a statement takes anyway goes unnoticed.
  Duration pause() const {
    if (in_flight_ < kFewest) return Duration::zero();
    return std::min<Duration>(average_ / 8, kLongest);
  }

 private:
  static constexpr std::size_t kFewest = 16;
  static constexpr std::chrono::microseconds kLongest{250};
  std::size_t in_flight_ = 0;
  Duration average_{};
};

}  // namespace hdb
