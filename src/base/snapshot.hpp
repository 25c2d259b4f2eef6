// Snapshot: the latest immutable value, published by one thread, readable from any.
// Gauge: the same for one number.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace hdb {

template <class T>
class Snapshot {
 public:
  void publish(std::shared_ptr<const T> value) {
    const std::lock_guard lock(mutex_);
    value_.swap(value);
  }
  /// Null before the first publication.
  std::shared_ptr<const T> read() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

class Gauge {
 public:
  void set(std::int32_t value) { value_.store(value, std::memory_order_relaxed); }
  std::int32_t read() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int32_t> value_{0};
};

}  // namespace hdb
