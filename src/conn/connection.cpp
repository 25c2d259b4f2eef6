#include "conn/connection.hpp"

#include <utility>

#include "base/sqlstate.hpp"
#include "conn/spoilt_session.hpp"

namespace hdb {

Connection::Connection(Loop& loop, pq::SessionFactory& factory, StatementCatalog& catalog,
                       ConnectionConfig config, ConnectionOwner& owner)
    : loop_(loop),
      config_(std::move(config)),
      owner_(owner),
      view_(config_.restricted),
      login_(loop, factory, config_,
             [this](Expected<std::unique_ptr<pq::Session>> session) { on_login(std::move(session)); }),
      pipeline_(loop),
      run_(loop, catalog, config_, view_),
      limits_(loop, pipeline_, config_, *this) {}

Connection::~Connection() {
  life_.end();
  if (session_) session_->close();
}

void Connection::move(ConnectionEvent event) {
  const ConnectionMove step = next(state_, event);
  HDB_CHECK(step.kind != ConnectionMove::Kind::kBug);
  if (step.kind == ConnectionMove::Kind::kGo) state_ = step.to;
  if (state_ == ConnectionState::kIdle) idle_since_ = loop_.now();
}

// ---------------------------------------------------------------------------------------- dialling

void Connection::dial() { login_.start(); }

void Connection::on_login(Expected<std::unique_ptr<pq::Session>> session) {
  if (!session.ok()) {
    shut(std::move(session).error());
    return;
  }
  session_ = std::move(session).value();
  session_->set_handler(*this);
  session_->limit_answers(config_.most_answered);
  pipeline_.open(*session_);
  run_.open(*session_);
  limits_.open(*session_);
  move(ConnectionEvent::kDialled);
  verify();
}

void Connection::verify() {
  Script script{.texts = {view_.probe()}, .on_first = nullptr};
  // The text forms of dates are read as ISO; a server that prints another style is asked not to.
  if (const std::string_view style = session_->parameter("DateStyle");
      !style.empty() && !style.starts_with("ISO")) {
    script.texts.insert(script.texts.begin(), "set datestyle to iso");
  }
  auto request = std::make_unique<Request>(std::move(script));
  request->done = [this](std::unique_ptr<Request>, Expected<Reply> reply) {
    on_verification(std::move(reply));
  };
  start(std::move(request));
}

void Connection::on_verification(Expected<Reply> reply) {
  if (state_ != ConnectionState::kVerifying) return;  // lost meanwhile: on_lost tells the owner
  if (!reply.ok()) {
    if (view_.ask_for_less(reply.error())) {
      verify();
    } else {
      shut(std::move(reply).error());
    }
    return;
  }
  auto facts = view_.read(reply->result);
  if (!facts.ok()) {
    shut(std::move(facts).error());
    return;
  }
  facts->server_version = session_->server_version();
  facts->round_trip = pipeline_.round_trip();
  view_.verified(std::move(facts).value());
  if (const char* const setting = misread_setting(*session_)) {
    shut(Error::make(ErrorKind::kConnect, "The server " + host().text() + " keeps another " + setting +
                                              " than the one that it was asked for."));
    return;
  }
  login_.end();
  owner_.on_verified(*this);
}

void Connection::accept() {
  if (state_ == ConnectionState::kVerifying) move(ConnectionEvent::kAccepted);
}

// ----------------------------------------------------------------------------------------- sending

bool Connection::takes_company() const {
  return state_ == ConnectionState::kBusy && !pinned_ && !retiring_ && pipeline_.takes_more(loop_.now());
}

void Connection::send(std::unique_ptr<Request> request) {
  if (state_ == ConnectionState::kCancelling || runs_on()) {
    limits_.hold_back(std::move(request));
    return;
  }
  move(ConnectionEvent::kSend);
  if (pipeline_.is_empty()) pipeline_.heard();
  limits_.on_send();
  drop_old_names();
  start(std::move(request));
}

void Connection::start(std::unique_ptr<Request> request) {
  auto flight = std::make_unique<Flight>();
  flight->request = std::move(request);
  const StatementRun::Next next = run_.start(*flight);
  go_on(std::move(flight), next);
  sent();
}

/// Names that fell out of the cache are given back to the server with the next request; not in a transaction,
/// which would fail with a name that the server has lost.
void Connection::drop_old_names() {
  if (!run_.has_old_names() || (pinned_ && is_in_transaction())) return;
  // A name is ours: letters, digits and underscores. Each has its own Sync: one that is lost keeps no other.
  for (const std::string& name : run_.take_old_names()) run_errand("deallocate " + name);
}

void Connection::run_errand(const std::string& sql) {
  session_->send_unprepared(sql, {}, {}, false, nullptr);
  fly(std::make_unique<Flight>());
}

void Connection::go_on(std::unique_ptr<Flight> flight, StatementRun::Next next) {
  switch (next) {
    case StatementRun::Next::kFly:
      fly(std::move(flight));
      return;
    case StatementRun::Next::kRefuse:
      // Its caller is told after the turn: told in here, he might send the next one in here, and so on for
      // all that wait.
      refused_.push_back(std::move(flight));
      return;
    case StatementRun::Next::kDeliver:
      deliver(std::move(flight));
      return;
    case StatementRun::Next::kFail: {
      Error error = flight->problem ? std::move(*flight->problem) : error_of(*flight);
      fail(std::move(flight), std::move(error));
    }
  }
}

void Connection::fly(std::unique_ptr<Flight> flight) {
  limits_.watch(*flight);
  pipeline_.push(std::move(flight));
}

/// What is sent in one turn leaves together.
void Connection::sent() {
  if (pipeline_.want_flush()) {
    loop_.defer(life_.guard([this] { flush(); }));
  }
  if (is_open()) limits_.arm();
}

void Connection::flush() {
  pipeline_.flush();
  if (state_ == ConnectionState::kClosed || refused_.empty()) return;
  const Lifetime::Watch alive = life_.watch();
  fail_refused();
  if (alive) settle();  // they may have left nothing in flight
}

// ----------------------------------------------------------------------------------------- answers

void Connection::on_rows(ResultSet part) {
  pipeline_.heard();
  if (!pipeline_.is_empty()) run_.on_rows(pipeline_.front(), std::move(part));
}

void Connection::on_result(ResultSet result) {
  pipeline_.heard();
  // The session checks that answers match what was sent.
  if (!pipeline_.is_empty()) StatementRun::on_result(pipeline_.front(), std::move(result));
}

void Connection::on_prepared() {
  pipeline_.heard();
  if (!pipeline_.is_empty()) run_.on_prepared(pipeline_.front(), pipeline_.heard_at());
}

void Connection::on_described(pq::Description description) {
  pipeline_.heard();
  if (!pipeline_.is_empty()) pipeline_.front().description = std::move(description);
}

void Connection::on_error(ServerReport error) {
  pipeline_.heard();
  if (pipeline_.is_empty() || pipeline_.front().answer.error) return;
  pipeline_.front().answer.error = std::make_unique<ServerReport>(std::move(error));
  Pipeline::note_answered(pipeline_.front());
}

void Connection::on_copy() {
  if (pipeline_.is_empty()) return;
  pipeline_.front().answer.is_copy = true;
  shut(Error::make(ErrorKind::kServer, "COPY is not possible with query(); the connection was closed."));
}

void Connection::on_notice(const ServerReport& notice) {
  // The text is localised; the routine is not.
  if (notice.routine == "SyncRepWaitForLSN" && !pipeline_.is_empty() && pipeline_.front().request) {
    pipeline_.front().request->unreplicated = true;
  }
  // A function may say so of itself.
  if (notice.where && !ends_session(notice)) return;
  // A server that shuts down tells idle sessions by a notice before it closes them.
  has_farewell_ = has_farewell_ || (pipeline_.is_empty() && is_farewell(notice));
  if (!notice.sqlstate.starts_with("57P") || std::exchange(retiring_, true)) return;
  if (is_open()) owner_.on_leaving(*this);
  // At the end of the turn, because libpq is calling.
  loop_.defer(life_.guard([this, why = notice] {
    if (state_ == ConnectionState::kIdle)
      on_lost({.message = why.message, .sqlstate = why.sqlstate, .code = {}});
  }));
}

void Connection::on_sync() {
  pipeline_.heard();
  if (pipeline_.is_empty()) return;
  auto flight = pipeline_.take_front();

  const NodeState before = node();
  view_.note(*session_, flight->request ? flight->request->query() : nullptr);
  const bool changed = is_open() && node() != before;

  if (!is_in_transaction()) {
    const auto& result = flight->answer.result;
    run_.transaction_ended(result && result->command == "COMMIT");
  }

  const Lifetime::Watch alive = life_.watch();
  const char* const setting = is_open() ? misread_setting(*session_) : nullptr;
  if (auto spoilt = spoilt_by(*flight, setting)) {
    fail(std::move(flight), *std::move(spoilt));
  } else {
    finish(std::move(flight));
  }
  if (!alive || state_ == ConnectionState::kClosed) return;
  if (setting != nullptr) {
    shut(misread_error(setting, ErrorKind::kConnectionLost, Outcome::kUnknown));
    return;
  }
  if (changed) owner_.on_node_changed(*this, node());
  if (!alive || state_ == ConnectionState::kClosed) return;
  limits_.on_ended();
  settle();
  if (alive && state_ != ConnectionState::kClosed) limits_.arm();
}

/// What its caller is told instead of its answer, when that has left what nobody else may meet.
std::optional<Error> Connection::spoilt_by(const Flight& flight, const char* setting) const {
  if (!is_open() || !flight.request) return std::nullopt;
  const bool is_next_other = !pinned_ && pipeline_.is_empty();
  auto spoilt = hdb::spoilt_by(*flight.request, *session_, setting, is_next_other);
  if (!spoilt) return std::nullopt;
  if (flight.answer.error) return error_of(flight);
  spoilt->host = host().text();
  return spoilt;
}

/// One stage of a request is answered.
void Connection::finish(std::unique_ptr<Flight> flight) {
  if (!flight->request) {
    run_.drop_described(*flight);
    return;
  }
  const bool is_in_between = flight->stage != Flight::Stage::kExecute && !flight->answer.error;
  if (flight->cancelled_as && is_in_between) {
    Error error = limits_.error_of(*flight->cancelled_as, Outcome::kNotExecuted);
    fail(std::move(flight), std::move(error));
    return;
  }
  const StatementRun::Next next = run_.answered(*flight, pipeline_.heard_at());
  go_on(std::move(flight), next);
  if (next == StatementRun::Next::kFly || next == StatementRun::Next::kRefuse) sent();
}

void Connection::deliver(std::unique_ptr<Flight> flight) {
  Reply reply = run_.reply_of(*flight, pipeline_.heard_at(), is_in_transaction());
  reply.node = node();
  hand_back(std::move(flight->request), std::move(reply));
}

void Connection::fail(std::unique_ptr<Flight> flight, Error error) {
  run_.drop_described(*flight);
  hand_back(std::move(flight->request), Fail(std::move(error)));
}

void Connection::fail_refused() {
  const Lifetime::Watch alive = life_.watch();
  while (alive && !refused_.empty()) {
    auto flight = std::move(refused_.front());
    refused_.pop_front();
    Error error = std::move(*flight->problem);
    fail(std::move(flight), std::move(error));
  }
}

Error Connection::error_of(const Flight& flight) const {
  const ServerReport& report = *flight.answer.error;
  Error error = run_.error_of(flight);
  const bool may_be_of_cancel = report.sqlstate == sqlstate::kQueryCanceled || is_stale_statement(report);
  if (!flight.cancelled_as || !may_be_of_cancel) return error;
  Error cancelled = limits_.error_of(*flight.cancelled_as, error.outcome);
  cancelled.server = report;
  cancelled.attempts = error.attempts;
  return cancelled;
}

}  // namespace hdb
