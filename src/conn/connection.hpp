// Connection: one PostgreSQL session, what may be sent on it now (connection.cpp), and what it is free for
// then, or how it ends (connection_end.cpp).
// Thread: I/O only.  Owner: whoever dialled it (a pool's host list, the monitor).
// States: connection_state.hpp.
// Not here: opening the session (login.hpp), what is sent for a request (statement_run.hpp), time limits
// (cancel_flow.hpp), what nobody else may meet on it (spoilt_session.hpp), choosing hosts, running again
// elsewhere.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/lifetime.hpp"
#include "conn/cancel_flow.hpp"
#include "conn/connection_config.hpp"
#include "conn/connection_state.hpp"
#include "conn/login.hpp"
#include "conn/node_view.hpp"
#include "conn/pipeline.hpp"
#include "conn/request.hpp"
#include "conn/statement_run.hpp"
#include "loop/loop.hpp"
#include "pq/session.hpp"

namespace hdb {

class Connection;

/// What a connection tells its owner. None of the calls may destroy the connection at once: the owner defers
/// that to the end of the turn.
class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  /// Dialled and verified; `facts()` tell what the host is. Answer with `accept()` or `close()`.
  virtual void on_verified(Connection& connection) = 0;
  /// It can take (more) work.
  virtual void on_free(Connection& connection) = 0;
  /// A response says that the node is not what it was.
  virtual void on_node_changed(Connection& connection, NodeState state) = 0;
  /// The server has announced its end: it takes nothing more, and closes when nothing is in flight.
  virtual void on_leaving(Connection& connection) = 0;
  /// What runs has been silent for `suspect_after`.
  virtual void on_silent(Connection& connection) = 0;
  /// It is over; every request has been handed back. `was_open`: it had been accepted before.
  virtual void on_closed(Connection& connection, const Error& why, bool was_open) = 0;
};

class Connection final : private pq::SessionHandler, private CancelFlow::Owner {
 public:
  Connection(Loop& loop, pq::SessionFactory& factory, StatementCatalog& catalog, ConnectionConfig config,
             ConnectionOwner& owner);
  ~Connection() override;

  void dial();
  /// The owner wants what was verified.
  void accept();
  /// Gives a request to an idle or held connection, or behind others to a busy one that may take it.
  void send(std::unique_ptr<Request> request);
  /// Keeps the session for one user until `unpin`.
  void pin();
  void unpin();
  /// Closes when nothing is in flight.
  void retire();
  /// Closes now; requests in flight come back with the outcome that this leaves.
  void close(Error why);
  /// What is in flight is cancelled, as if its callers had aborted it.
  void abort() { limits_.abort(); }
  /// Closes when what is in flight has been cancelled on the server, within the time that a cancel may take.
  void stop(Error why);

  ConnectionState state() const { return state_; }
  bool is_idle() const { return state_ == ConnectionState::kIdle; }
  /// It was accepted, and is not over.
  bool is_open() const {
    return state_ != ConnectionState::kDialing && state_ != ConnectionState::kVerifying &&
           state_ != ConnectionState::kClosed;
  }
  bool is_in_failed_transaction() const {
    return session_ && session_->transaction_status() == pq::TransactionStatus::kInError;
  }
  bool is_in_transaction() const {
    return session_ && session_->transaction_status() != pq::TransactionStatus::kIdle;
  }
  bool is_pinned() const { return pinned_; }
  bool is_retiring() const { return retiring_; }
  /// May another autocommit request be sent behind what is in flight?
  bool takes_company() const;
  std::size_t in_flight() const { return pipeline_.size(); }
  /// Does a statement still run whose caller was told already, because its time was up?
  bool runs_on() const { return pipeline_.runs_on(); }
  /// What runs has been silent for `suspect_after`, and nothing acknowledges what was sent.
  bool is_unheard() const { return limits_.is_unheard(); }
  /// Of all that is in flight; null if they differ, or if the caller of one may give it up.
  const StatementInfo* common_text() const { return pipeline_.common_text(); }
  const HostAddress& host() const { return config_.host; }
  bool is_restricted() const { return config_.restricted; }
  const HostFacts& facts() const { return view_.facts(); }
  NodeState node() const { return view_.state(); }
  bool is_read_only_itself() const { return view_.is_read_only_itself(); }
  /// What it answers about its node.
  const std::string& probe() const { return view_.probe(); }
  /// What it is answered, read.
  Expected<HostFacts> read_answer(const ResultSet& answer) const { return view_.read(answer); }
  /// The guard that goes with a COMMIT here.
  const std::string& commit_guard() const { return view_.commit_guard(); }
  /// What is known of a text as its names are looked up here now; null: nothing.
  std::shared_ptr<const StatementInfo> known(std::string_view sql) const { return run_.known(sql); }
  int server_version() const { return session_ ? session_->server_version() : 0; }
  TimePoint idle_since() const { return idle_since_; }
  /// When the server last answered.
  TimePoint heard_at() const { return pipeline_.heard_at(); }

 private:
  // pq::SessionHandler
  void on_dialled() override {}
  void on_rows(ResultSet part) override;
  void on_result(ResultSet result) override;
  void on_prepared() override;
  void on_described(pq::Description description) override;
  void on_error(ServerReport error) override;
  void on_copy() override;
  void on_sync() override;
  void on_notice(const ServerReport& notice) override;
  void on_lost(pq::Loss loss) override;

  // CancelFlow::Owner
  void on_cancelling() override { move(ConnectionEvent::kCancel); }
  void on_cancelled() override { settle(); }
  void on_silent() override { owner_.on_silent(*this); }
  void shut(Error why) override;
  Error error_of(const Flight& flight) const override;

  void move(ConnectionEvent event);
  void on_login(Expected<std::unique_ptr<pq::Session>> session);
  void verify();
  void on_verification(Expected<Reply> reply);

  void drop_old_names();
  void run_errand(const std::string& sql);
  void start(std::unique_ptr<Request> request);
  void go_on(std::unique_ptr<Flight> flight, StatementRun::Next next);
  void fly(std::unique_ptr<Flight> flight);
  void sent();
  void flush();

  std::optional<Error> spoilt_by(const Flight& flight, const char* setting) const;
  void finish(std::unique_ptr<Flight> flight);
  void deliver(std::unique_ptr<Flight> flight);
  void fail(std::unique_ptr<Flight> flight, Error error);
  void fail_refused();
  void settle();
  void settle_held();
  void become_free();
  void reset();
  void end(std::unique_ptr<Flight> flight, const Error& why, bool is_first);

  Loop& loop_;
  const ConnectionConfig config_;
  ConnectionOwner& owner_;

  ConnectionState state_ = ConnectionState::kDialing;
  NodeView view_;
  Login login_;
  std::unique_ptr<pq::Session> session_;
  Pipeline pipeline_;
  StatementRun run_;
  CancelFlow limits_;
  std::deque<std::unique_ptr<Flight>> refused_;  // before they were sent; told after the turn
  TimePoint idle_since_{};
  bool pinned_ = false;
  bool retiring_ = false;
  bool has_farewell_ = false;  // the server has ended its side; it reads nothing any more
  Lifetime life_;
};

}  // namespace hdb
