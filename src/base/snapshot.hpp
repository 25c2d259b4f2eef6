// Snapshot: the latest immutable value, published by one thread, readable from any.
// Gauge: the same for one number.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace hdb {

/// Keeps the value alive. It must be named before it is dereferenced: a temporary would be destroyed before
/// the first iteration of a range-for over what it points to.
template <class T>
class Held : public std::shared_ptr<const T> {
 public:
  explicit Held(std::shared_ptr<const T> value) : std::shared_ptr<const T>(std::move(value)) {}
  const T& operator*() const& { return *this->get(); }
  const T* operator->() const& { return this->get(); }
  const T& operator*() const&& = delete;
  const T* operator->() const&& = delete;
};

template <class T>
class Snapshot {
 public:
  void publish(std::shared_ptr<const T> value) {
    const std::lock_guard lock(mutex_);
    value_.swap(value);
  }
  /// Null before the first publication.
  Held<T> read() const {
    const std::lock_guard lock(mutex_);
    return Held<T>(value_);
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
