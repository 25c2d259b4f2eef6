// Waiters: claims that wait for a session, first come first served, each with its deadline.
// Thread: I/O only.  Owner: PoolCore.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <utility>

#include "base/lifetime.hpp"
#include "loop/loop.hpp"
#include "pool/claim.hpp"
#include "pool/mode_set.hpp"

namespace hdb {

class Waiters {
 public:
  /// `expired(claim, aborted)` gets a claim whose deadline passed or whose token was cancelled.
  using Expired = std::function<void(std::unique_ptr<Claim>, bool)>;

  Waiters(Loop& loop, Expired expired)
      : loop_(loop),
        expired_(std::move(expired)),
        queues_{Queue(*this), Queue(*this), Queue(*this), Queue(*this)} {}

  std::size_t size() const { return size_; }
  bool is_empty() const { return size_ == 0; }
  std::size_t count(Mode mode) const { return queue_of(mode).claims.size(); }
  /// Approximate memory that they hold.
  std::size_t bytes() const { return bytes_; }

  /// `in_front`: it was served before and came back through no fault of its own.
  void push(std::unique_ptr<Claim> claim, bool in_front) {
    Claim& pushed = *claim;
    Queue& queue = queue_of(pushed.mode);
    bytes_ += pushed.bytes();
    ++size_;
    pushed.turn_ = in_front ? --first_turn_ : ++last_turn_;
    // Nearly all have the same time limit: then one timer, for the first, is enough.
    const TimePoint until = pushed.wait_until();
    if (queue.claims.empty()) queue.latest = until;
    const bool in_order = queue.claims.empty() || (in_front ? !queue.claims.front()->timer_ &&
                                                                  until <= queue.claims.front()->wait_until()
                                                            : until >= queue.latest);
    pushed.place_ =
        queue.claims.insert(in_front ? queue.claims.begin() : queue.claims.end(), std::move(claim));
    if (in_order) {
      queue.latest = std::max(queue.latest, until);
      queue.wake_by(until);
    } else {
      pushed.timer_ = {loop_.timers(), until, [this, &pushed] { expire(pushed, false); }};
    }
    if (pushed.token) watch(pushed);
  }

  /// The oldest waiter of these modes, or null.
  Claim* first(ModeSet modes) const {
    Claim* found = nullptr;
    for (const Mode mode : kModes) {
      const Queue& queue = queue_of(mode);
      if (!modes.has(mode) || queue.claims.empty()) continue;
      Claim* claim = queue.claims.front().get();
      if (found == nullptr || claim->turn_ < found->turn_) found = claim;
    }
    return found;
  }
  std::unique_ptr<Claim> take(Claim& claim) {
    std::unique_ptr<Claim> taken = std::move(*claim.place_);
    queue_of(claim.mode).claims.erase(claim.place_);
    claim.timer_ = {};
    if (claim.watched_) {
      *std::exchange(claim.watched_, nullptr) = nullptr;
      claim.token.subscribe(nullptr);
    }
    bytes_ -= claim.bytes();
    --size_;
    return taken;
  }
  std::unique_ptr<Claim> take_first(ModeSet modes) {
    Claim* claim = first(modes);
    return claim != nullptr ? take(*claim) : nullptr;
  }

  /// Holds a claim back until `when`; `then` gets it back.
  template <class F>
  void hold(std::unique_ptr<Claim> claim, TimePoint when, F then) {
    const auto at = held_.insert(held_.end(), Held{std::move(claim), {}});
    at->timer = {loop_.timers(), when, [this, at, then = std::move(then)] {
                   std::unique_ptr<Claim> due = std::move(at->claim);
                   held_.erase(at);
                   then(std::move(due));
                 }};
  }
  std::size_t held() const { return held_.size(); }
  /// Fails all, including those that arrive meanwhile.
  void fail_all(const Error& why) {
    while (auto claim = take_first(ModeSet::all())) claim->fail(why);
    for (Held& held : std::exchange(held_, {})) held.claim->fail(why);
  }

 private:
  struct Held {
    std::unique_ptr<Claim> claim;
    OneShot timer;
  };
  struct Queue {
    explicit Queue(Waiters& waiters)
        : timer(waiters.loop_.timers(), [this, &waiters] { waiters.expire_due(*this); }) {}
    /// The timer may fire early; then it is armed again.
    void wake_by(TimePoint due) {
      if (due < timer.due()) timer.arm(due);
    }
    std::list<std::unique_ptr<Claim>> claims;
    TimePoint latest{};  // latest deadline of the claims without a timer
    Timer timer;
  };

  Queue& queue_of(Mode mode) { return queues_[index_of(mode)]; }
  const Queue& queue_of(Mode mode) const { return queues_[index_of(mode)]; }

  void expire_due(Queue& queue) {
    const TimePoint now = loop_.now();
    const Lifetime::Watch alive = life_.watch();
    for (auto at = queue.claims.begin(); at != queue.claims.end();) {
      Claim& claim = **at;
      if (claim.timer_) {
        ++at;
      } else if (claim.wait_until() > now) {
        queue.wake_by(claim.wait_until());
        return;
      } else {
        expire(claim, false);
        if (!alive) return;
        at = queue.claims.begin();
      }
    }
  }

  void expire(Claim& claim, bool aborted) { expired_(take(claim), aborted); }

  void watch(Claim& claim) {
    claim.watched_ = std::make_shared<Claim*>(&claim);
    claim.token.subscribe([this, watched = claim.watched_, &loop = loop_, alive = life_.watch()] {
      loop.post([this, watched, alive] {
        if (alive && *watched != nullptr) expire(**watched, true);
      });
    });
  }

  Loop& loop_;
  Expired expired_;
  std::array<Queue, kModes.size()> queues_;
  std::list<Held> held_;
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
  std::int64_t first_turn_ = 0;
  std::int64_t last_turn_ = 0;
  Lifetime life_;
};

}  // namespace hdb
