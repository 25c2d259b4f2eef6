// CancelFlow: the time limits of what is in flight on one session: the deadline or signal of each request,
// its cancel on the server, and what its caller is told when that takes long.
// Thread: I/O only.  Owner: Connection.
// Not here: the connect timeout (login.hpp), the cancel's own connection (pq/cancel.hpp).
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "base/lifetime.hpp"
#include "conn/connection_config.hpp"
#include "conn/pipeline.hpp"
#include "loop/timers.hpp"

namespace hdb {

class CancelFlow {
 public:
  /// Its connection.
  class Owner {
   public:
    virtual ~Owner() = default;
    /// A cancel goes out: nothing else may be sent before it has ended.
    virtual void on_cancelling() = 0;
    /// The cancel's own connection has ended.
    virtual void on_cancelled() = 0;
    /// What runs has been silent for `suspect_after`.
    virtual void on_silent() = 0;
    /// The session is to be closed.
    virtual void shut(Error why) = 0;
    /// Of a flight that the server has answered with an error.
    virtual Error error_of(const Flight& flight) const = 0;
  };

  CancelFlow(Loop& loop, Pipeline& pipeline, const ConnectionConfig& config, Owner& owner);

  void open(pq::Session& session) { session_ = &session; }
  /// The session is over.
  void close();

  /// Something is sent: its time begins.
  void on_send() { silence_ = Silence::kNone; }
  /// Looks at the signal of what was sent.
  void watch(Flight& flight);
  /// Looks again when the next limit passes.
  void arm();
  /// What runs has been silent for `suspect_after`, and nothing acknowledges what was sent.
  bool is_unheard() const;

  /// Its user has the answer and cannot know of the cancel's own connection, which may still hit whatever is
  /// sent now: the request waits.
  void hold_back(std::unique_ptr<Request> request);
  bool holds_back() const { return !held_back_.empty(); }
  std::unique_ptr<Request> take_held_back();
  void fail_held_back(const Error& why);

  /// What is in flight is cancelled, as if its callers had aborted it.
  void abort();
  /// All that is in flight is given up, and the session closes.
  void stop(Error why);
  /// Why the session closes when nothing is in flight any more; null: it does not.
  const Error* stopping() const { return stopping_ ? &*stopping_ : nullptr; }

  /// One has ended; those behind it may have been given up, and the one that is alone now is cancelled.
  void on_ended();
  /// Nothing is in flight. False: the cancel's own socket may still hit whatever is sent next.
  bool settle();
  /// What was just sent ends within the time that a cancel may take.
  void bound();

  Error error_of(ErrorKind kind, Outcome outcome) const;

 private:
  enum class Silence : std::uint8_t {
    kNone,         // it answers, as far as is known
    kTold,         // the owner knows
    kUnheardTold,  // and that nothing acknowledges what was sent
  };

  bool is_over() const { return session_ == nullptr; }
  void wake_by(TimePoint due);
  void on_due();
  void give_up(Flight& flight, ErrorKind kind);
  void bound_given_up();
  void give_up_all(ErrorKind kind);
  void give_up_aborted();
  template <class Matches>
  void give_up_where(ErrorKind kind, Matches matches);
  void give_up_overdue(TimePoint now);
  void tell_overdue(TimePoint now);
  void tell(Flight& flight);
  void tell_silence(TimePoint now);
  void send_cancel(Flight& flight);
  Duration patience() const;

  Loop& loop_;
  Pipeline& pipeline_;
  const ConnectionConfig& config_;
  Owner& owner_;
  pq::Session* session_ = nullptr;
  std::deque<std::unique_ptr<Request>> held_back_;  // until a cancel's own connection has ended
  bool is_out_ = false;                             // that connection has not ended
  std::optional<Error> stopping_;
  TimePoint until_ = kNever;  // when what was given up must have ended
  Silence silence_ = Silence::kNone;
  Timer timer_;
  Lifetime life_;
};

}  // namespace hdb
