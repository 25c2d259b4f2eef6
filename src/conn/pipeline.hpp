// Pipeline: what is in flight on one session, in the order in which it is answered, and what has left of it.
// Thread: I/O only.  Owner: Connection.
// Not here: what is sent for a request (statement_run.hpp), when one is given up (cancel_flow.hpp).
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <utility>

#include "base/clock.hpp"
#include "conn/flight.hpp"
#include "loop/loop.hpp"
#include "pq/session.hpp"

namespace hdb {

class Pipeline {
 public:
  explicit Pipeline(Loop& loop) : loop_(loop) {}

  void open(pq::Session& session) { session_ = &session; }
  /// The session is over: what was in flight on it.
  std::deque<std::unique_ptr<Flight>> close();

  bool is_empty() const { return queue_.empty(); }
  std::size_t size() const { return queue_.size(); }
  Flight& operator[](std::size_t index) const { return *queue_[index]; }
  Flight& front() const { return *queue_.front(); }
  const Flight& newest() const { return *queue_.back(); }

  /// Ends what was sent for it with a Sync.
  void push(std::unique_ptr<Flight> flight);
  std::unique_ptr<Flight> take_front();
  /// Nothing more is sent behind it.
  void isolate(Flight& flight);
  /// May something be sent behind what is in flight?
  bool takes_more(TimePoint now) const;
  /// Of all that is in flight; null if they differ, or if the caller of one may give it up.
  const StatementInfo* common_text() const { return queue_.empty() ? nullptr : common_text_; }

  /// Its caller is told before it has ended.
  std::unique_ptr<Request> take_told(Flight& flight);
  /// Is there one whose caller was told?
  bool runs_on() const { return told_ > 0; }

  /// The server has answered something.
  void heard() { heard_at_ = loop_.now(); }
  /// When it last did; no earlier than the oldest that is in flight.
  TimePoint heard_at() const { return heard_at_; }
  /// No round trip takes longer: the shortest answer so far.
  Duration round_trip() const { return round_trip_; }

  /// What is sent in one turn leaves together, at its end. True: that is still to be arranged.
  bool want_flush() { return !std::exchange(flush_wanted_, true); }
  bool is_flush_wanted() const { return flush_wanted_; }
  void flush();
  /// A statement whose Sync may have left may have been committed.
  void note_what_left();
  /// What is answered has left, though the turn may not be over in which it was sent.
  static void note_answered(Flight& flight);

 private:
  Loop& loop_;
  pq::Session* session_ = nullptr;
  std::deque<std::unique_ptr<Flight>> queue_;
  std::size_t told_ = 0;                        // flights in it whose callers were told
  std::size_t exclusive_ = 0;                   // flights in it behind which nothing is sent
  const StatementInfo* common_text_ = nullptr;  // of all in it; only to be compared
  TimePoint heard_at_{};
  Duration round_trip_ = Duration::max() / 4;
  bool flush_wanted_ = false;
};

}  // namespace hdb
