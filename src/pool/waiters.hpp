// Waiters: claims that wait for a session, first come first served, each with its deadline.
// Thread: I/O only.  Owner: PoolCore.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <utility>

#include "loop/loop.hpp"
#include "pool/claim.hpp"

namespace hdb {

class Waiters {
 public:
  /// `expired(claim, aborted)` gets a claim whose deadline passed or whose token was cancelled.
  using Expired = std::function<void(std::unique_ptr<Claim>, bool)>;

  Waiters(Loop& loop, Expired expired) : loop_(loop), expired_(std::move(expired)) {}
  ~Waiters() { *alive_ = false; }

  std::size_t size() const { return queue_.size(); }
  bool is_empty() const { return queue_.empty(); }
  /// What all of them hold in memory, roughly.
  std::size_t bytes() const { return bytes_; }

  /// `in_front`: it was served before and came back through no fault of its own.
  void push(std::unique_ptr<Claim> claim, bool in_front) {
    bytes_ += claim->bytes();
    const auto at = in_front ? queue_.begin() : queue_.end();
    const auto entry = queue_.insert(at, std::make_unique<Entry>(*this, std::move(claim)));
    (*entry)->self = entry;
    (*entry)->timer.arm((*entry)->claim->wait_until());
    if ((*entry)->claim->token) watch(**entry);
  }

  /// Takes out the first claim that `fits`, null if there is none.
  template <class F>
  std::unique_ptr<Claim> take_first(F fits) {
    for (auto& entry : queue_) {
      if (fits(*entry->claim)) return take(*entry);
    }
    return nullptr;
  }
  /// Calls `f` for each claim in order, until it returns false.
  template <class F>
  void each(F f) const {
    for (const auto& entry : queue_) {
      if (!f(*entry->claim)) return;
    }
  }

 private:
  struct Entry {
    Entry(Waiters& waiters, std::unique_ptr<Claim> c)
        : claim(std::move(c)), timer(waiters.loop_.timers(), [this, &waiters] { waiters.expire(*this, false); }) {}
    std::unique_ptr<Claim> claim;
    Timer timer;
    std::list<std::unique_ptr<Entry>>::iterator self;
  };

  std::unique_ptr<Claim> take(Entry& entry) {
    std::unique_ptr<Claim> claim = std::move(entry.claim);
    claim->token.subscribe(nullptr);
    bytes_ -= claim->bytes();
    queue_.erase(entry.self);
    return claim;
  }

  void expire(Entry& entry, bool aborted) { expired_(take(entry), aborted); }

  void watch(Entry& entry) {
    Claim* const claim = entry.claim.get();
    claim->token.subscribe([this, claim, &loop = loop_, alive = alive_] {
      loop.post([this, claim, alive] {
        if (!*alive) return;
        for (auto& candidate : queue_) {
          if (candidate->claim.get() != claim) continue;
          expire(*candidate, true);
          return;
        }
      });
    });
  }

  Loop& loop_;
  Expired expired_;
  std::list<std::unique_ptr<Entry>> queue_;
  std::size_t bytes_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace hdb
