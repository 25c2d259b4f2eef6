#include "conn/cancel_flow.hpp"

#include <algorithm>
#include <utility>

namespace hdb {

namespace {

/// How long a cancel may take at least before its caller is told without it.
constexpr milliseconds kLeastPatience{250};

}  // namespace

CancelFlow::CancelFlow(Loop& loop, Pipeline& pipeline, const ConnectionConfig& config, Owner& owner)
    : loop_(loop), pipeline_(pipeline), config_(config), owner_(owner), timer_(loop.timers(), [this] {
        on_due();
      }) {}

void CancelFlow::close() {
  session_ = nullptr;
  timer_.disarm();
}

// ------------------------------------------------------------------------------------------ limits

/// The timer may be early: then it looks again. Moving it with every answer would cost more than that.
void CancelFlow::arm() {
  wake_by(until_);
  if (pipeline_.is_empty()) return;
  const Flight& newest = pipeline_.newest();
  if (newest.is_wanted()) wake_by(newest.request->deadline);
  if (silence_ == Silence::kNone) wake_by(after(pipeline_.heard_at(), config_.suspect_after));
  if (silence_ == Silence::kTold) wake_by(after(loop_.now(), config_.suspect_after));
}

void CancelFlow::wake_by(TimePoint due) {
  if (due < timer_.due()) timer_.arm(due);
}

void CancelFlow::on_due() {
  const TimePoint now = loop_.now();
  if (now >= until_) {
    owner_.shut(Error::make(ErrorKind::kConnectionLost, "The server " + config_.host.text() +
                                                            " did not end a cancelled statement within " +
                                                            std::to_string(config_.cancel_timeout.count()) +
                                                            " ms."));
    return;
  }
  const Lifetime::Watch alive = life_.watch();
  give_up_overdue(now);
  if (alive && !is_over()) tell_overdue(now);
  if (alive && !is_over()) tell_silence(now);
  if (!alive || is_over()) return;
  for (std::size_t i = 0; i < pipeline_.size(); ++i) {
    const Flight& flight = pipeline_[i];
    if (flight.request) wake_by(flight.cancelled_as ? flight.tell_by : flight.request->deadline);
  }
  for (const auto& request : held_back_) wake_by(request->deadline);
  arm();
}

template <class Matches>
void CancelFlow::give_up_where(ErrorKind kind, Matches matches) {
  for (std::size_t i = 0; i < pipeline_.size(); ++i) {
    Flight& flight = pipeline_[i];
    if (flight.is_wanted() && matches(*flight.request)) give_up(flight, kind);  // which may close the session
  }
}

void CancelFlow::give_up_overdue(TimePoint now) {
  give_up_where(ErrorKind::kTimeout, [now](const Request& request) { return now >= request.deadline; });
}

void CancelFlow::give_up_all(ErrorKind kind) {
  give_up_where(kind, [](const Request&) { return true; });
}

void CancelFlow::give_up_aborted() {
  give_up_where(ErrorKind::kAborted, [](const Request& request) { return request.token.is_cancelled(); });
}

/// Who was told may close the session, or destroy it.
void CancelFlow::tell_overdue(TimePoint now) {
  const Lifetime::Watch alive = life_.watch();
  for (std::size_t i = 0; alive && i < pipeline_.size(); ++i) {
    Flight& flight = pipeline_[i];
    if (flight.request && flight.cancelled_as && now >= flight.tell_by) tell(flight);
  }
  for (std::size_t i = 0; alive && i < held_back_.size();) {
    if (now < held_back_[i]->deadline) {
      ++i;
      continue;
    }
    auto request = std::move(held_back_[i]);
    held_back_.erase(held_back_.begin() + static_cast<std::ptrdiff_t>(i));
    Error error = error_of(ErrorKind::kTimeout, outcome_of_loss(Phase::kQueued, request->scope));
    hand_back(std::move(request), Fail(std::move(error)));
  }
}

/// The caller is told what is known now; the session goes on waiting for the statement.
void CancelFlow::tell(Flight& flight) {
  const Phase phase = flight.request->phase();
  if (phase == Phase::kSent || phase == Phase::kQueued) {
    // Some of it still waits in our buffers: it has not run only if it never leaves.
    owner_.shut(error_of(*flight.cancelled_as, Outcome::kNotSent));
    return;
  }
  const auto& reported = flight.answer.error;
  Error error = reported && !ends_session(*reported)
                    ? owner_.error_of(flight)
                    : error_of(*flight.cancelled_as, outcome_of_loss(phase, flight.request->scope));
  hand_back(pipeline_.take_told(flight), Fail(std::move(error)));
}

/// Once; and once more when nothing acknowledges what was sent.
void CancelFlow::tell_silence(TimePoint now) {
  if (pipeline_.is_empty() || now < after(pipeline_.heard_at(), config_.suspect_after)) return;
  const Silence before = silence_;
  if (silence_ == Silence::kNone) silence_ = Silence::kTold;
  if (silence_ == Silence::kTold && is_unheard()) silence_ = Silence::kUnheardTold;
  if (silence_ != before) owner_.on_silent();
}

bool CancelFlow::is_unheard() const {
  return silence_ != Silence::kNone && !pipeline_.is_empty() && session_->is_unacknowledged();
}

// ----------------------------------------------------------------------------------------- cancels

void CancelFlow::watch(Flight& flight) {
  if (!flight.request || !flight.request->token) return;
  flight.request->token.subscribe([this, &loop = loop_, alive = life_.watch()] {
    // By then it may have been answered, and others be in flight.
    loop.post([this, alive] {
      if (!alive) return;
      give_up_aborted();
      if (alive && !is_over()) arm();
    });
  });
}

/// The caller waits no longer for this request.
void CancelFlow::give_up(Flight& flight, ErrorKind kind) {
  flight.cancelled_as = kind;
  pipeline_.isolate(flight);
  if (flight.request->scope == Scope::kCommit) {
    // Never cancelled: a COMMIT that waits for its standby would answer with success. The session is dropped,
    // and what happened is open.
    owner_.shut(error_of(kind, Outcome::kUnknown));
    return;
  }
  // From its deadline on, however late it was sent or the loop came to look.
  const TimePoint since = kind == ErrorKind::kTimeout ? flight.request->deadline : loop_.now();
  flight.cancel_by = after(since, config_.cancel_timeout);
  bound_given_up();
  // Whoever waits for the end of a pool keeps his own time limit.
  const TimePoint tell_from = kind == ErrorKind::kAborted ? since : flight.request->deadline;
  if (tell_from != kNever) flight.tell_by = tell_from + patience();
  wake_by(flight.tell_by);
  // A cancel hits whatever the server runs when it arrives: it is sent only while that can be nothing but
  // this. With others in flight the request is waited for, and nothing more is sent behind it.
  if (pipeline_.size() == 1) send_cancel(flight);
}

Duration CancelFlow::patience() const {
  return std::max<Duration>(kLeastPatience, 4 * pipeline_.round_trip());
}

void CancelFlow::send_cancel(Flight& flight) {
  if (is_out_) return;
  owner_.on_cancelling();
  is_out_ = true;
  config_.meters->cancels.add();
  if (pipeline_.is_flush_wanted()) session_->flush();  // there must be something to cancel
  until_ = flight.cancel_by;
  session_->cancel([this, alive = life_.watch()](const std::string&) {
    if (!alive || is_over()) return;
    // The statement may still be running when the request was refused; its own answer or the time limit ends
    // the wait.
    is_out_ = false;
    owner_.on_cancelled();
    if (alive && !is_over()) arm();
  });
}

/// How long the session waits for what was given up. Its callers know already: it is not dropped under what
/// somebody else waits for.
void CancelFlow::bound_given_up() {
  if (stopping_ || is_out_) return;  // these are bounded themselves
  until_ = kNever;
  for (std::size_t i = 0; i < pipeline_.size(); ++i) {
    if (pipeline_[i].is_wanted()) {
      until_ = kNever;
      return;
    }
    until_ = std::min(until_, pipeline_[i].cancel_by);
  }
}

void CancelFlow::on_ended() {
  bound_given_up();
  if (pipeline_.size() != 1 || !pipeline_.front().cancelled_as) return;
  Flight& last = pipeline_.front();
  // It had to wait for others until now, and has just begun.
  if (last.cancel_by <= loop_.now()) last.cancel_by = after(loop_.now(), config_.cancel_timeout);
  send_cancel(last);
}

bool CancelFlow::settle() {
  if (is_out_) return false;
  until_ = kNever;
  return true;
}

void CancelFlow::bound() { until_ = after(loop_.now(), config_.cancel_timeout); }

void CancelFlow::abort() {
  const Lifetime::Watch alive = life_.watch();
  give_up_all(ErrorKind::kAborted);
  if (alive) fail_held_back(error_of(ErrorKind::kAborted, Outcome::kNotSent));
  if (alive && !is_over()) arm();
}

void CancelFlow::stop(Error why) {
  const ErrorKind kind = why.kind;
  stopping_ = std::move(why);
  give_up_all(kind);  // what is being prepared is not run any more
  if (is_over()) return;
  until_ = std::min(until_, after(loop_.now(), config_.cancel_timeout));
  arm();
}

Error CancelFlow::error_of(ErrorKind kind, Outcome outcome) const {
  if (stopping_ && kind == stopping_->kind) {
    Error error = *stopping_;
    error.outcome = outcome;
    error.host = config_.host.text();
    return error;
  }
  Error error = kind == ErrorKind::kTimeout
                    ? Error::make(kind, "The time limit of the call passed while its statement ran.", outcome)
                    : Error::make(kind, "The call was aborted while its statement ran.", outcome);
  error.code = kind == ErrorKind::kTimeout ? "ETIMEDOUT" : "ABORT_ERR";
  error.host = config_.host.text();
  return error;
}

// --------------------------------------------------------------------------------------- held back

void CancelFlow::hold_back(std::unique_ptr<Request> request) {
  wake_by(request->deadline);
  held_back_.push_back(std::move(request));
}

std::unique_ptr<Request> CancelFlow::take_held_back() {
  auto request = std::move(held_back_.front());
  held_back_.pop_front();
  return request;
}

void CancelFlow::fail_held_back(const Error& why) {
  const std::string host = config_.host.text();
  for (auto& request : std::exchange(held_back_, {})) {
    Error error = why;
    error.outcome = outcome_of_loss(Phase::kQueued, request->scope);
    error.host = host;
    hand_back(std::move(request), Fail(std::move(error)));
  }
}

}  // namespace hdb
