// Connection: one PostgreSQL session, and what may be sent on it now.
// Thread: I/O only.  Owner: whoever dialled it (a pool's host list, the monitor).
// States: connection_state.hpp.  Not here: choosing hosts, running again elsewhere, JavaScript.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/meter.hpp"
#include "conn/connection_state.hpp"
#include "conn/dialer.hpp"
#include "conn/fence.hpp"
#include "conn/host_facts.hpp"
#include "conn/name_scope.hpp"
#include "conn/password_source.hpp"
#include "conn/request.hpp"
#include "conn/statement_cache.hpp"
#include "conn/statement_info.hpp"
#include "loop/loop.hpp"
#include "pq/session.hpp"

namespace hdb {

/// What is counted on sessions.
struct SessionMeters {
  Counter cancels;
  Counter statement_cache_hits;
  Counter statement_cache_misses;
};

struct ConnectionConfig {
  HostAddress host;
  pq::Conninfo conninfo;                      // everything but host, hostaddr and port
  std::shared_ptr<PasswordSource> passwords;  // null: the password, if there is one, is in the conninfo
  bool restricted = false;                    // its session sets default_transaction_read_only = on
  std::size_t statement_cache_size = 256;
  std::string name_prefix;  // of prepared names
  milliseconds connect_timeout{2000};
  milliseconds cancel_timeout{2000};
  milliseconds suspect_after{1000};
  std::uint64_t most_answered = UINT64_MAX;                                   // bytes of one answer
  std::shared_ptr<SessionMeters> meters = std::make_shared<SessionMeters>();  // never null
};

class Connection;

/// What a connection tells its owner. None of the calls may destroy the connection at once: the owner
/// defers that to the end of the turn.
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

class Connection final : private pq::SessionHandler {
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
  /// Closes when what is in flight has been cancelled on the server, within the time that a cancel may take.
  void stop(Error why);

  ConnectionState state() const { return state_; }
  bool is_idle() const { return state_ == ConnectionState::kIdle; }
  bool is_open() const { return is_accepted_ && state_ != ConnectionState::kClosed; }
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
  std::size_t in_flight() const { return queue_.size(); }
  /// Does a statement still run whose caller was told already, because its time was up?
  bool runs_on() const { return told_ > 0; }
  /// What runs has been silent for `suspect_after`, and nothing acknowledges what was sent.
  bool is_unheard() const { return silence_told_ && !queue_.empty() && session_->is_unacknowledged(); }
  /// Of all that is in flight; null if they differ, or if the caller of one may give it up.
  const StatementInfo* common_text() const { return queue_.empty() ? nullptr : common_text_; }
  const HostAddress& host() const { return config_.host; }
  bool is_restricted() const { return config_.restricted; }
  const HostFacts& facts() const { return facts_; }
  NodeState node() const { return node_; }
  /// default_transaction_read_only is on for this session alone.
  bool is_read_only_itself() const { return !facts_.own_setting.empty(); }
  /// What it answers about its node.
  const std::string& probe() const;
  /// What it is answered, read.
  Expected<HostFacts> read_answer(const ResultSet& answer) const;
  /// The guard that goes with a COMMIT here.
  const std::string& commit_guard() const {
    return is_read_only_itself() ? own_guard() : hdb::commit_guard();
  }
  int server_version() const { return session_ ? session_->server_version() : 0; }
  TimePoint idle_since() const { return idle_since_; }
  /// When the server last answered.
  TimePoint heard_at() const { return heard_at_; }

 private:
  enum class Stage : std::uint8_t { kDescribe, kTypes, kExecute };
  struct Flight {
    std::unique_ptr<Request> request;  // null: nobody waits for it: our own errand, or its caller was told
    Stage stage = Stage::kExecute;
    bool is_copy = false;
    bool is_told = false;                   // its caller, before it has ended
    bool is_sociable = false;               // others may be sent behind it
    std::optional<ErrorKind> cancelled_as;  // timeout, abort or end of the pool; null: it is not cancelled
    TimePoint tell_by = kNever;             // its caller is told what is known then
    TimePoint cancel_by = kNever;  // how long it may take to end then, also while others are in front
    int times_stale = 0;           // how often it was prepared anew
    bool is_described = false;     // in this flight: what is known of its text is not from before
    bool is_by_name = false;       // executed as it was prepared some time before
    bool is_parsing = false;       // its text is parsed in front of its execution; not answered yet
    // An error that may come of a text from before a change, and what the texts were taken for then.
    std::unique_ptr<ServerReport> doubted;
    std::vector<std::shared_ptr<const StatementInfo>> believed;
    std::size_t results_to_skip = 0;  // of a BEGIN or a guard in front
    TimePoint sent_at{};
    bool is_first_here = false;        // its text is prepared on this session on the way
    bool is_telling = false;           // how long the text takes: nothing was in front of it
    std::optional<ResultSet> result;   // of its last statement
    std::vector<ResultSet> earlier;    // of those before, in a script or batch
    std::size_t rows = 0;              // that came before the result
    std::vector<ResultSet> odd_parts;  // rows with other columns than those that are known
    std::unique_ptr<ServerReport> error;
    std::string name;           // being prepared in this stage
    Statement* item = nullptr;  // of a batch, being described in this stage
    std::vector<std::pair<std::shared_ptr<const StatementInfo>, std::string>>
        names;  // being prepared by a batch
    std::size_t names_done = 0;
    pq::Description description;
  };

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

  void move(ConnectionEvent event);
  void log_in();
  void start_dialer();
  void on_dial_ended(Dialer::Result result);
  void verify(const std::string& probe);
  void on_verification(Expected<Reply> reply);

  void start(std::unique_ptr<Flight> flight);
  void start_query(std::unique_ptr<Flight> flight);
  void describe(std::unique_ptr<Flight> flight);
  void look_up_types(std::unique_ptr<Flight> flight, const std::vector<Oid>& unknown);
  void described(std::unique_ptr<Flight> flight);
  void execute(std::unique_ptr<Flight> flight);
  bool send_statement(Flight& flight, const Statement& statement, bool in_parts);
  bool is_as_believed(const Flight& flight) const;
  void tell_doubted(std::unique_ptr<Flight> flight);
  bool send_begin(Flight& flight);
  void run_script(std::unique_ptr<Flight> flight);
  void start_batch(std::unique_ptr<Flight> flight);
  void run_batch(std::unique_ptr<Flight> flight);
  void drop_old_names();
  void in_flight(std::unique_ptr<Flight> flight);
  std::unique_ptr<Flight> take_front();
  void forbid_company(Flight& flight);
  void sent();
  void flush();
  void note_what_left();

  void note_node(const Flight& flight);
  void finish(std::unique_ptr<Flight> flight);
  void forget(Request& request, bool has_names);
  bool meet_stale(std::unique_ptr<Flight>& flight);
  Error changed_types_error(Scope scope) const;
  void prepare_anew(std::unique_ptr<Flight> flight);
  bool has_other_columns(const Flight& flight) const;
  void label(ResultSet& result, const Request& request) const;
  void deliver(std::unique_ptr<Flight> flight);
  void fail(std::unique_ptr<Flight> flight, Error error);
  void refuse(std::unique_ptr<Flight> flight, Error error);
  void fail_refused();
  static void hand_back(std::unique_ptr<Request> request, Error error);
  void fail_held_back(const Error& why);
  Error error_of(const Flight& flight) const;
  void settle();
  void reset();

  void on_timer();
  void arm_timer();
  void wake_by(TimePoint due);
  void watch_token(Flight& flight);
  void give_up(Flight& flight, ErrorKind kind);
  void give_up_aborted();
  void give_up_overdue(TimePoint now);
  void tell_overdue(TimePoint now);
  void tell(Flight& flight);
  Duration patience() const;
  void bound_cancels();
  void send_cancel(Flight& flight);
  Error cancelled_error(ErrorKind kind, Outcome outcome) const;
  void end(std::unique_ptr<Flight> flight, const Error& why, bool is_first);
  void shut(Error why);

  Loop& loop_;
  pq::SessionFactory& factory_;
  StatementCatalog& catalog_;
  ConnectionConfig config_;
  ConnectionOwner& owner_;

  ConnectionState state_ = ConnectionState::kDialing;
  std::unique_ptr<Dialer> dialer_;
  std::string password_;      // from `passwords`, while it is being used
  bool asked_again_ = false;  // for a password, after a refusal
  std::unique_ptr<pq::Session> session_;
  StatementCache cache_;
  NameScope names_;
  std::deque<std::unique_ptr<Flight>> queue_;
  std::size_t told_ = 0;                            // flights in it whose callers were told
  std::size_t unsociable_ = 0;                      // flights in it that want nobody behind them
  const StatementInfo* common_text_ = nullptr;      // of all in it; only to be compared
  bool flush_wanted_ = false;                       // at the end of the turn
  std::deque<std::unique_ptr<Request>> held_back_;  // until a cancel's own connection has ended
  std::deque<std::pair<std::unique_ptr<Flight>, Error>>
      refused_;  // before they were sent; told after the turn
  HostFacts facts_;
  NodeState node_ = NodeState::kUnreported;
  TimePoint dialled_at_{};
  TimePoint idle_since_{};
  TimePoint heard_at_{};
  Duration round_trip_ = Duration::max() / 4;  // the shortest answer: no round trip takes longer
  bool is_accepted_ = false;
  bool pinned_ = false;
  bool retiring_ = false;
  bool cancelling_ = false;        // the cancel's own connection has not ended
  std::optional<Error> stopping_;  // why it closes when nothing is in flight any more
  bool silence_told_ = false;
  bool has_farewell_ = false;  // the server has ended its side; it reads nothing any more
  bool unheard_told_ = false;
  TimePoint cancel_until_ = kNever;
  Timer timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace hdb
