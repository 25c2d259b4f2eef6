// Turn: what one turn of the I/O thread has for other threads, delivered together at the turn's end: one lock
// and one wake-up for all of it.
// Thread: the one that made it; `current()` is null on every other thread.
#pragma once

#include <memory>
#include <utility>
#include <vector>

namespace hdb {

class Turn {
 public:
  /// What the turn has for one addressee.
  class Batch {
   public:
    explicit Batch(const void* addressee) : addressee_(addressee) {}
    virtual ~Batch() = default;
    virtual void deliver() = 0;

   private:
    friend class Turn;
    const void* addressee_;
  };

  Turn() { current_ = this; }
  ~Turn() { current_ = nullptr; }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  static Turn* current() { return current_; }

  /// The batch for `addressee`; `make()` gives an empty one when the turn has none for it yet.
  template <class B, class Make>
  B& batch_for(const void* addressee, Make make) {
    for (const auto& batch : batches_) {
      if (batch->addressee_ == addressee) return static_cast<B&>(*batch);
    }
    batches_.push_back(make());
    return static_cast<B&>(*batches_.back());
  }
  void end() {
    // Delivering may destroy something that posts once more.
    while (!batches_.empty()) {
      for (const auto& batch : std::exchange(batches_, {})) batch->deliver();
    }
  }

 private:
  static inline thread_local Turn* current_ = nullptr;
  std::vector<std::unique_ptr<Batch>> batches_;
};

}  // namespace hdb
