// What a session is free for when it has answered, and how it ends.
#include <utility>

#include "conn/connection.hpp"

namespace hdb {

// ---------------------------------------------------------------------------------------- settling

/// After each turn of answers: what the session is free for now.
void Connection::settle() {
  if (!pipeline_.is_empty() || !refused_.empty() || !is_open()) return;
  if (!limits_.settle()) return;
  if (const Error* const why = limits_.stopping()) {
    shut(*why);
    return;
  }
  if (state_ == ConnectionState::kIdle || state_ == ConnectionState::kHeld) return;
  if (pinned_) {
    settle_held();
    return;
  }
  if (limits_.holds_back()) {
    const Lifetime::Watch alive = life_.watch();
    limits_.fail_held_back(
        Error::make(ErrorKind::kConnectionLost, "The session was given back before the statement was sent."));
    if (!alive || state_ == ConnectionState::kClosed) return;  // by whoever was told
  }
  if (session_->transaction_status() != pq::TransactionStatus::kIdle) {
    if (state_ == ConnectionState::kResetting) {
      shut(Error::make(ErrorKind::kInternal, "The session could not be reset."));
      return;
    }
    reset();
    return;
  }
  become_free();
}

void Connection::settle_held() {
  move(ConnectionEvent::kPinned);
  owner_.on_free(*this);
  if (limits_.holds_back() && state_ == ConnectionState::kHeld) send(limits_.take_held_back());
}

void Connection::become_free() {
  move(ConnectionEvent::kClean);
  if (retiring_) {
    retire();
  } else {
    owner_.on_free(*this);
  }
}

void Connection::reset() {
  move(ConnectionEvent::kDirty);
  run_errand("rollback");
  limits_.bound();
  sent();
}

void Connection::pin() {
  pinned_ = true;
  if (state_ == ConnectionState::kIdle) move(ConnectionEvent::kPinned);
}

void Connection::unpin() {
  if (!pinned_) return;
  pinned_ = false;
  if (state_ != ConnectionState::kHeld) return;  // settle() goes on when the answers are in
  if (is_in_transaction()) {
    reset();
  } else {
    become_free();
  }
}

void Connection::retire() {
  retiring_ = true;
  if (state_ == ConnectionState::kIdle)
    shut(Error::make(ErrorKind::kConnectionLost, "The connection was retired."));
}

// ------------------------------------------------------------------------------------------ ending

void Connection::on_lost(pq::Loss loss) { shut(error_of_loss(loss, host(), is_open())); }

void Connection::close(Error why) { shut(std::move(why)); }

void Connection::stop(Error why) {
  if (limits_.stopping() != nullptr) return;
  if (!is_open() || pipeline_.is_empty()) {
    shut(std::move(why));
  } else {
    limits_.stop(std::move(why));
  }
}

/// What the loss of the session leaves of a request that was in flight.
void Connection::end(std::unique_ptr<Flight> flight, const Error& why, bool is_first) {
  const Request& request = *flight->request;
  const Flight::Answer& answer = flight->answer;
  const bool is_commit = request.script() != nullptr && request.scope == Scope::kCommit;
  // The tag of a COMMIT follows its work, unlike that of a statement that commits at its Sync.
  if (is_commit && answer.result && answer.result->command == "COMMIT") {
    deliver(std::move(flight));
    return;
  }
  Error error = why;
  if (answer.error && !ends_session(*answer.error)) {
    // The server had answered before the session went.
    error = error_of(*flight);
  } else {
    if (flight->cancelled_as) error = limits_.error_of(*flight->cancelled_as, Outcome::kUnknown);
    has_farewell_ = has_farewell_ || (answer.error && is_farewell(*answer.error));
    error.outcome = has_farewell_ ? outcome_of_farewell(request.phase(), request.scope, is_first, is_commit)
                                  : outcome_of_loss(request.phase(), request.scope);
    if (answer.is_copy) error.outcome = Outcome::kRolledBack;
    if (answer.error) error.server = *answer.error;
  }
  error.host = host().text();
  fail(std::move(flight), std::move(error));
}

void Connection::shut(Error why) {
  if (state_ == ConnectionState::kClosed) return;
  const bool was_open = is_open();
  why.host = host().text();
  if (session_) pipeline_.note_what_left();
  move(ConnectionEvent::kClose);
  view_.ended();
  login_.end();
  limits_.close();
  auto queue = pipeline_.close();
  if (session_) {
    // Ended now, freed later: it may be calling us.
    session_->close();
    loop_.dispose(std::move(session_));
  }
  const Lifetime::Watch alive = life_.watch();
  bool is_first = !has_farewell_;
  while (!queue.empty()) {
    auto flight = std::move(queue.front());
    queue.pop_front();
    if (!flight->request) continue;
    end(std::move(flight), why, std::exchange(is_first, false));
    // Only the one that is being answered has too large an answer, or is COPY.
    if (why.kind == ErrorKind::kResult || why.kind == ErrorKind::kServer)
      why.kind = ErrorKind::kConnectionLost;
  }
  if (alive) fail_refused();
  if (alive) limits_.fail_held_back(why);
  if (alive) owner_.on_closed(*this, why, was_open);
}

}  // namespace hdb
