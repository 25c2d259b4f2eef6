// Counter, Meter: what is counted and how long it took. Written by one thread, readable from any.
// Cheap enough to be always on: a relaxed load and store each, no lock, no read-modify-write.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace hdb {

class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.store(read() + n, std::memory_order_relaxed); }
  std::uint64_t read() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// Durations, by the bucket that each falls into.
class Meter {
 public:
  /// Upper bounds in microseconds. Those that OpenTelemetry advises for databases are among them.
  static constexpr std::array<std::int64_t, 15> kBounds{250,    500,     1000,    2500,    5000,
                                                        10000,  25000,   50000,   100000,  250000,
                                                        500000, 1000000, 2500000, 5000000, 10000000};

  void record(std::chrono::nanoseconds took) {
    const std::int64_t ns = took.count() > 0 ? took.count() : 0;
    std::size_t i = 0;  // nearly all are short
    while (i < kBounds.size() && ns > kBounds[i] * 1000) ++i;
    buckets_[i].add();
    sum_.add(static_cast<std::uint64_t>(ns));
  }
  std::uint64_t bucket(std::size_t i) const { return buckets_[i].read(); }
  double sum_ms() const { return static_cast<double>(sum_.read()) / 1e6; }

 private:
  std::array<Counter, kBounds.size() + 1> buckets_;  // the last: beyond all bounds
  Counter sum_;                                      // nanoseconds
};

}  // namespace hdb
