#include "pool/transaction_core.hpp"

#include <algorithm>

#include "base/sqlstate.hpp"
#include "generated/names/options.hpp"
#include "pool/retry.hpp"
#include "pool/transaction_error.hpp"

namespace hdb {

namespace {

/// A session that the server has answered so recently needs no BEGIN of its own to show that it is alive.
constexpr milliseconds kFresh{500};

}  // namespace

TransactionCore::TransactionCore(PoolCore& pool, TransactionOptions options, TimePoint deadline,
                                 std::shared_ptr<TransactionView> view)
    : pool_(pool),
      options_(std::move(options)),
      deadline_(deadline),
      view_(std::move(view)),
      timer_(pool.loop().timers(), [this] { give_up(ErrorKind::kTimeout); }) {}

TransactionCore::~TransactionCore() {
  life_.end();
  options_.signal.subscribe(nullptr);
  if (state_ == State::kOpen) count_end(Outcome::kRolledBack);  // forgotten
  pool_.give_back(*this);
}

void TransactionCore::count(const Expected<Reply>& reply, TimePoint since) {
  if (!gauge_) return;
  gauge_->query.record(pool_.loop().now() - since);
  (reply.ok() ? gauge_->succeeded : gauge_->failed_with(reply.error().outcome)).add();
}

/// Once for each that was open, when it is known.
void TransactionCore::count_end(Outcome outcome) {
  const auto gauge = std::exchange(gauge_, nullptr);
  if (!gauge) return;
  gauge->transaction.record(pool_.loop().now() - open_since_);
  const bool is_nothing = outcome == Outcome::kNotSent || outcome == Outcome::kNotExecuted;
  const Outcome ended = is_nothing ? Outcome::kRolledBack : outcome;
  gauge->ended_with(ended).add();
  options_.on_end(ended, lost_ ? lost_->message : std::string(), lost_ ? lost_->code : std::string());
}

std::string TransactionCore::begin_text() const {
  std::string text = "begin";
  if (options_.isolation) {
    std::string level(text_of(*options_.isolation));
    std::replace(level.begin(), level.end(), '-', ' ');
    text += " isolation level " + level;
  }
  // READ WRITE is never said: it would open a fenced node.
  if (options_.read_only) text += " read only";
  if (options_.deferrable) text += " deferrable";
  return text;
}

// ------------------------------------------------------------------------------------------- begin

void TransactionCore::begin(Completion<Unit> done) {
  beginning_ = std::move(done);
  may_write_ = !options_.read_only && !is_restricted(mode());
  pool_.lease(mode(), deadline_, options_.signal, options_.on_wait, *this);
}

void TransactionCore::on_leased(Connection& connection) {
  connection_ = &connection;
  is_begun_ = !options_.defers_begin || pool_.loop().now() - connection.heard_at() > kFresh;
  if (!is_begun_) {
    open();
    return;
  }
  move(Event::kLeased);
  run({begin_text()}, Scope::kTransaction, [this](Expected<Reply> reply) { on_begun(std::move(reply)); });
}

void TransactionCore::on_refused(Error error) {
  move(Event::kEnd);
  lost_ = error;
  if (beginning_) beginning_.reject(std::move(error));
}

void TransactionCore::on_begun(Expected<Reply> reply) {
  if (reply.ok() ? is_fenced(mode(), reply->node) : may_begin_elsewhere(reply.error())) {
    connection_ = nullptr;
    move(Event::kLost);
    pool_.give_back(*this);
    pool_.lease(mode(), deadline_, options_.signal, options_.on_wait, *this);
    return;
  }
  if (!reply.ok()) {
    lost_ = std::move(reply).error();
    finish(Event::kEnd);
    beginning_.reject(*lost_);
    return;
  }
  open();
}

void TransactionCore::open() {
  move(Event::kBegun);
  open_since_ = pool_.loop().now();
  gauge_ = pool_.gauge_of(*this);
  view_->is_open.set(1);
  view_->host.publish(std::make_shared<const std::string>(connection_->host().text()));
  timer_.arm(deadline_);
  const auto aborted = life_.guard([this] { give_up(ErrorKind::kAborted); });
  options_.signal.subscribe([&loop = pool_.loop(), aborted] { loop.post(aborted); });
  beginning_.resolve({});
}

/// Its caller waits no longer for it: it is rolled back, at once or when what runs has been cancelled. Not
/// when its end has been sent, which decides.
void TransactionCore::give_up(ErrorKind why) {
  if (connection_ == nullptr || is_end_sent_) return;
  if (!running_) {
    lose(transaction_over_error(why));
    return;
  }
  over_ = why;
  if (why == ErrorKind::kAborted) connection_->abort();  // what runs has the deadline itself
}

// -------------------------------------------------------------------------------------- statements

void TransactionCore::query(std::unique_ptr<Request> request) {
  if (state_ != State::kOpen) {
    reject(*request, gone_error());
    return;
  }
  request->deadline = std::min(request->deadline, deadline_);
  const StatementKind kind = kind_of_statement(request->query()->sql);
  request->scope = kind.ends_transaction ? Scope::kCommit : Scope::kTransaction;
  // Only SET TRANSACTION opens a transaction that began as read-only.
  may_write_ = may_write_ || kind.changes_session;
  pending_.push_back({std::move(request), pool_.loop().now()});
  send_next();
}

void TransactionCore::describe(std::unique_ptr<Request> request, Completion<StatementDescription> done) {
  Query& query = *request->query();
  const std::string sql = query.sql;
  // What runs may change how its names are looked up.
  const bool is_next = state_ == State::kOpen && pending_.empty() && !running_;
  const auto known = is_next ? connection_->known(sql) : nullptr;
  if (known && StatementCatalog::is_fresh(*known, pool_.loop().now())) {
    done.resolve(description_of(*known));
    return;
  }
  query.is_description = true;
  auto then = [this, sql, done = std::move(done), gone = transaction_closed_error(),
               alive = life_.watch()](Expected<ResultSet> result) mutable {
    const auto now = result.ok() && alive && connection_ != nullptr ? connection_->known(sql) : nullptr;
    if (now) {
      done.resolve(description_of(*now));
    } else {
      done.reject(result.ok() ? std::move(gone) : std::move(result).error());
    }
  };
  query.completion = completion_from<ResultSet, Error>(std::move(then));
  this->query(std::move(request));
}

void TransactionCore::send_next() {
  if (running_ || connection_ == nullptr) return;
  while (!pending_.empty() && pending_.front().request->token.is_cancelled()) {
    const std::unique_ptr<Request> aborted = std::move(pending_.front().request);
    pending_.pop_front();
    Error error = Error::make(ErrorKind::kAborted, "The call was aborted before its statement was sent.");
    error.code = "ABORT_ERR";
    reject(*aborted, std::move(error));
  }
  if (pending_.empty()) {
    if (is_ending(state_)) send_end();
    return;
  }
  Pending next = std::move(pending_.front());
  pending_.pop_front();
  running_ = true;
  const bool is_first = !std::exchange(is_begun_, true);
  if (is_first) next.request->query()->begin = std::make_unique<const std::string>(begin_text());
  next.request->done = [this, since = next.since, is_first, alive = life_.watch()](
                           std::unique_ptr<Request> request, Expected<Reply> reply) {
    if (alive) {
      if (is_first && request->query()->begin) is_begun_ = false;  // a parameter was refused, nothing sent
      const bool is_over = is_first && is_begun_ && connection_ != nullptr && !has_begun(reply);
      count(reply, since);
      // What its caller gave up may still complete: it must not be committed with the rest.
      if (is_over || (connection_ != nullptr && connection_->runs_on())) {
        lose(reply.error());
      } else if (connection_ != nullptr && is_begun_) {
        notice_end(reply);
      }
      if (over_ && connection_ != nullptr) lose(transaction_over_error(*over_));
      on_answer(reply);
    }
    if (reply.ok()) {
      resolve(std::move(request), std::move(reply).value());
      return;
    }
    Error error = std::move(reply).error();
    if (alive && error.code == sqlstate::kInFailedTransaction && first_error_)
      error.cause = std::make_shared<const Error>(*first_error_);
    error.retryable = is_retryable(error);
    reject(*request, std::move(error));
  };
  connection_->send(std::move(next.request));
}

/// By the answer to BEGIN and the first statement. Not on a fenced node, as with a BEGIN of its own; and
/// where BEGIN was refused, what is sent from now on would not be in a transaction.
bool TransactionCore::has_begun(Expected<Reply>& reply) const {
  if (reply.ok()) {
    if (!is_fenced(mode(), reply->node)) return true;
    reply = Fail(fenced_error(connection_->host().text(), Outcome::kRolledBack));
    return false;
  }
  // A session that is lost tells so itself.
  return !connection_->is_open() || connection_->is_in_transaction();
}

/// A text may end the transaction that nobody has taken for one that does. What is sent from now on would be
/// committed by itself.
void TransactionCore::notice_end(const Expected<Reply>& reply) {
  // COMMIT AND CHAIN leaves a transaction, which is another one.
  const bool has_committed = reply.ok() && reply->result.command == "COMMIT";
  if (!has_committed && (!connection_->is_open() || connection_->is_in_transaction())) return;
  Error error = transaction_ended_error(reply);
  error.host = connection_->host().text();
  lose(std::move(error));
}

/// Why it takes no calls any more, and what became of it.
Error TransactionCore::ended_error() const { return lost_ ? *lost_ : transaction_closed_error(); }

/// What a call is told that comes too late. Nothing of it has run, whatever became of the transaction.
Error TransactionCore::gone_error() const {
  Error error = ended_error();
  if (error.outcome != Outcome::kRolledBack) error.outcome = Outcome::kNotSent;
  return error;
}

void TransactionCore::on_answer(const Expected<Reply>& reply) {
  running_ = false;
  if (!reply.ok() && !first_error_ && reply.error().code != sqlstate::kInFailedTransaction &&
      reply.error().kind != ErrorKind::kParameter) {
    first_error_ = reply.error();
  }
  if (connection_ == nullptr) return;
  // The session tells its new state after this call: go on then.
  pool_.loop().defer(life_.guard([this] { send_next(); }));
}

// --------------------------------------------------------------------------------------------- end

void TransactionCore::commit(Completion<Unit> done) {
  if (state_ != State::kOpen) {
    done.reject(ended_error());
    return;
  }
  move(Event::kCommit);
  ending_ = std::move(done);
  send_next();
}

void TransactionCore::rollback(Completion<Unit> done) {
  if (state_ == State::kEnded && lost_ && changed_nothing(lost_->outcome)) {
    done.resolve({});  // the server has rolled back
    return;
  }
  if (state_ != State::kOpen) {
    done.reject(ended_error());
    return;
  }
  move(Event::kRollback);
  ending_ = std::move(done);
  send_next();
}

void TransactionCore::send_end() {
  const bool commits = state_ == State::kCommitting;
  if (!is_begun_) {
    Completion<Unit> done = std::move(ending_);
    finish(Event::kEnd);
    count_end(commits ? Outcome::kCommitted : Outcome::kRolledBack);
    settle(std::move(done), std::nullopt);
    return;
  }
  is_end_sent_ = true;
  if (commits && !connection_->is_in_failed_transaction()) {
    send_commit();
  } else {
    run({"rollback"}, Scope::kTransaction,
        [this, commits](const Expected<Reply>&) { on_rolled_back(commits); });
  }
}

/// `commits`: a COMMIT was asked for, of a transaction that had failed.
void TransactionCore::on_rolled_back(bool commits) {
  Completion<Unit> done = std::move(ending_);
  finish(Event::kEnd);
  count_end(Outcome::kRolledBack);
  if (!commits) {
    settle(std::move(done), std::nullopt);
    return;
  }
  settle(std::move(done), transaction_failed_error(first_error_));
}

void TransactionCore::send_commit() {
  const bool is_guarded = mode() == Mode::kReadWrite && !options_.read_only;
  const bool is_proven = is_guarded && options_.commit_proof && connection_->server_version() >= 130000 &&
                         !connection_->is_read_only_itself();
  std::vector<std::string> script;
  if (is_guarded) script.push_back(is_proven ? proof_guard() : connection_->commit_guard());
  script.emplace_back("commit");
  committed_at_ = pool_.loop().now();
  std::function<void(const ResultSet&)> on_first;
  if (is_proven) on_first = life_.guard([this](const ResultSet& result) { proof_ = read_proof(result); });
  run(
      std::move(script), may_write_ ? Scope::kCommit : Scope::kTransaction,
      [this](Expected<Reply> reply) { on_committed(std::move(reply)); }, std::move(on_first));
}

void TransactionCore::on_committed(Expected<Reply> reply) {
  if (!reply.ok()) {
    on_commit_failed(std::move(reply).error());
    return;
  }
  Completion<Unit> done = std::move(ending_);
  const bool is_committed = reply->result.command == "COMMIT";
  const bool is_unreplicated = reply->unreplicated;
  const std::string host = connection_ != nullptr ? connection_->host().text() : std::string();
  finish(Event::kEnd);
  count_end(!is_committed     ? Outcome::kRolledBack
            : is_unreplicated ? Outcome::kCommittedLocally
                              : Outcome::kCommitted);
  std::optional<Error> error;
  if (!is_committed) {
    error = transaction_refused_error(reply->result.command, host);
  } else if (is_unreplicated && pool_.options().on_unreplicated == OnUnreplicated::kReject) {
    error = not_replicated_error("The transaction", host);
  }
  settle(std::move(done), std::move(error));
}

void TransactionCore::on_commit_failed(Error error) {
  error = as_told(std::move(error), {.mode = mode(), .is_idempotent = options_.read_only});
  if (options_.commit_proof && error.kind == ErrorKind::kInDoubt) {
    finish(Event::kDoubt);
    find_out(std::move(error));
    return;
  }
  Completion<Unit> done = std::move(ending_);
  finish(Event::kEnd);
  count_end(error.outcome);
  settle(std::move(done), std::move(error));
}

/// The session died between COMMIT and its answer: the node that is the primary now is asked what became of
/// it.
void TransactionCore::find_out(Error doubt) {
  inquiry_.emplace(pool_, std::move(proof_), std::move(doubt),
                   CommitInquiry::Terms{committed_at_, deadline_, options_.signal});
  inquiry_->start([this](std::optional<Error> error) {
    move(Event::kEnd);
    count_end(error ? error->outcome : Outcome::kCommitted);
    settle(std::move(ending_), std::move(error));
  });
}

/// At the end of the turn, behind the release of the session: whoever is told may look at the pool.
void TransactionCore::settle(Completion<Unit> done, std::optional<Error> error) {
  pool_.loop().defer([done = std::move(done), error = std::move(error)]() mutable {
    if (error) {
      done.reject(std::move(*error));
    } else {
      done.resolve({});
    }
  });
}

/// It needs its session no more.
void TransactionCore::finish(Event event) {
  move(event);
  view_->is_open.set(0);
  timer_.disarm();
  options_.signal.subscribe(nullptr);
  connection_ = nullptr;
  // At the end of the turn, when the session knows its own state.
  pool_.loop().defer(life_.guard([this] { pool_.give_back(*this); }));
  while (!pending_.empty()) {
    const Pending next = std::move(pending_.front());
    pending_.pop_front();
    reject(*next.request, gone_error());
  }
}

void TransactionCore::on_lost(const Error& why) {
  if (connection_ == nullptr) return;
  connection_ = nullptr;
  if (state_ == State::kBeginning) return;  // on_begun() saw it
  Error error = Error::make(ErrorKind::kConnectionLost,
                            "The session of the transaction is gone; it was rolled back. " + why.message,
                            Outcome::kRolledBack);
  error.code = why.code;
  error.host = why.host;
  lose(std::move(error));
}

/// It is over; if COMMIT is wanted, it has not been sent.
void TransactionCore::lose(Error why) {
  why.retryable = is_retryable(why);
  lost_ = std::move(why);
  const bool is_as_wanted = state_ == State::kRollingBack && changed_nothing(lost_->outcome);
  Completion<Unit> done = std::move(ending_);
  finish(Event::kEnd);
  count_end(lost_->outcome);
  if (!done) return;
  if (is_as_wanted) {
    done.resolve({});
  } else {
    done.reject(*lost_);
  }
}

void TransactionCore::run(std::vector<std::string> script, Scope scope,
                          std::function<void(Expected<Reply>)> done,
                          std::function<void(const ResultSet&)> on_first) {
  auto request = std::make_unique<Request>(Script{std::move(script), std::move(on_first)});
  request->scope = scope;
  request->deadline = deadline_;
  if (state_ == State::kBeginning) request->token = options_.signal;
  request->done =
      life_.guard([this, then = std::move(done)](std::unique_ptr<Request>, Expected<Reply> reply) {
        running_ = false;
        then(std::move(reply));
      });
  running_ = true;
  connection_->send(std::move(request));
}

}  // namespace hdb
