// BasicCompletion: the other end of a promise. Settles exactly once.
// Thread: move-only; may be settled on any thread. Dropping it settles it as broken, so that no
// promise can be forgotten.
#pragma once

#include <memory>
#include <utility>

#include "base/result.hpp"

namespace hdb {

/// Makes the error of a completion that was dropped without being settled; specialised by the
/// owner of the error type.
template <class E>
struct Broken;

/// Memory that the caller's thread allocated. It travels back with the answer, because freeing is cheapest on
/// the allocating thread.
class Baggage {
 public:
  virtual ~Baggage() = default;
};

/// Where a completion delivers. Node's side queues to an environment; tests collect.
template <class T, class E>
class CompletionSink {
 public:
  virtual ~CompletionSink() = default;
  /// `self` is this sink: it may live on until the answer has arrived.
  virtual void settle(Result<T, E> result, std::unique_ptr<Baggage> baggage,
                      std::unique_ptr<CompletionSink> self) = 0;
  /// True if it can process parts of an answer before the rest has arrived.
  virtual bool takes_parts() const { return false; }
  virtual void progress(T) {}
};

template <class T, class E>
class BasicCompletion {
 public:
  BasicCompletion() = default;
  explicit BasicCompletion(std::unique_ptr<CompletionSink<T, E>> sink) : sink_(std::move(sink)) {}
  BasicCompletion(BasicCompletion&&) noexcept = default;
  BasicCompletion& operator=(BasicCompletion&& other) noexcept {
    drop();
    sink_ = std::move(other.sink_);
    return *this;
  }
  BasicCompletion(const BasicCompletion&) = delete;
  BasicCompletion& operator=(const BasicCompletion&) = delete;
  ~BasicCompletion() { drop(); }

  explicit operator bool() const { return sink_ != nullptr; }

  void settle(Result<T, E> result, std::unique_ptr<Baggage> baggage = nullptr) {
    HDB_CHECK(sink_ != nullptr);
    auto& sink = *sink_;
    sink.settle(std::move(result), std::move(baggage), std::move(sink_));
  }
  void resolve(T value, std::unique_ptr<Baggage> baggage = nullptr) {
    settle(Result<T, E>(std::move(value)), std::move(baggage));
  }
  bool takes_parts() const { return sink_ != nullptr && sink_->takes_parts(); }
  /// Delivers part of the answer; `resolve` delivers the rest. The promise settles only then.
  void progress(T part) {
    HDB_CHECK(sink_ != nullptr);
    sink_->progress(std::move(part));
  }
  void reject(E error) { settle(Result<T, E>(Fail<E>(std::move(error)))); }

 private:
  void drop() {
    if (sink_) reject(Broken<E>::make());
  }

  std::unique_ptr<CompletionSink<T, E>> sink_;
};

namespace detail {
template <class T, class E, class F>
class FunctionSink final : public CompletionSink<T, E> {
 public:
  explicit FunctionSink(F f) : f_(std::move(f)) {}
  void settle(Result<T, E> result, std::unique_ptr<Baggage>, std::unique_ptr<CompletionSink<T, E>>) override {
    f_(std::move(result));
  }

 private:
  F f_;
};
}  // namespace detail

/// A completion that calls `f(Result<T, E>)`.
template <class T, class E, class F>
BasicCompletion<T, E> completion_from(F f) {
  return BasicCompletion<T, E>(std::make_unique<detail::FunctionSink<T, E, F>>(std::move(f)));
}

}  // namespace hdb
