// Connection's time limits: the deadline or signal of a request, its cancel on the server, and what its
// caller is told when that takes long. Not here: what is sent and answered (connection.cpp).
#include <algorithm>
#include <utility>

#include "conn/connection.hpp"

namespace hdb {

namespace {

/// How long a cancel may take at least before its caller is told without it.
constexpr milliseconds kLeastPatience{250};

}  // namespace

/// The timer may be early: then it looks again. Moving it with every answer would cost more than that.
void Connection::arm_timer() {
  wake_by(cancel_until_);
  if (queue_.empty()) return;
  const Flight& newest = *queue_.back();
  if (newest.request && !newest.cancelled_as) wake_by(newest.request->deadline);
  if (!silence_told_) wake_by(after(heard_at_, config_.suspect_after));
  if (silence_told_ && !unheard_told_) wake_by(after(loop_.now(), config_.suspect_after));
}

void Connection::wake_by(TimePoint due) {
  if (due < timer_.due()) timer_.arm(due);
}

void Connection::on_timer() {
  const TimePoint now = loop_.now();
  if (!is_accepted_) {
    const std::string limit =
        " within the connect timeout (" + std::to_string(config_.connect_timeout.count()) + " ms).";
    if (state_ == ConnectionState::kDialing && !dialer_) {
      Error error = Error::make(ErrorKind::kConnect,
                                "The function `password` gave no answer for " + host().text() + limit);
      error.code = "EAUTH";
      shut(std::move(error));
    } else {
      Error error = Error::make(ErrorKind::kConnect, "No answer from " + host().text() + limit);
      error.code = "ETIMEDOUT";
      shut(std::move(error));
    }
    return;
  }
  if (now >= cancel_until_) {
    shut(Error::make(ErrorKind::kConnectionLost,
                     "The server " + host().text() + " did not end a cancelled statement within " +
                         std::to_string(config_.cancel_timeout.count()) + " ms."));
    return;
  }
  const std::shared_ptr<bool> alive = alive_;
  give_up_overdue(now);
  if (state_ != ConnectionState::kClosed) tell_overdue(now);
  if (!*alive || state_ == ConnectionState::kClosed) return;
  if (!queue_.empty() && now >= after(heard_at_, config_.suspect_after)) {
    // Told once; and once more when nothing acknowledges what was sent.
    const bool is_silence_news = !std::exchange(silence_told_, true);
    const bool is_unheard_news = !unheard_told_ && is_unheard();
    if (is_unheard_news) unheard_told_ = true;
    if (is_silence_news || is_unheard_news) owner_.on_silent(*this);
    if (state_ == ConnectionState::kClosed) return;
  }
  for (const auto& flight : queue_) {
    if (flight->request) wake_by(flight->cancelled_as ? flight->tell_by : flight->request->deadline);
  }
  for (const auto& request : held_back_) wake_by(request->deadline);
  arm_timer();
}

void Connection::give_up_overdue(TimePoint now) {
  for (std::size_t i = 0; i < queue_.size(); ++i) {
    Flight& flight = *queue_[i];
    if (flight.request && !flight.cancelled_as && now >= flight.request->deadline)
      give_up(flight, ErrorKind::kTimeout);  // which may close the session
  }
}

void Connection::give_up_aborted() {
  for (std::size_t i = 0; i < queue_.size(); ++i) {
    Flight& flight = *queue_[i];
    if (flight.request && !flight.cancelled_as && flight.request->token.is_cancelled())
      give_up(flight, ErrorKind::kAborted);
  }
}

/// Who was told may close the session, or destroy it.
void Connection::tell_overdue(TimePoint now) {
  const std::shared_ptr<bool> alive = alive_;
  for (std::size_t i = 0; *alive && i < queue_.size(); ++i) {
    Flight& flight = *queue_[i];
    if (flight.request && flight.cancelled_as && now >= flight.tell_by) tell(flight);
  }
  for (std::size_t i = 0; *alive && i < held_back_.size();) {
    if (now < held_back_[i]->deadline) {
      ++i;
      continue;
    }
    auto request = std::move(held_back_[i]);
    held_back_.erase(held_back_.begin() + static_cast<std::ptrdiff_t>(i));
    Error error = cancelled_error(ErrorKind::kTimeout, outcome_of_loss(Phase::kQueued, request->scope));
    hand_back(std::move(request), std::move(error));
  }
}

/// The caller is told what is known now; the session goes on waiting for the statement.
void Connection::tell(Flight& flight) {
  const Request& request = *flight.request;
  if (request.phase() == Phase::kSent || request.phase() == Phase::kQueued) {
    // Some of it still waits in our buffers: it has not run only if it never leaves.
    shut(cancelled_error(*flight.cancelled_as, Outcome::kNotSent));
    return;
  }
  Error error = flight.error && !ends_session(*flight.error)
                    ? error_of(flight)
                    : cancelled_error(*flight.cancelled_as, outcome_of_loss(request.phase(), request.scope));
  flight.is_told = true;
  ++told_;
  hand_back(std::move(flight.request), std::move(error));
}

Duration Connection::patience() const { return std::max<Duration>(kLeastPatience, 4 * round_trip_); }

/// A statement that was given up has ended; those behind it may have time limits of their own.
void Connection::bound_cancels() {
  if (stopping_ || cancelling_) return;  // these are bounded themselves
  cancel_until_ = kNever;
  for (const auto& flight : queue_) cancel_until_ = std::min(cancel_until_, flight->cancel_by);
}

void Connection::watch_token(Flight& flight) {
  if (!flight.request->token) return;
  flight.request->token.subscribe([this, &loop = loop_, alive = alive_] {
    // By then it may have been answered, and others be in flight.
    loop.post([this, alive] {
      if (!*alive) return;
      give_up_aborted();
      if (state_ != ConnectionState::kClosed && is_accepted_) arm_timer();
    });
  });
}

/// The caller waits no longer for this request.
void Connection::give_up(Flight& flight, ErrorKind kind) {
  flight.cancelled_as = kind;
  forbid_company(flight);
  if (flight.request->scope == Scope::kCommit) {
    // Never cancelled: a COMMIT that waits for its standby would answer with success. The session is
    // dropped, and what happened is open.
    Error error = cancelled_error(kind, Outcome::kUnknown);
    shut(std::move(error));
    return;
  }
  // From its deadline on, however late it was sent or the loop came to look.
  const TimePoint since = kind == ErrorKind::kTimeout ? flight.request->deadline : loop_.now();
  flight.cancel_by = after(since, config_.cancel_timeout);
  cancel_until_ = std::min(cancel_until_, flight.cancel_by);
  if (kind == ErrorKind::kTimeout || kind == ErrorKind::kAborted) {
    flight.tell_by = since + patience();
    wake_by(flight.tell_by);
  }
  // A cancel hits whatever the server runs when it arrives: it is sent only while that can be nothing
  // but this. With others in flight the request is waited for, and nothing more is sent behind it.
  if (queue_.size() == 1) send_cancel(flight);
}

void Connection::send_cancel(Flight& flight) {
  if (cancelling_) return;
  move(ConnectionEvent::kCancel);
  cancelling_ = true;
  config_.meters->cancels.add();
  if (flush_wanted_) session_->flush();  // there must be something to cancel
  cancel_until_ = flight.cancel_by;
  session_->cancel([this, alive = alive_](const std::string&) {
    if (!*alive || state_ == ConnectionState::kClosed) return;
    // The statement may still be running when the request was refused; its own answer or the time
    // limit ends the wait.
    cancelling_ = false;
    settle();
    if (*alive && state_ != ConnectionState::kClosed) arm_timer();
  });
}

Error Connection::cancelled_error(ErrorKind kind, Outcome outcome) const {
  if (stopping_ && kind == stopping_->kind) {
    Error error = *stopping_;
    error.outcome = outcome;
    error.host = host().text();
    return error;
  }
  Error error = kind == ErrorKind::kTimeout
                    ? Error::make(kind, "The time limit of the call passed while its statement ran.", outcome)
                    : Error::make(kind, "The call was aborted while its statement ran.", outcome);
  error.code = kind == ErrorKind::kTimeout ? "ETIMEDOUT" : "ABORT_ERR";
  error.host = host().text();
  return error;
}

}  // namespace hdb
