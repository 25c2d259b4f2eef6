#include "pool/pool_core.hpp"

#include <algorithm>

#include "base/sqlstate.hpp"
#include "generated/names/cluster.hpp"
#include "pool/retry.hpp"

namespace hdb {

namespace {

/// How often idle and old sessions are looked at.
constexpr milliseconds kHousekeeping{1000};
/// Slowest pace of dials to a host that refuses our credentials.
constexpr milliseconds kRefusalPause{1000};
/// How many statements may be in flight on one session when all are busy.
constexpr std::size_t kReadDepth = 16;
constexpr std::size_t kWriteDepth = 4;
/// And when others are free: so many brief reads on so many sessions are about what the I/O thread can do.
constexpr std::size_t kJoinDepth = 8;
constexpr std::size_t kEnoughSessions = 2;
/// How many busy sessions are looked at for one that takes one more statement; the next time others are.
constexpr std::size_t kMostLookedAt = 8;

}  // namespace

Error pool_closed_error() {
  Error error = Error::make(ErrorKind::kPoolClosed, "The pool is closed: end() was called.");
  error.code = "POOL_CLOSED";
  return error;
}

// ------------------------------------------------------------------------------------------ claims

class PoolCore::StatementClaim final : public Claim {
 public:
  StatementClaim(PoolCore& pool, Statement statement, TimePoint acquire_by)
      : Claim(statement.mode, acquire_by, statement.request->deadline, statement.request->token,
              std::move(statement.on_wait)),
        pool_(pool),
        statement_(std::move(statement)) {}

  void serve(std::unique_ptr<Claim> self, PooledSession& session) override {
    auto request = std::move(statement_.request);
    request->rewind();
    if (!request->info && request->batch.empty()) request->info = pool_.catalog_.find(request->sql);
    // What a text cannot rule out is ruled out by the server, in the same round trip.
    request->is_guarded = mode == Mode::kReadWrite && needs_guard(*request, session.connection());
    request->is_read_only = !statement_.is_idempotent && (left_open_ || shown_in_fence_);
    request->done = [claim = static_cast<StatementClaim*>(self.release()), &session](
                        std::unique_ptr<Request> back, Expected<Reply> reply) {
      std::unique_ptr<StatementClaim> owned(claim);
      owned->statement_.request = std::move(back);
      PoolCore& pool = owned->pool_;
      pool.answered(std::move(owned), session, std::move(reply));
      pool.feed(session);
    };
    if (statement_.done.takes_parts()) {
      request->part = [this](ResultSet part) { statement_.done.progress(std::move(part)); };
    }
    session.connection().send(std::move(request));
  }

  void fail(Error error) override {
    error = as_known(std::move(error));
    error.retryable = is_retryable(error);
    error.causes.insert(error.causes.end(), causes.begin(), causes.end());
    if (statement_.batch_done) {
      statement_.batch_done.reject(std::move(error));
    } else {
      statement_.done.reject(std::move(error));
    }
  }
  void succeed(Reply reply) {
    if (!statement_.batch_done) {
      statement_.request->encoded.clear();  // made here
      statement_.done.resolve(std::move(reply.result), std::move(statement_.request));
      return;
    }
    std::vector<ResultSet> results = std::move(reply.earlier);
    for (ResultSet& result : results) {
      result.decode = reply.result.decode;
      if (!result.columns) result.columns = std::make_shared<const Columns>();
    }
    results.push_back(std::move(reply.result));
    statement_.batch_done.resolve(std::move(results));
  }

  std::size_t share_depth() override {
    Request& request = *statement_.request;
    if (request.is_description || !request.batch.empty()) return 0;
    if (!request.info) request.info = pool_.catalog_.find(request.sql);
    const StatementInfo* info = request.info.get();
    if (info == nullptr || !info->pace.is_fast() || info->kind.may_commit || info->kind.changes_session)
      return 0;
    // A lost session leaves every write in flight in doubt: fewer of them.
    return info->kind.is_plain_read ? kReadDepth : kWriteDepth;
  }
  const StatementInfo* joins() override {
    if (share_depth() != kReadDepth || statement_.request->may_be_given_up()) return nullptr;
    const StatementInfo* info = statement_.request->info.get();
    return info->pace.is_brief() ? info : nullptr;
  }
  std::size_t bytes() const override {
    const Request* request = statement_.request.get();
    return request == nullptr ? 0 : request->bytes;
  }

  Statement& statement() { return statement_; }
  /// It is run again after a failure that leaves open whether it has run.
  void leave_open(const Error& error) {
    if (mode == Mode::kReadWrite && !left_open_) left_open_ = std::make_unique<Error>(error);
  }
  /// It is run again because a node was fenced under it.
  void keep(Reply answer) {
    if (!shown_in_fence_) shown_in_fence_ = std::make_unique<Reply>(std::move(answer));
  }
  /// What the last attempt tells says nothing of an earlier one.
  Error as_known(Error error) const {
    if (left_open_ || shown_in_fence_) error.outcome = Outcome::kUnknown;
    return error;
  }
  /// Run again where it cannot write, it was refused because it writes. So it may have written when it ran
  /// first.
  bool is_unmasked(const Error& error, NodeState node) const {
    return statement_.request->is_read_only && sqlstate::is_read_only(error.code) &&
           (node == NodeState::kWritable || node == NodeState::kUnreported);
  }
  void settle_unmasked(const std::string& host) {
    if (shown_in_fence_) {
      succeed(std::move(*shown_in_fence_));
    } else if (left_open_) {
      fail(as_told(*left_open_, {.mode = mode}));
    } else {
      Error error =
          Error::make(ErrorKind::kResult,
                      "The answer has other columns than the statement had when it was prepared, and it "
                      "writes: it was not run again.",
                      Outcome::kCommitted);
      error.code = "ERR_RESULT";
      error.host = host;
      fail(std::move(error));
    }
  }
  Attempt attempt(NodeState node) const {
    return {.mode = mode,
            .is_idempotent = statement_.is_idempotent,
            .is_plain_read = kind().is_plain_read,
            .node = node};
  }

 private:
  StatementKind kind() const {
    const Request& request = *statement_.request;
    if (!request.batch.empty()) {
      const bool reads = request.may_repeat && are_plain_reads(request.batch);
      return {.reads = reads, .is_plain_read = reads, .may_commit = false, .changes_session = false};
    }
    return kind_of(request);
  }
  static bool are_plain_reads(const std::vector<BatchItem>& batch) {
    return std::all_of(batch.begin(), batch.end(),
                       [](const BatchItem& item) { return kind_of_statement(item.sql).is_plain_read; });
  }
  static StatementKind kind_of(const Request& request) {
    StatementKind kind = request.info ? request.info->kind : kind_of_statement(request.sql);
    kind.is_plain_read = kind.is_plain_read && request.may_repeat;
    return kind;
  }
  /// A SELECT that calls a function may write: when a fence goes up under it, its answer alone cannot
  /// tell whether it did.
  bool needs_guard(const Request& request, const Connection& connection) const {
    if (!request.batch.empty()) {
      return !request.may_repeat || !are_plain_reads(request.batch);
    }
    if (connection.is_read_only_itself()) return false;  // it can write nowhere, and sees no fence
    const StatementKind kind = kind_of(request);
    if (connection.node() == NodeState::kUnreported && connection.server_version() < 140000)
      return !kind.may_commit;
    return kind.reads && !kind.is_plain_read;
  }

  PoolCore& pool_;
  Statement statement_;
  // Why it is run again though it may have run: the server keeps it from writing then, unless its caller
  // allows that.
  std::unique_ptr<Error> left_open_;
  std::unique_ptr<Reply> shown_in_fence_;
};

class PoolCore::LeaseClaim final : public Claim {
 public:
  LeaseClaim(Mode wanted, TimePoint acquire_by, TimePoint call_by, CancelToken cancel,
             Callback<std::string, double> told, Leaseholder& holder)
      : Claim(wanted, acquire_by, call_by, std::move(cancel), std::move(told)), holder_(holder) {
    holder_.claim_ = this;
  }

  void serve(std::unique_ptr<Claim> self, PooledSession& session) override {
    Leaseholder& holder = holder_;
    holder.claim_ = nullptr;
    holder.session_ = &session;
    session.holder = &holder;
    session.connection().pin();
    self.reset();
    holder.on_leased(session.connection());
  }
  void fail(Error error) override {
    error.retryable = is_retryable(error);
    error.causes.insert(error.causes.end(), causes.begin(), causes.end());
    holder_.claim_ = nullptr;
    holder_.on_refused(std::move(error));
  }

 private:
  Leaseholder& holder_;
};

// ----------------------------------------------------------------------------------- life of a pool

PoolCore::PoolCore(Loop& loop, pq::SessionFactory& factory, Cluster& cluster, PoolConfig config,
                   std::shared_ptr<PoolGauges> gauges)
    : loop_(loop),
      factory_(factory),
      cluster_(&cluster),
      config_(std::move(config)),
      gauges_(std::move(gauges)),
      random_(config_.seed),
      // Texts are few and small next to their prepared copies on every session.
      catalog_(
          std::max<std::size_t>(4 * static_cast<std::size_t>(config_.options.statement_cache_size), 1024)),
      waiters_(loop,
               [this](std::unique_ptr<Claim> claim, bool aborted) { expire(std::move(claim), aborted); }),
      demand_timer_(loop.timers(), [this] { demand(); }),
      house_timer_(loop.timers(), [this] { look_after_sessions(); }),
      drain_timer_(loop.timers(),
                   [this] { is_stopping_ ? close_everything(pool_closed_error()) : stop_everything(); }) {
  for (const HostAddress& address : config_.hosts)
    hosts_.push_back(std::make_unique<HostPool>(address, counts_));
  publish_hosts();
  on_topology(cluster_->topology(), {});
}

PoolCore::~PoolCore() {
  life_.end();
  if (state_ != PoolState::kClosed) close_everything(pool_closed_error());
}

MonitorConfig PoolCore::monitor_config() const {
  return {.conninfo = config_.conninfo,
          .passwords = config_.passwords,
          .interval = config_.options.monitor_interval,
          .probe_timeout = *config_.options.connect_timeout};
}

void PoolCore::start() {
  cluster_->join(*this, monitor_config());
  look_after_sessions();
}

void PoolCore::listen(Callback<ClusterEvent> listener) {
  listener_ = std::move(listener);
  for (const auto& host : hosts_) {
    for (const PooledSession* session : host->listed()) {
      if (session->is_open() || session->connection().state() == ConnectionState::kClosed) continue;
      listener_(
          SessionOpeningEvent{.host = host->address.text(), .session = static_cast<double>(session->number)});
    }
  }
}

void PoolCore::end(milliseconds drain, Completion<Unit> done) {
  if (state_ == PoolState::kClosed) {
    if (done) done.resolve({});
    return;
  }
  if (done) ending_.push_back(std::move(done));
  if (state_ == PoolState::kOpen) {
    state_ = PoolState::kDraining;
    drain_timer_.arm(after(loop_.now(), drain));
  }
  finish_end();
}

void PoolCore::move_to(Cluster& cluster, const std::vector<HostAddress>& hosts) {
  if (!is_open()) return;
  std::vector<std::unique_ptr<HostPool>> removed = std::exchange(hosts_, {});
  for (const HostAddress& address : hosts) {
    const auto known = std::find_if(removed.begin(), removed.end(),
                                    [&](const auto& host) { return host && host->address == address; });
    hosts_.push_back(known != removed.end() ? std::move(*known)
                                            : std::make_unique<HostPool>(address, counts_));
    // Numbered anew by the other cluster.
    const Host* host = cluster.topology().find(address);
    hosts_.back()->generation = host != nullptr ? host->generation : 0;
  }
  std::erase(removed, nullptr);
  config_.hosts = hosts;
  cluster_->leave(*this);
  cluster_ = &cluster;
  publish_hosts();
  on_topology(cluster_->topology(), {});
  // Only now: what ran there may be placed again at once. It fails as if the host were lost.
  for (const auto& host : removed) {
    const Error why =
        Error::make(ErrorKind::kConnectionLost,
                    "The host " + host->address.text() + " was taken out of the pool by setHosts().");
    for (PooledSession* session : host->listed()) session->connection().close(why);
  }
  // The sessions that were closed refer to their hosts until the end of the turn.
  loop_.dispose(std::move(removed));
  cluster_->join(*this, monitor_config());
  demand();
}

void PoolCore::publish_hosts() {
  auto hosts = std::make_shared<std::vector<std::shared_ptr<const HostGauge>>>();
  for (const auto& host : hosts_) hosts->push_back(host->gauge);
  gauges_->hosts.publish(std::move(hosts));
}

void PoolCore::close_now() { close_everything(pool_closed_error()); }

/// Draining is over when nothing is waited for any more.
void PoolCore::finish_end() {
  if (state_ != PoolState::kDraining || !waiters_.is_empty() || waiters_.held() > 0) return;
  if (counts_.open_members > counts_.idle) return;
  close_everything(pool_closed_error());
}

/// The time to drain is over: nothing more begins, and what runs is cancelled. When that has its time, too,
/// all is closed.
void PoolCore::stop_everything() {
  is_stopping_ = true;
  drain_timer_.arm(after(loop_.now(), config_.options.cancel_timeout));
  const Error why = pool_closed_error();
  fail_waiting(why);
  std::vector<Connection*> open;
  for (const auto& host : hosts_) {
    for (const auto& session : host->sessions()) {
      if (session->connection().is_open()) open.push_back(&session->connection());
    }
  }
  const Lifetime::Watch alive = life_.watch();
  for (Connection* connection : open) {
    if (connection->is_open()) connection->stop(why);
    if (!alive || state_ == PoolState::kClosed) return;
  }
  finish_end();
}

void PoolCore::fail_waiting(const Error& why) {
  waiters_.fail_all(why);
  for (Pause& pause : std::exchange(pauses_, {})) pause.done.resolve({});
}

void PoolCore::close_everything(const Error& why) {
  if (state_ == PoolState::kClosed) return;
  state_ = PoolState::kClosed;
  gauges_->is_closed.set(1);
  drain_timer_.disarm();
  demand_timer_.disarm();
  house_timer_.disarm();
  fail_waiting(why);
  for (const auto& host : hosts_) {
    // One that is closing already stays in the list until all that ran on it has been told.
    for (PooledSession* session : host->listed()) session->connection().close(why);
  }
  cluster_->leave(*this);
  publish();
  for (auto& done : std::exchange(ending_, {})) done.resolve({});
}

// ------------------------------------------------------------------------------- statements, leases

void PoolCore::submit(Statement statement) {
  if (state_ != PoolState::kOpen) {
    if (statement.batch_done) {
      statement.batch_done.reject(pool_closed_error());
    } else {
      statement.done.reject(pool_closed_error());
    }
    return;
  }
  const TimePoint acquire_by = after(loop_.now(), config_.options.acquire_timeout);
  place(std::make_unique<StatementClaim>(*this, std::move(statement), acquire_by), false);
}

namespace {

StatementDescription description_of(const StatementInfo& info) {
  StatementDescription description;
  for (const types::ParamType& param : info.params) {
    description.params.push_back({.type_oid = param.oid,
                                  .type_name = param.name,
                                  .base_type_oid = param.base_oid,
                                  .base_type_name = param.base_name.empty() ? param.name : param.base_name});
  }
  for (const Column& column : *info.text_columns) description.fields.push_back(column.field);
  return description;
}

}  // namespace

std::optional<StatementDescription> PoolCore::description(std::string_view sql) {
  const auto known = catalog_.find(sql);
  return known ? std::optional(description_of(*known)) : std::nullopt;
}

void PoolCore::describe(Statement statement, Completion<StatementDescription> done) {
  const std::string sql = statement.request->sql;
  if (auto known = description(sql)) {
    done.resolve(*std::move(known));
    return;
  }
  statement.is_idempotent = true;  // nothing is executed
  statement.request->is_description = true;
  statement.done = completion_from<ResultSet, Error>(
      [this, sql, done = std::move(done)](Expected<ResultSet> result) mutable {
        auto known = result.ok() ? description(sql) : std::nullopt;
        if (known) {
          done.resolve(*std::move(known));
        } else {
          done.reject(result.ok()
                          ? Error::make(ErrorKind::kInternal, "The description of the statement was lost.")
                          : std::move(result).error());
        }
      });
  submit(std::move(statement));
}

void PoolCore::lease(Mode mode, TimePoint deadline, CancelToken token, Callback<std::string, double> on_wait,
                     Leaseholder& holder) {
  const TimePoint acquire_by = after(loop_.now(), config_.options.acquire_timeout);
  auto claim =
      std::make_unique<LeaseClaim>(mode, acquire_by, deadline, std::move(token), std::move(on_wait), holder);
  if (state_ != PoolState::kOpen) {
    claim->fail(pool_closed_error());
    return;
  }
  place(std::move(claim), false);
}

void PoolCore::give_back(Leaseholder& holder) {
  if (PooledSession* session = std::exchange(holder.session_, nullptr)) {
    session->holder = nullptr;
    session->connection().unpin();
  }
  if (Claim* claim = std::exchange(holder.claim_, nullptr)) waiters_.take(*claim);
}

void PoolCore::pause(milliseconds delay, Completion<Unit> done) {
  const auto at = pauses_.insert(pauses_.end(), Pause{std::move(done), {}});
  at->timer = loop_.after(delay, [this, at] {
    Completion<Unit> due = std::move(at->done);
    pauses_.erase(at);
    due.resolve({});
  });
}

void PoolCore::place(std::unique_ptr<Claim> claim, bool in_front) {
  claim->since = loop_.now();
  if (claim->began == TimePoint{}) claim->began = claim->since;
  if (claim->token.is_cancelled()) {
    expire(std::move(claim), true);
    return;
  }
  if (in_front || waiters_.count(claim->mode) == 0) {
    PooledSession* session = session_for(*claim);
    // Whoever waits for the same session came first.
    if (session != nullptr && (in_front || waiters_.first(session->modes()) == nullptr)) {
      serve(std::move(claim), *session);
      return;
    }
  }
  const bool is_new = claim->last_host == nullptr;  // what was accepted once is not refused later
  if (auto error = is_new ? too_many_error(*claim) : std::nullopt) {
    count_failure(*error);
    claim->fail(*std::move(error));
    return;
  }
  claim->is_queued = true;
  if (claim->on_wait) claim->on_wait({}, 0);
  waiters_.push(std::move(claim), in_front);
  demand();
  fail_refused();
  if (!held_since_) tell_holding();
  changed();
}

/// A request waits when every session that may be opened for it is in use.
std::optional<Error> PoolCore::too_many_error(const Claim& claim) const {
  const auto size = static_cast<std::size_t>(config_.options.pool_size);
  const std::size_t in_use = counts_.open_members - counts_.idle;
  const Targets& targets = targets_[index_of(claim.mode)];
  const bool has_host = !targets.hosts.empty() || !targets.unknown.empty();
  const auto most = static_cast<std::size_t>(config_.options.max_waiting);
  const bool is_full = waiters_.size() >= most + (has_host ? size - std::min(size, in_use) : 0);
  const auto most_bytes = static_cast<std::size_t>(config_.options.max_waiting_bytes);
  if (!is_full && waiters_.bytes() + claim.bytes() <= most_bytes) return std::nullopt;
  Error error =
      Error::make(ErrorKind::kPoolExhausted,
                  is_full ? "Too many requests wait for a session (maxWaiting: " + std::to_string(most) + ")."
                          : "The requests that wait for a session are too large together (maxWaitingBytes: " +
                                std::to_string(most_bytes) + ").");
  error.code = "POOL_EXHAUSTED";
  return error;
}

void PoolCore::place_later(std::unique_ptr<Claim> claim) {
  const auto& retry = config_.options.retry;
  const milliseconds::rep doubled = retry.base_delay.count() << std::min<std::uint32_t>(claim->attempts, 20);
  const auto longest = static_cast<double>(std::min(doubled, retry.max_delay.count()));
  const milliseconds delay(static_cast<std::int64_t>(longest * random_.unit()));
  const TimePoint when = std::min(after(loop_.now(), delay), claim->wait_until());
  waiters_.hold(std::move(claim), when, [this](std::unique_ptr<Claim> due) { place(std::move(due), false); });
}

void PoolCore::expire(std::unique_ptr<Claim> claim, bool aborted) {
  Error error = no_session_error(*claim, aborted);
  const Duration waited = claim->waited + (loop_.now() - claim->since);
  error.wait_ms = std::chrono::duration<double, std::milli>(waited).count();
  count_failure(error);
  claim->fail(std::move(error));
  changed();
  finish_end();
}

void PoolCore::serve(std::unique_ptr<Claim> claim, PooledSession& session) {
  HDB_CHECK(claim != nullptr);
  session.home.set_idle(session, false);
  session.home.served = ++turn_;
  HostGauge& gauge = *session.home.gauge;
  Duration waited{};
  if (std::exchange(claim->is_queued, false)) {
    // The clock has just been read for the answer that made the session free.
    const TimePoint heard = session.connection().heard_at();
    waited = (heard > claim->since ? heard : loop_.now()) - claim->since;
    claim->waited += waited;
  }
  gauge.acquire.record(waited);
  if (claim->on_wait)
    claim->on_wait(session.home.address.text(), std::chrono::duration<double, std::milli>(waited).count());
  if (claim->last_host != nullptr && claim->last_host != &session.home) gauge.reroutes.add();
  claim->last_host = &session.home;
  Claim& served = *claim;
  served.serve(std::move(claim), session);
  changed();
}

/// Whoever has waited longest of those that fit the session gets it. False: nobody does.
bool PoolCore::serve_next(PooledSession& session) {
  auto claim = waiters_.take_first(session.modes());
  if (!claim) return false;
  serve(std::move(claim), session);
  return true;
}

namespace {

RetryReason reason_of(const Error& error) {
  if (error.kind == ErrorKind::kFenced || sqlstate::is_read_only(error.code)) return RetryReason::kFenced;
  if (sqlstate::is_conflict(error.code)) return RetryReason::kConflict;
  return error.kind == ErrorKind::kServer ? RetryReason::kShutdown : RetryReason::kLost;
}

}  // namespace

void PoolCore::answered(std::unique_ptr<StatementClaim> claim, PooledSession& session,
                        Expected<Reply> reply) {
  Connection& connection = session.connection();
  HostGauge& gauge = *session.home.gauge;
  const double wait_ms = std::chrono::duration<double, std::milli>(claim->waited).count();
  if (reply.ok()) {
    Reply& answer = reply.value();
    const bool read_in_fence =
        claim->mode == Mode::kReadWrite &&
        (answer.node == NodeState::kReadOnly || answer.node == NodeState::kInRecovery) &&
        claim->attempt(answer.node).is_plain_read;
    if (!read_in_fence) {
      if (answer.unreplicated && config_.options.on_unreplicated == OnUnreplicated::kReject) {
        Error error = Error::make(
            ErrorKind::kNotReplicated,
            "The statement is stored on " + connection.host().text() +
                ", but the wait for its synchronous standby was cut short; a failover may lose it.",
            Outcome::kCommittedLocally);
        error.code = "NOT_REPLICATED";
        error.host = connection.host().text();
        error.wait_ms = wait_ms;
        gauge.query.record(connection.heard_at() - claim->began);
        gauge.failed_with(error.outcome).add();
        claim->fail(std::move(error));
        return;
      }
      gauge.query.record(connection.heard_at() - claim->began);
      gauge.succeeded.add();
      answer.result.wait_ms = wait_ms;
      claim->succeed(std::move(answer));
      return;
    }
    // What a fenced node shows may be old already; the statement changed nothing: it is asked again of
    // the primary. A statement that writes got through before the fence, or it would have failed.
    gauge.retried_for(RetryReason::kFenced).add();
    claim->causes.push_back(connection.host().text() + ": fenced; its answer was discarded.");
    claim->keep(std::move(answer));
    place(std::move(claim), true);
    return;
  }

  Error error = std::move(reply).error();
  const Attempt attempt = claim->attempt(connection.node());
  claim->attempts = error.attempts;
  if (claim->is_unmasked(error, connection.node())) {
    gauge.failed_with(error.outcome).add();
    claim->settle_unmasked(connection.host().text());
    return;
  }
  if (state_ != PoolState::kClosed) {
    const Verdict verdict = verdict_of(error, attempt);
    // What did not run is sent until its deadline; what ran, or may have, as often as the options say.
    const bool is_spent = error.attempts >= static_cast<std::uint32_t>(config_.options.retry.max_attempts);
    const bool may_have_run = error.outcome == Outcome::kUnknown;
    const bool is_later = verdict == Verdict::kLater;
    if (verdict != Verdict::kSettle && !(is_spent && (is_later || may_have_run))) {
      if (sqlstate::is_read_only(error.code)) on_node_changed(session, NodeState::kReadOnly);
      gauge.retried_for(reason_of(error)).add();
      claim->causes.push_back(connection.host().text() + ": " + error.message);
      if (may_have_run) claim->leave_open(error);
      if (is_later) {
        place_later(std::move(claim));
      } else {
        place(std::move(claim), true);
      }
      return;
    }
  }
  error = claim->as_known(std::move(error));
  error.wait_ms = wait_ms;
  gauge.query.record(loop_.now() - claim->began);
  gauge.failed_with(error.outcome).add();
  claim->fail(as_told(std::move(error), attempt));
}

/// A call that got no session.
void PoolCore::count_failure(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kPoolExhausted:
      gauges_->exhausted.add();
      return;
    case ErrorKind::kTimeout:
      gauges_->timed_out.add();
      return;
    case ErrorKind::kAborted:
      gauges_->aborted.add();
      return;
    case ErrorKind::kConnect:
      gauges_->refused.add();
      return;
    default:
      gauges_->no_host.add();
  }
}

std::shared_ptr<HostGauge> PoolCore::gauge_of(const Leaseholder& holder) const {
  return holder.session_ != nullptr ? holder.session_->home.gauge : nullptr;
}

void PoolCore::retire(PooledSession& session, Eviction why) {
  session.eviction = why;
  session.connection().retire();
}

// ----------------------------------------------------------------------------------- finding sessions

/// An idle session on the least busy host that fits; equals take turns.
PooledSession* PoolCore::free_session(Mode mode) {
  if (counts_.idle == 0) return nullptr;
  HostPool* best = nullptr;
  for (HostPool* host : targets_[index_of(mode)].hosts) {
    if (host->idle(is_restricted(mode)) == nullptr) continue;
    const bool is_better = best == nullptr || host->busy() < best->busy() ||
                           (host->busy() == best->busy() && host->served < best->served);
    if (is_better) best = host;
  }
  return best != nullptr ? best->idle(is_restricted(mode)) : nullptr;
}

/// The session that a claim gets at once; null if it has to wait for one.
PooledSession* PoolCore::session_for(Claim& claim) {
  const std::size_t enough = kEnoughSessions * targets_[index_of(claim.mode)].hosts.size();
  if (counts_.open_members - counts_.idle >= enough) {
    // What holds up the first of them, a lock say, would hold up the others on sessions of their own, too.
    if (const StatementInfo* text = claim.joins()) {
      if (PooledSession* session = shared_session(claim.mode, kJoinDepth, enough, text)) return session;
    }
  }
  if (PooledSession* session = free_session(claim.mode)) return session;
  return is_full() ? shared_session(claim.mode, claim.share_depth(), 1, nullptr)
                   : nullptr;  // or rather open one
}

/// Of some busy sessions that take company the one with the least in flight, if that is less than `depth`;
/// null if there are less than `enough` of them. Null as the text: whatever is in flight.
PooledSession* PoolCore::shared_session(Mode mode, std::size_t depth, std::size_t enough,
                                        const StatementInfo* text) {
  if (depth == 0) return nullptr;
  PooledSession* best = nullptr;
  std::size_t found = 0;
  std::size_t looked_at = 0;
  for (HostPool* host : targets_[index_of(mode)].hosts) {
    const auto& sessions = host->sessions();
    for (std::size_t i = 0; i < sessions.size() && looked_at < kMostLookedAt; ++i) {
      PooledSession& session = *sessions[(turn_ + i) % sessions.size()];
      const Connection& connection = session.connection();
      if (text != nullptr && connection.common_text() != text) continue;
      if (!connection.takes_company() || !session.modes().has(mode)) continue;
      ++found;
      if (connection.in_flight() >= depth) continue;
      ++looked_at;
      if (best == nullptr || connection.in_flight() < best->connection().in_flight()) best = &session;
    }
  }
  return found >= enough ? best : nullptr;
}

/// A busy session has had an answer: those that wait longest for one like it may be sent behind the rest.
/// Half of what it may have in flight at a time, because what is sent together costs little more than one
/// statement.
void PoolCore::feed(PooledSession& session) {
  const Connection& connection = session.connection();
  for (bool is_first = true; !waiters_.is_empty(); is_first = false) {
    Claim* first = waiters_.first(session.modes());
    // One that wants a session of its own is not overtaken: the session runs empty for it.
    if (first == nullptr || !connection.takes_company()) return;
    std::size_t depth = 0;
    if (is_full()) {
      depth = first->share_depth();
    } else if (const StatementInfo* text = first->joins()) {  // all others rather open one
      depth = text == connection.common_text() ? kJoinDepth : 0;
    }
    if (depth == 0 || connection.in_flight() >= (is_first ? depth / 2 + 1 : depth)) return;
    serve(waiters_.take(*first), session);
  }
}

void PoolCore::on_free(PooledSession& session) {
  if (state_ == PoolState::kClosed) {
    session.connection().close(pool_closed_error());
    return;
  }
  if (session.place() == Place::kWarm && session.is_open()) {
    const ModeSet modes = session.modes();
    const bool is_wanted = modes.has(*config_.options.mode) || waiters_.first(modes) != nullptr;
    if (is_wanted && !is_full()) session.home.move_to(session, Place::kMember);
  }
  if (session.may_be_given()) give(session);
}

void PoolCore::give(PooledSession& session) {
  changed();
  if (serve_next(session)) {
    feed(session);
    return;
  }
  if (loop_.now() >= session.retire_at) {
    retire(session, Eviction::kLifetime);
    demand();
    return;
  }
  session.home.set_idle(session, true);
  if (!waiters_.is_empty()) demand();  // this one may make room for another
  finish_end();
}

/// The topology changed: idle sessions may fit waiting claims now.
void PoolCore::serve_waiting() {
  for (const Mode mode : kModes) {
    while (waiters_.count(mode) > 0) {
      PooledSession* session = free_session(mode);
      // Another mode may have waited longer for the same session.
      if (session == nullptr || !serve_next(*session)) break;
    }
  }
}

// ------------------------------------------------------------------------------------------ dialling

void PoolCore::dial(HostPool& host, bool restricted, Place place, Mode mode) {
  ConnectionConfig made;
  made.host = host.address;
  made.conninfo = config_.conninfo;
  const std::string& settings = restricted ? config_.restricted_options : config_.unrestricted_options;
  if (!settings.empty()) made.conninfo.emplace_back("options", settings);
  made.passwords = config_.passwords;
  made.restricted = restricted;
  made.statement_cache_size = static_cast<std::size_t>(config_.options.statement_cache_size);
  // Of this session alone: a pooler may let several of ours share one of the server's.
  made.name_prefix = config_.name_prefix + std::to_string(++dials_) + '_';
  made.connect_timeout = *config_.options.connect_timeout;
  made.cancel_timeout = config_.options.cancel_timeout;
  made.suspect_after = config_.options.suspect_after;
  made.most_answered = static_cast<std::uint64_t>(config_.options.max_result_bytes);
  made.meters = std::shared_ptr<SessionMeters>(host.gauge, &host.gauge->on_sessions);
  PooledSession& session = host.add(*this, place, mode, [&](ConnectionOwner& owner) {
    return std::make_unique<Connection>(loop_, factory_, catalog_, std::move(made), owner);
  });
  host.pacer.started();
  session.dialled_at = loop_.now();
  session.number = ++last_session_;
  listener_(SessionOpeningEvent{.host = host.address.text(), .session = static_cast<double>(session.number)});
  session.connection().dial();
  changed();
}

void PoolCore::on_verified(PooledSession& session) {
  HostPool& host = session.home;
  Connection& connection = session.connection();
  session.is_verified = true;
  // What the application prepares is being dialled until that is done.
  if (!config_.options.asks_on_connect) host.pacer.succeeded();
  host.refusal.reset();
  host.trouble.reset();
  race_at_ = loop_.now();  // whatever it is, the next host need not wait for it
  // Its host may turn out to be what others wait for; on_topology() serves them.
  const Lifetime::Watch alive = life_.watch();
  cluster_->learn({.kind = TopologyEvent::Kind::kProbed,
                   .host = connection.host(),
                   .facts = connection.facts(),
                   .reason = {},
                   .code = {},
                   .is_conclusive = false,
                   .at = {},
                   .asked_at = {}});
  if (!alive) return;
  if (connection.state() == ConnectionState::kClosed) {
    if (config_.options.asks_on_connect) host.pacer.succeeded();
    return;
  }
  if (!admit(session)) {
    if (config_.options.asks_on_connect) host.pacer.succeeded();
    connection.close(Error::make(ErrorKind::kConnectionLost, "The session was not needed."));
    demand();
    return;
  }
  connection.accept();
  if (config_.options.asks_on_connect) {
    show(session);
  } else {
    opened(session);
    on_free(session);
  }
  demand();  // the host takes the next dial now
}

/// From now on it may be given to anybody.
void PoolCore::opened(PooledSession& session) {
  HostPool& host = session.home;
  host.opened(session);
  changed();
  const Duration took = loop_.now() - session.dialled_at;
  host.gauge->connect.record(took);
  listener_(SessionOpenedEvent{.host = host.address.text(),
                               .session = static_cast<double>(session.number),
                               .took_ms = std::chrono::duration<double, std::milli>(took).count()});
  const auto lifetime = config_.options.max_lifetime;
  if (lifetime.count() > 0) {
    const double jitter = 0.9 + 0.2 * random_.unit();
    session.retire_at = after(
        loop_.now(), milliseconds(static_cast<std::int64_t>(static_cast<double>(lifetime.count()) * jitter)));
  }
}

/// The application prepares the session before anybody gets it.
void PoolCore::show(PooledSession& session) {
  const std::uint32_t number = session.greeting = ++last_greeting_;
  auto timer = loop_.after(*config_.options.connect_timeout, [this, number] {
    greeted(number, "it did not end within the connect timeout (" +
                        std::to_string(config_.options.connect_timeout->count()) + " ms)");
  });
  greetings_[number] = {&session, std::move(timer)};
  session.connection().pin();
  greet_(number, session.home.address.text());
}

void PoolCore::greeting_query(std::uint32_t number, std::unique_ptr<Request> request,
                              Completion<ResultSet> done) {
  const auto found = greetings_.find(number);
  if (found == greetings_.end()) {
    Error error = Error::make(ErrorKind::kConnectionLost, "The session is no longer being prepared.");
    error.code = "ECONNRESET";
    done.reject(std::move(error));
    return;
  }
  request->done = [done = std::make_shared<Completion<ResultSet>>(std::move(done))](std::unique_ptr<Request>,
                                                                                    Expected<Reply> reply) {
    if (reply.ok()) {
      done->resolve(std::move(reply.value().result));
    } else {
      done->reject(std::move(reply).error());
    }
  };
  found->second.session->connection().send(std::move(request));
}

void PoolCore::greeted(std::uint32_t number, const std::optional<std::string>& problem) {
  const auto found = greetings_.find(number);
  if (found == greetings_.end()) return;
  PooledSession& session = *found->second.session;
  HostPool& host = session.home;
  if (!problem) {
    forget_greeting(session);
    host.pacer.succeeded();
    opened(session);
    session.connection().unpin();
    demand();
    return;
  }
  Error error = Error::make(ErrorKind::kConnect, "The function `onConnect` failed for " +
                                                     host.address.text() + ": " + *problem + ".");
  error.code = "ERR_ON_CONNECT";
  error.host = host.address.text();
  host.refusal = error;
  session.connection().close(std::move(error));
  host.pacer.hold_until(loop_.now() + kRefusalPause);
  fail_refused();
}

void PoolCore::forget_greeting(PooledSession& session) {
  const auto found = greetings_.find(std::exchange(session.greeting, 0));
  if (found == greetings_.end()) return;
  greetings_.erase(found);
}

/// Is a session that was just verified wanted, and as what?
bool PoolCore::admit(PooledSession& session) {
  const Connection& connection = session.connection();
  if (state_ == PoolState::kClosed || connection.is_retiring()) return false;
  const ModeSet modes = session.modes();
  const bool fits =
      modes.has(session.wanted_by) || modes.has(*config_.options.mode) || waiters_.first(modes) != nullptr;
  if (fits && (session.place() == Place::kMember || !is_full())) {
    if (session.place() != Place::kMember) session.home.move_to(session, Place::kMember);
    return true;
  }
  const Host* host = topology_->find(connection.host());
  if (host == nullptr || host->role != HostRole::kStandby || connection.is_restricted() ||
      config_.options.mode != Mode::kReadWrite || state_ != PoolState::kOpen) {
    return false;
  }
  const auto& sessions = session.home.sessions();
  const bool has_one = std::any_of(sessions.begin(), sessions.end(), [&](const auto& other) {
    return other.get() != &session && other->place() == Place::kWarm;
  });
  session.home.move_to(session, Place::kWarm);
  return !has_one;
}

/// One session on each standby of a read-write pool: connected, authenticated and prepared, it is the
/// first one that writes when its host is promoted.
void PoolCore::keep_warm() {
  for (const auto& host : hosts_) {
    if (wants_warm(*host)) dial(*host, false, Place::kWarm, Mode::kReadWrite);
  }
}

bool PoolCore::wants_warm(const HostPool& host) const {
  if (config_.options.mode != Mode::kReadWrite || state_ != PoolState::kOpen ||
      topology_->primary() == nullptr)
    return false;
  const Host* known = topology_->find(host.address);
  return known != nullptr && known->role == HostRole::kStandby && !host.refusal &&
         host.pacer.may_dial(loop_.now()) && host.open(false) + host.dialing(false) == 0;
}

/// Warm sessions of a host that became the primary.
void PoolCore::promote_warm() {
  const auto find = [this]() -> PooledSession* {
    for (const HostPool* host : targets_[index_of(Mode::kReadWrite)].hosts) {
      if (PooledSession* warm = host->warm()) return warm;
    }
    return nullptr;
  };
  while (!is_full()) {
    PooledSession* warm = find();
    if (warm == nullptr) return;
    enlist(*warm);
  }
}

/// One more of `poolSize`.
void PoolCore::enlist(PooledSession& session) {
  session.home.move_to(session, Place::kMember);
  if (session.may_be_given()) give(session);  // else it tells when it is free
}

void PoolCore::on_closed(PooledSession& session, const Error& why, bool was_open) {
  HostPool& host = session.home;
  Leaseholder* const holder = session.holder;
  const bool dial_failed = !was_open && !session.is_verified;
  const bool was_shown = session.greeting != 0;
  forget_greeting(session);
  // It is still running one of its own functions.
  loop_.dispose(host.remove(session));

  if (holder != nullptr) {
    holder->session_ = nullptr;
    holder->on_lost(why);
  }
  changed();
  listener_(SessionClosedEvent{.host = host.address.text(),
                               .session = static_cast<double>(session.number),
                               .was_open = was_open && !was_shown,
                               .reason = why.message});
  if (state_ == PoolState::kClosed) return;
  if (was_open && !was_shown) host.gauge->evicted_for(session.eviction).add();

  // Of a host that the pool has left nothing is concluded.
  if (pool_of(host.address) != &host) {
    demand();
    return;
  }
  const TimePoint now = loop_.now();
  if (dial_failed || was_shown) {
    host.gauge->connect_failures.add();
    host.pacer.failed(now, random_);
    host.trouble = why;
  }
  if (dial_failed) {
    race_at_ = now;
    if (is_refusal(why)) {
      if (!host.refusal) ask_refused_at_ = now + kIdleRefusalPause;
      host.refusal = why;
      host.pacer.hold_until(now + kRefusalPause);
    } else if (!is_shortage(why.code)) {
      cluster_->learn(failure_event(host.address, why, now, session.dialled_at));
    }
    demand();
    fail_refused();
  } else {
    // A code says that it was lost, not closed by us.
    if (!why.code.empty() && why.kind != ErrorKind::kPoolClosed) cluster_->suspect();
    demand();
  }
  finish_end();
}

/// The refusal that every host of a mode has answered us with; null while there is hope.
const Error* PoolCore::refusal_for(Mode mode) const {
  const Targets& targets = targets_[index_of(mode)];
  const Error* refusal = nullptr;
  for (const auto* list : {&targets.hosts, &targets.unknown}) {
    for (const HostPool* host : *list) {
      // While it is asked again, its answer decides; and who has sessions there gets one of those.
      if (!host->refusal || host->pacer.dialing() > 0 || host->open(is_restricted(mode)) > 0) return nullptr;
      if (refusal == nullptr) refusal = &*host->refusal;
    }
    if (refusal != nullptr) return refusal;
  }
  if (mode == Mode::kAny || !targets.hosts.empty() || !targets.unknown.empty()) return nullptr;
  // None of the servers may be asked what it is.
  for (const auto& host : hosts_) {
    if (!host->unreadable) return nullptr;
    refusal = &*host->unreadable;
  }
  return refusal;
}

void PoolCore::fail_refused() {
  for (const Mode mode : kModes) {
    if (waiters_.count(mode) == 0) continue;
    const Error* refusal = refusal_for(mode);
    if (refusal == nullptr) continue;
    const Error error = *refusal;
    while (auto claim = waiters_.take_first(mode)) {
      count_failure(error);
      claim->fail(error);
    }
  }
}

// ------------------------------------------------------------------------------- following the cluster

void PoolCore::on_node_changed(PooledSession& session, NodeState state) {
  Connection& connection = session.connection();
  if (connection.is_restricted()) {
    // Only a promotion shows on such a session: ask at once.
    cluster_->suspect();
    return;
  }
  const Host* host = topology_->find(connection.host());
  if (host == nullptr) return;
  const bool was_primary = host->role == HostRole::kPrimary;
  if (was_primary && (state == NodeState::kReadOnly || state == NodeState::kInRecovery)) {
    cluster_->learn({.kind = state == NodeState::kReadOnly ? TopologyEvent::Kind::kFenceSeen
                                                           : TopologyEvent::Kind::kRecoverySeen,
                     .host = connection.host(),
                     .facts = {},
                     .reason = {},
                     .code = {},
                     .is_conclusive = false,
                     .at = {},
                     .asked_at = {}});
    retire(session, Eviction::kRole);
  } else if (!was_primary && state == NodeState::kWritable) {
    cluster_->suspect();
  }
}

void PoolCore::on_leaving(PooledSession& session) {
  session.home.set_idle(session, false);
  changed();
}

void PoolCore::on_silent(PooledSession& session) {
  if (session.connection().is_unheard()) {
    cluster_->suspect_path(session.home.address);
  } else {
    cluster_->suspect();
  }
}

void PoolCore::on_topology(const Topology&, const std::vector<ClusterEvent>& events) {
  topology_ = cluster_->snapshot();
  gauges_->topology.publish(topology_);
  for (const auto& host : hosts_) host->fits = {};
  for (const Mode mode : kModes) {
    const Candidates found = candidates(mode, *topology_);
    Targets& targets = targets_[index_of(mode)] = {};
    for (const Host* host : found.hosts) {
      if (HostPool* pool = pool_of(host->address)) {
        targets.hosts.push_back(pool);
        pool->fits.add(mode);
      }
    }
    for (const Host* host : found.unknown) {
      if (HostPool* pool = pool_of(host->address)) targets.unknown.push_back(pool);
    }
  }
  for (const auto& host : hosts_) {
    host->unreadable.reset();
    const Host* known = topology_->find(host->address);
    if (known == nullptr || !known->facts || known->facts->unreadable.empty()) continue;
    Error& error = host->unreadable.emplace(Error::make(ErrorKind::kConnect, known->reason));
    error.code = sqlstate::kInsufficientPrivilege;
    error.host = host->address.text();
  }
  if (state_ == PoolState::kClosed) return;
  for (const ClusterEvent& event : events) {
    const auto* change = std::get_if<PrimaryChangedEvent>(&event);
    if (change != nullptr && change->host && change->gap_ms) {
      gauges_->failover_gap.record(
          std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(*change->gap_ms)));
    }
    listener_(event);
  }
  if (is_in_trouble_) changed();
  close_unfit();
  close_unheard();
  promote_warm();
  serve_waiting();
  tell_holding();
  if (!waiters_.is_empty()) demand();
  fail_refused();
}

/// Requests wait, and there is no node for them. A race that has begun is no hold.
bool PoolCore::is_holding() const {
  return std::any_of(kModes.begin(), kModes.end(), [&](Mode mode) {
    const Targets& targets = targets_[index_of(mode)];
    return waiters_.count(mode) > 0 && targets.hosts.empty() && targets.unknown.empty();
  });
}

/// Tells when requests begin to wait for a node that fits, and when all of them have been served.
void PoolCore::tell_holding() {
  if (!held_since_ && is_holding()) {
    held_since_ = loop_.now();
    listener_(HoldEvent{.waiting = static_cast<std::int32_t>(waiters_.size())});
  } else if (held_since_ && waiters_.is_empty()) {
    const std::chrono::duration<double, std::milli> held = loop_.now() - *held_since_;
    held_since_.reset();
    listener_(DrainedEvent{.held_ms = held.count()});
  }
}

/// Sessions of a host that is not what it was when they were opened.
void PoolCore::close_unfit() {
  const std::shared_ptr<const Topology> topology = topology_;  // what ends here may teach us a newer one
  for (const auto& pool : hosts_) {
    const Host* host = topology->find(pool->address);
    if (host == nullptr) continue;
    // What it still ran when it fell silent goes when another node is known to have taken over.
    const bool is_overtaken = host->role == HostRole::kDown && host->epoch() < topology->newest;
    if (host->generation == pool->generation && !is_overtaken) continue;
    pool->generation = host->generation;
    const bool may_answer = host->role == HostRole::kDown && !is_overtaken && !is_gone(host->code) &&
                            host->facts && !host->facts->in_recovery;
    const Error why = Error::make(ErrorKind::kConnectionLost,
                                  "The host " + pool->address.text() + " left its role: " +
                                      (host->reason.empty() ? "it is in recovery." : host->reason));
    for (PooledSession* session : pool->listed()) {
      if (!session->connection().is_open()) continue;
      // A fenced node still answers: what runs there gets its verdict from its own response. So may a primary
      // that is silent, and that nobody replaced.
      if (host->role == HostRole::kFenced || may_answer) {
        retire(*session, Eviction::kRole);
      } else {
        session->eviction = Eviction::kRole;
        session->connection().close(why);
      }
    }
  }
}

// --------------------------------------------------------------------------------------- housekeeping

void PoolCore::look_after_sessions() {
  const TimePoint now = loop_.now();
  const auto idle_timeout = config_.options.idle_timeout;
  std::vector<PooledSession*> expired;
  std::size_t idle = counts_.idle;
  gauges_->alive_at.set(seconds_of(now));
  for (const auto& host : hosts_) {
    for (const auto& session : host->sessions()) {
      Connection& connection = session->connection();
      const bool is_old = now >= session->retire_at;
      if (!session->is_idle()) {
        // A warm one, or one that others share and that is never free: it ends after what it runs.
        if (!is_old || !connection.is_open()) continue;
        session->eviction = Eviction::kLifetime;
        expired.push_back(session.get());
        continue;
      }
      const bool is_unused = idle_timeout.count() > 0 &&
                             now >= after(connection.idle_since(), idle_timeout) &&
                             idle > static_cast<std::size_t>(config_.options.min_idle);
      if (!is_old && !is_unused && !session->modes().is_empty()) continue;
      session->eviction = session->modes().is_empty() ? Eviction::kRole
                          : is_old                    ? Eviction::kLifetime
                                                      : Eviction::kIdle;
      expired.push_back(session.get());
      --idle;
    }
  }
  for (PooledSession* session : expired) session->connection().retire();
  if (state_ == PoolState::kClosed) return;
  demand();
  keep_warm();
  house_timer_.arm(after(now, kHousekeeping));
}

/// What other threads may read is written once a turn, before anybody is told of what happened in it.
void PoolCore::changed() {
  if (!std::exchange(is_published_, false)) return;
  loop_.defer(life_.guard([this] { publish(); }));
}

void PoolCore::publish() {
  is_published_ = true;
  publish_trouble();
  if (held_since_ && waiters_.is_empty()) tell_holding();
  for (const auto& host : hosts_) {
    host->gauge->sessions.set(static_cast<std::int32_t>(host->open_members()));
    host->gauge->warm_sessions.set(static_cast<std::int32_t>(host->open_warm()));
  }
  gauges_->size.set(static_cast<std::int32_t>(counts_.members));
  gauges_->available.set(static_cast<std::int32_t>(counts_.idle));
  gauges_->in_use.set(static_cast<std::int32_t>(counts_.open_members - counts_.idle));
  gauges_->waiting.set(static_cast<std::int32_t>(waiters_.size() + waiters_.held()));
}

void PoolCore::publish_trouble() {
  const Mode own = *config_.options.mode;
  std::vector<std::string> lines;
  for (const HostPool* host : targets_[index_of(own)].hosts) {
    if (host->open(is_restricted(own)) > 0 || !host->trouble) {
      lines.clear();
      break;
    }
    lines.push_back(host->trouble->message + (host->trouble->message.ends_with('.') ? "" : "."));
  }
  if (!is_in_trouble_ && lines.empty()) return;
  is_in_trouble_ = !lines.empty();
  gauges_->trouble.publish(std::make_shared<const std::vector<std::string>>(std::move(lines)));
}

Error PoolCore::no_session_error(const Claim& claim, bool aborted) const {
  const std::int64_t waited = ms_between(claim.since, loop_.now());
  const std::string after_ms = " after " + std::to_string(waited) + "ms";
  Error error;
  if (aborted) {
    error = Error::make(ErrorKind::kAborted, "The call was aborted while it waited for a session.");
    error.code = "ABORT_ERR";
  } else if (claim.deadline <= claim.acquire_deadline) {
    error = Error::make(ErrorKind::kTimeout,
                        "The time limit of the call passed while it waited for a session" + after_ms + ".");
    error.code = "ETIMEDOUT";
  } else if (!targets_[index_of(claim.mode)].hosts.empty() && is_full()) {
    error = Error::make(ErrorKind::kPoolExhausted, "Every session of the pool is in use (poolSize: " +
                                                       std::to_string(config_.options.pool_size) +
                                                       "); none came free" + after_ms + ".");
    error.code = "POOL_EXHAUSTED";
  } else if (topology_->is_split() && claim.mode == Mode::kReadWrite) {
    error = Error::make(
        ErrorKind::kSplitBrain,
        "Two nodes accept writes on the same timeline; no writable primary available" + after_ms + ".");
    error.code = "SPLIT_BRAIN";
  } else {
    const bool is_there = !targets_[index_of(claim.mode)].hosts.empty();
    switch (claim.mode) {
      case Mode::kReadWrite:
        error = Error::make(ErrorKind::kNoPrimary, (is_there ? "no session on the primary could be opened"
                                                             : "no writable primary available") +
                                                       after_ms);
        error.code = "NO_PRIMARY";
        break;
      case Mode::kReadOnly:
        error = Error::make(
            ErrorKind::kNoStandby,
            (is_there ? "no session on a standby could be opened" : "no standby available") + after_ms);
        error.code = "NO_STANDBY";
        break;
      case Mode::kPreferStandby:
      case Mode::kAny:
        error = Error::make(ErrorKind::kNoHost, "no host available" + after_ms);
        error.code = "NO_HOST";
        break;
    }
  }
  for (const Host& host : topology_->hosts) {
    std::string line = host.address.text() + ": ";
    line += text_of(host.role);
    const HostPool* pool = pool_of(host.address);
    if (pool != nullptr && pool->trouble) {
      line += "; " + pool->trouble->message;
    } else if (pool != nullptr && pool->refusal) {
      line += "; " + pool->refusal->message;
    } else if (!host.reason.empty()) {
      line += "; " + host.reason;
    }
    error.causes.push_back(std::move(line));
  }
  return error;
}

HostPool* PoolCore::pool_of(const HostAddress& address) const {
  for (const auto& host : hosts_) {
    if (host->address == address) return host.get();
  }
  return nullptr;
}

}  // namespace hdb
