#include "pool/pool_core.hpp"

#include <algorithm>

#include "pool/retry.hpp"

namespace hdb {

namespace {

constexpr bool is_restricted(Mode mode) { return mode == Mode::kReadOnly || mode == Mode::kPreferStandby; }
constexpr std::size_t index_of(Mode mode) { return static_cast<std::size_t>(mode); }
constexpr std::array kModes{Mode::kReadWrite, Mode::kReadOnly, Mode::kPreferStandby, Mode::kAny};

/// How often idle and old sessions are looked at.
constexpr milliseconds kHousekeeping{1000};
/// Slowest pace of dials to a host that refuses our credentials.
constexpr milliseconds kRefusalPause{1000};
/// How many statements may be in flight on one session when all are busy.
constexpr std::size_t kReadDepth = 16;
constexpr std::size_t kWriteDepth = 4;

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
      : Claim(statement.mode, acquire_by, statement.request->deadline, statement.request->token),
        pool_(pool),
        statement_(std::move(statement)) {}

  void serve(std::unique_ptr<Claim> self, Connection& connection) override {
    auto request = std::move(statement_.request);
    request->rewind();
    if (!request->info && request->batch.empty()) request->info = pool_.catalog_.find(request->sql);
    // What a text cannot rule out is ruled out by the server, in the same round trip.
    request->is_guarded = mode == Mode::kReadWrite && needs_guard(*request, connection);
    request->done = [claim = static_cast<StatementClaim*>(self.release()), &connection](std::unique_ptr<Request> back,
                                                                                      Expected<Reply> reply) {
      std::unique_ptr<StatementClaim> owned(claim);
      owned->statement_.request = std::move(back);
      PoolCore& pool = owned->pool_;
      pool.answered(std::move(owned), connection, std::move(reply));
      pool.feed(connection);
    };
    connection.send(std::move(request));
  }

  void fail(Error error) override {
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
      statement_.done.resolve(std::move(reply.result));
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
    if (info == nullptr || !info->pace.is_fast() || info->kind.may_commit || info->kind.changes_session) return 0;
    // A lost session leaves every write in flight in doubt: fewer of them.
    return info->kind.is_plain_read ? kReadDepth : kWriteDepth;
  }
  std::size_t bytes() const override {
    const Request* request = statement_.request.get();
    return request == nullptr ? 0 : request->bytes;
  }

  Statement& statement() { return statement_; }
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
      const bool reads = std::all_of(request.batch.begin(), request.batch.end(), [](const BatchItem& item) {
        return kind_of_statement(item.sql).is_plain_read;
      });
      return {.reads = reads, .is_plain_read = reads, .may_commit = false, .changes_session = false};
    }
    return request.info ? request.info->kind : kind_of_statement(request.sql);
  }
  /// A SELECT that calls a function may write: when a fence goes up under it, its answer alone cannot
  /// tell whether it did.
  bool needs_guard(const Request& request, const Connection& connection) const {
    if (!request.batch.empty()) {
      return !std::all_of(request.batch.begin(), request.batch.end(), [](const BatchItem& item) {
        return kind_of_statement(item.sql).is_plain_read;
      });
    }
    const StatementKind kind = request.info ? request.info->kind : kind_of_statement(request.sql);
    if (connection.node() == NodeState::kUnreported && connection.server_version() < 140000) return !kind.may_commit;
    return kind.reads && !kind.is_plain_read;
  }

  PoolCore& pool_;
  Statement statement_;
};

class PoolCore::LeaseClaim final : public Claim {
 public:
  LeaseClaim(Mode wanted, TimePoint acquire_by, TimePoint call_by, CancelToken cancel, PoolCore& pool, Leaseholder& holder)
      : Claim(wanted, acquire_by, call_by, std::move(cancel)), pool_(pool), holder_(holder) {}

  void serve(std::unique_ptr<Claim> self, Connection& connection) override {
    Leaseholder& holder = holder_;
    pool_.session_of(connection)->holder = &holder;
    connection.pin();
    self.reset();
    holder.on_leased(connection);
  }
  void fail(Error error) override {
    error.retryable = is_retryable(error);
    error.causes.insert(error.causes.end(), causes.begin(), causes.end());
    holder_.on_refused(std::move(error));
  }
  bool is_of(const Leaseholder& holder) const { return &holder == &holder_; }

 private:
  PoolCore& pool_;
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
      catalog_(std::max<std::size_t>(4 * static_cast<std::size_t>(config_.options.statement_cache_size), 1024)),
      waiters_(loop, [this](std::unique_ptr<Claim> claim, bool aborted) { expire(std::move(claim), aborted); }),
      demand_timer_(loop.timers(), [this] { demand(); }),
      house_timer_(loop.timers(), [this] { look_after_sessions(); }),
      drain_timer_(loop.timers(), [this] { close_everything(pool_closed_error()); }) {
  for (const HostAddress& address : config_.hosts) {
    slots_.push_back(std::make_unique<Slot>(address));
  }
  publish_hosts();
  on_topology(cluster_->topology(), {});
}

PoolCore::~PoolCore() {
  *alive_ = false;
  if (state_ != PoolState::kClosed) close_everything(pool_closed_error());
}

void PoolCore::start() {
  cluster_->join(*this, {.conninfo = config_.conninfo,
                        .interval = config_.options.monitor_interval,
                        .probe_timeout = config_.options.connect_timeout});
  look_after_sessions();
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
  if (state_ != PoolState::kOpen) return;
  std::vector<std::unique_ptr<Slot>> before = std::exchange(slots_, {});
  for (const HostAddress& address : hosts) {
    const auto known = std::find_if(before.begin(), before.end(),
                                    [&](const auto& slot) { return slot && slot->address == address; });
    slots_.push_back(known != before.end() ? std::move(*known) : std::make_unique<Slot>(address));
    slots_.back()->generation = 0;  // numbered by the cluster that is left
  }
  config_.hosts = hosts;
  // Sessions on hosts that are gone end as if those were lost: what runs there is told the truth.
  for (auto& slot : before) {
    if (!slot) continue;
    Error why = Error::make(ErrorKind::kConnectionLost, "The host " + slot->address.text() + " was taken out of the pool by setHosts().");
    slots_.push_back(std::move(slot));
    Slot& leaving = *slots_.back();
    while (!leaving.sessions.empty()) leaving.sessions.back()->connection->close(why);
    slots_.pop_back();
  }
  cluster_->leave(*this);
  cluster_ = &cluster;
  for (auto& slot : slots_) {
    if (const Host* host = cluster_->topology().find(slot->address)) slot->generation = host->generation;
  }
  publish_hosts();
  on_topology(cluster_->topology(), {});
  cluster_->join(*this, {.conninfo = config_.conninfo,
                         .interval = config_.options.monitor_interval,
                         .probe_timeout = config_.options.connect_timeout});
  demand();
}

void PoolCore::publish_hosts() {
  auto hosts = std::make_shared<std::vector<std::shared_ptr<const HostGauge>>>();
  for (const auto& slot : slots_) hosts->push_back(slot->gauge);
  gauges_->hosts.publish(std::move(hosts));
}

void PoolCore::close_now() { close_everything(pool_closed_error()); }

/// Draining is over when nothing is waited for any more.
void PoolCore::finish_end() {
  if (state_ != PoolState::kDraining || !waiters_.is_empty() || !delayed_.empty()) return;
  for (const auto& slot : slots_) {
    for (const auto& session : slot->sessions) {
      if (session->connection->is_open() && !session->is_idle && session->place == Place::kMember) return;
    }
  }
  close_everything(pool_closed_error());
}

void PoolCore::close_everything(const Error& why) {
  if (state_ == PoolState::kClosed) return;
  state_ = PoolState::kClosed;
  drain_timer_.disarm();
  demand_timer_.disarm();
  house_timer_.disarm();
  while (auto claim = waiters_.take_first([](const Claim&) { return true; })) claim->fail(why);
  for (Delayed& delayed : std::exchange(delayed_, {})) delayed.claim->fail(why);
  for (Pause& pause : std::exchange(pauses_, {})) pause.done.resolve({});
  for (auto& slot : slots_) {
    // Closing takes the session out of the list.
    while (!slot->sessions.empty()) {
      Error error = why;
      slot->sessions.back()->connection->close(std::move(error));
    }
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
  statement.done = completion_from<ResultSet, Error>([this, sql, done = std::move(done)](Expected<ResultSet> result) mutable {
    auto known = result.ok() ? description(sql) : std::nullopt;
    if (known) {
      done.resolve(*std::move(known));
    } else {
      done.reject(result.ok() ? Error::make(ErrorKind::kInternal, "The description of the statement was lost.") : std::move(result).error());
    }
  });
  submit(std::move(statement));
}

void PoolCore::lease(Mode mode, TimePoint deadline, CancelToken token, Leaseholder& holder) {
  const TimePoint acquire_by = after(loop_.now(), config_.options.acquire_timeout);
  auto claim = std::make_unique<LeaseClaim>(mode, acquire_by, deadline, std::move(token), *this, holder);
  if (state_ != PoolState::kOpen) {
    claim->fail(pool_closed_error());
    return;
  }
  place(std::move(claim), false);
}

void PoolCore::give_back(Leaseholder& holder) {
  for (auto& slot : slots_) {
    for (auto& session : slot->sessions) {
      if (session->holder != &holder) continue;
      session->holder = nullptr;
      session->connection->unpin();
      return;
    }
  }
  waiters_.take_first([&](const Claim& claim) {
    const auto* lease = dynamic_cast<const LeaseClaim*>(&claim);
    return lease != nullptr && lease->is_of(holder);
  });
}

void PoolCore::pause(milliseconds delay, Completion<Unit> done) {
  pauses_.push_back({std::move(done), nullptr});
  const auto at = std::prev(pauses_.end());
  at->timer = std::make_unique<Timer>(loop_.timers(), [this, at] {
    Completion<Unit> due = std::move(at->done);
    // The timer is running: it goes at the end of the turn.
    loop_.defer([timer = std::shared_ptr<Timer>(std::move(at->timer))] {});
    pauses_.erase(at);
    due.resolve({});
  });
  at->timer->arm(after(loop_.now(), delay));
}

void PoolCore::place(std::unique_ptr<Claim> claim, bool in_front) {
  claim->since = loop_.now();
  if (claim->token.is_cancelled()) {
    expire(std::move(claim), true);
    return;
  }
  if (in_front || waiters_.is_empty()) {
    if (Session* session = free_session(claim->mode)) {
      serve(std::move(claim), *session);
      return;
    }
    if (Session* session = shared_session(*claim)) {
      serve(std::move(claim), *session);
      return;
    }
  }
  const bool is_full = waiters_.size() >= static_cast<std::size_t>(config_.options.max_waiting);
  const auto most_bytes = static_cast<std::size_t>(config_.options.max_waiting_bytes);
  if (!in_front && (is_full || waiters_.bytes() + claim->bytes() > most_bytes)) {
    Error error = Error::make(ErrorKind::kPoolExhausted,
                              is_full ? "Too many requests wait for a session (maxWaiting: " +
                                            std::to_string(config_.options.max_waiting) + ")."
                                      : "The requests that wait for a session are too large together (maxWaitingBytes: " +
                                            std::to_string(config_.options.max_waiting_bytes) + ").");
    error.code = "POOL_EXHAUSTED";
    claim->fail(std::move(error));
    return;
  }
  waiters_.push(std::move(claim), in_front);
  demand();
  fail_refused();
  if (!held_since_) tell_holding();
  publish();
}

void PoolCore::place_later(std::unique_ptr<Claim> claim) {
  const auto& retry = config_.options.retry;
  const std::int64_t doubled = retry.base_delay.count() << std::min<std::uint32_t>(claim->attempts, 20);
  const auto longest = static_cast<double>(std::min(doubled, retry.max_delay.count()));
  const milliseconds delay(static_cast<std::int64_t>(longest * random_.unit()));
  delayed_.push_back({std::move(claim), nullptr});
  const auto at = std::prev(delayed_.end());
  at->timer = std::make_unique<Timer>(loop_.timers(), [this, at] {
    auto due = std::move(at->claim);
    // The timer is running: it goes at the end of the turn.
    loop_.defer([timer = std::shared_ptr<Timer>(std::move(at->timer))] {});
    delayed_.erase(at);
    place(std::move(due), false);
  });
  at->timer->arm(std::min(after(loop_.now(), delay), at->claim->wait_until()));
}

void PoolCore::expire(std::unique_ptr<Claim> claim, bool aborted) {
  Error error = no_session_error(*claim, aborted);
  claim->fail(std::move(error));
  publish();
  finish_end();
}

void PoolCore::serve(std::unique_ptr<Claim> claim, Session& session) {
  set_idle(session, false);
  Claim& served = *claim;
  slot_of(session.connection->host())->served = ++turn_;
  served.serve(std::move(claim), *session.connection);
  publish();
}

void PoolCore::answered(std::unique_ptr<StatementClaim> claim, Connection& connection, Expected<Reply> reply) {
  // The session is free in a moment; who hears of the answer first and asks must not see it in use.
  if (waiters_.is_empty() && connection.in_flight() == 0) {
    gauges_->in_use.set(std::max(0, gauges_->in_use.read() - 1));
    gauges_->available.set(gauges_->available.read() + 1);
  }
  if (reply.ok()) {
    Reply& answer = reply.value();
    const bool read_in_fence = claim->mode == Mode::kReadWrite &&
                               (answer.node == NodeState::kReadOnly || answer.node == NodeState::kInRecovery) &&
                               claim->attempt(answer.node).is_plain_read;
    if (!read_in_fence) {
      if (answer.unreplicated && config_.options.on_unreplicated == OnUnreplicated::kReject) {
        Error error = Error::make(ErrorKind::kNotReplicated,
                                  "The statement is stored on " + connection.host().text() +
                                      ", but the wait for its synchronous standby was cut short; a failover may lose it.",
                                  Outcome::kCommittedLocally);
        error.code = "NOT_REPLICATED";
        error.host = connection.host().text();
        claim->fail(std::move(error));
        return;
      }
      claim->succeed(std::move(answer));
      return;
    }
    // What a fenced node shows may be old already; the statement changed nothing: it is asked again of
    // the primary. A statement that writes got through before the fence, or it would have failed.
    claim->causes.push_back(connection.host().text() + ": fenced; its answer was discarded.");
    place(std::move(claim), true);
    return;
  }

  Error error = std::move(reply).error();
  const Attempt attempt = claim->attempt(connection.node());
  claim->attempts = error.attempts;
  if (state_ != PoolState::kClosed) {
    const Verdict verdict = verdict_of(error, attempt);
    // What did not run is sent until its deadline; what ran, or may have, as often as the options say.
    const bool is_spent = error.attempts >= static_cast<std::uint32_t>(config_.options.retry.max_attempts);
    const bool may_have_run = error.outcome == Outcome::kUnknown;
    // A session that survived its error would give the same answer at once.
    const bool is_later = verdict == Verdict::kLater || (may_have_run && error.kind == ErrorKind::kServer);
    if (verdict != Verdict::kSettle && !(is_spent && (is_later || may_have_run))) {
      if (error.code == "25006") on_node_changed(connection, NodeState::kReadOnly);
      claim->causes.push_back(connection.host().text() + ": " + error.message);
      if (is_later) {
        place_later(std::move(claim));
      } else {
        place(std::move(claim), true);
      }
      return;
    }
  }
  claim->fail(as_told(std::move(error), attempt));
}

// ----------------------------------------------------------------------------------- finding sessions

bool PoolCore::serves(const Connection& connection, Mode mode) const {
  if (connection.is_restricted() != is_restricted(mode) || connection.is_retiring()) return false;
  const auto& hosts = candidates_[index_of(mode)].hosts;
  return std::any_of(hosts.begin(), hosts.end(), [&](const Host* host) { return host->address == connection.host(); });
}

/// An idle session on the least busy host that fits; equals take turns.
PoolCore::Session* PoolCore::free_session(Mode mode) {
  if (idle_ == 0) return nullptr;
  Session* best = nullptr;
  Slot* best_slot = nullptr;
  std::size_t best_busy = 0;
  for (const Host* host : candidates_[index_of(mode)].hosts) {
    Slot* slot = slot_of(host->address);
    if (slot == nullptr) continue;
    std::size_t busy = 0;
    Session* idle = nullptr;
    for (const auto& session : slot->sessions) {
      if (!session->connection->is_open()) continue;
      if (!session->is_idle) {
        ++busy;
      } else if (session->connection->is_restricted() == is_restricted(mode)) {
        idle = session.get();
      }
    }
    if (idle == nullptr) continue;
    if (best != nullptr && (busy > best_busy || (busy == best_busy && slot->served > best_slot->served))) continue;
    best = idle;
    best_slot = slot;
    best_busy = busy;
  }
  return best;
}

/// When every session is busy: the one with the least in flight that may take this one more.
PoolCore::Session* PoolCore::shared_session(Claim& claim) {
  if (counted() < static_cast<std::size_t>(config_.options.pool_size)) return nullptr;  // rather open one
  const std::size_t depth = claim.share_depth();
  if (depth == 0) return nullptr;
  Session* best = nullptr;
  for (const Host* host : candidates_[index_of(claim.mode)].hosts) {
    Slot* slot = slot_of(host->address);
    if (slot == nullptr) continue;
    for (const auto& session : slot->sessions) {
      const Connection& connection = *session->connection;
      if (best != nullptr && connection.in_flight() >= best->connection->in_flight()) continue;
      if (serves(connection, claim.mode) && connection.may_pipeline(depth)) best = session.get();
    }
  }
  return best;
}

/// A busy session has had an answer: the first that waits for one like it may be sent behind the rest.
void PoolCore::feed(Connection& connection) {
  if (waiters_.is_empty()) return;
  while (Session* session = session_of(connection)) {
    Claim* first = nullptr;
    waiters_.each([&](Claim& claim) {
      if (serves(connection, claim.mode)) first = &claim;
      return first == nullptr;
    });
    // One that wants a session of its own is not overtaken: the session runs empty for it.
    if (first == nullptr) return;
    const std::size_t depth = first->share_depth();
    if (depth == 0 || !connection.may_pipeline(depth)) return;
    serve(waiters_.take_first([&](const Claim& claim) { return &claim == first; }), *session);
  }
}

void PoolCore::on_free(Connection& connection) {
  Session* session = session_of(connection);
  if (session == nullptr || session->holder != nullptr) return;
  if (state_ == PoolState::kClosed) {
    connection.close(pool_closed_error());
    return;
  }
  auto claim = waiters_.take_first([&](const Claim& c) { return serves(connection, c.mode); });
  if (claim) {
    serve(std::move(claim), *session);
    return;
  }
  if (session->place == Place::kWarm) {
    publish();
    return;
  }
  if (loop_.now() >= session->retire_at) {
    connection.retire();
    demand();
    return;
  }
  set_idle(*session, true);
  publish();
  if (!waiters_.is_empty()) demand();  // this one may make room for another
  finish_end();
}

void PoolCore::set_idle(Session& session, bool idle) {
  if (session.is_idle == idle) return;
  session.is_idle = idle;
  if (idle) {
    ++idle_;
  } else {
    --idle_;
  }
}

/// The topology changed: idle sessions may fit waiting claims now.
void PoolCore::serve_waiting() {
  for (bool served = true; served && !waiters_.is_empty() && idle_ > 0;) {
    Session* found = nullptr;
    auto claim = waiters_.take_first([&](const Claim& c) { return (found = free_session(c.mode)) != nullptr; });
    served = claim != nullptr;
    if (served) serve(std::move(claim), *found);
  }
}

// ------------------------------------------------------------------------------------------ dialling

std::size_t PoolCore::counted() const {
  std::size_t count = 0;
  for (const auto& slot : slots_) {
    for (const auto& session : slot->sessions) count += session->place == Place::kMember ? 1 : 0;
  }
  return count;
}

/// Sessions that are being opened where the mode may land; a silent host is no hope for anybody else.
std::size_t PoolCore::dialing(Mode mode) const {
  std::size_t count = 0;
  for (const Host* host : candidates_[index_of(mode)].hosts) {
    const Slot* slot = slot_of(host->address);
    if (slot == nullptr) continue;
    for (const auto& session : slot->sessions) {
      count += !session->connection->is_open() && session->connection->is_restricted() == is_restricted(mode) ? 1 : 0;
    }
  }
  return count;
}

void PoolCore::try_again_at(TimePoint when) {
  if (when != kNever && (!demand_timer_.is_armed() || when < demand_timer_.due())) demand_timer_.arm(when);
}

/// Opens what is needed: a session for each that waits, and the idle minimum.
void PoolCore::demand() {
  if (state_ == PoolState::kClosed || is_demanding_) return;
  is_demanding_ = true;
  demand_timer_.disarm();
  std::array<std::size_t, kModes.size()> waiting{};
  waiters_.each([&, most = static_cast<std::size_t>(config_.options.pool_size), seen = std::size_t{0}](const Claim& claim) mutable {
    ++waiting[index_of(claim.mode)];
    return ++seen < 4 * most;  // more cannot be opened anyway
  });
  if (state_ == PoolState::kOpen) {
    const Mode own = config_.options.mode;
    const auto least = static_cast<std::size_t>(config_.options.min_idle);
    std::size_t open = 0;
    std::size_t bare = 0;  // hosts without a session: modes that spread want one on each
    for (const auto& slot : slots_) {
      std::size_t here = 0;
      for (const auto& session : slot->sessions) {
        here += session->connection->is_open() && serves(*session->connection, own) ? 1 : 0;
      }
      open += here;
      const auto& hosts = candidates_[index_of(own)].hosts;
      const bool is_wanted = own != Mode::kReadWrite && std::any_of(hosts.begin(), hosts.end(), [&](const Host* host) {
        return host->address == slot->address;
      });
      bare += is_wanted && here == 0 ? 1 : 0;
    }
    const bool refused = refusal_for(own) != nullptr;
    const std::size_t missing = std::max(open < least ? least - open : 0, bare);
    if (!refused) waiting[index_of(own)] = std::max(waiting[index_of(own)], missing);
  }
  for (const Mode mode : kModes) {
    if (waiting[index_of(mode)] > 0) demand_for(mode, waiting[index_of(mode)]);
  }
  is_demanding_ = false;
}

void PoolCore::demand_for(Mode mode, std::size_t wanted) {
  const Candidates& found = candidates_[index_of(mode)];
  const TimePoint now = loop_.now();
  if (!found.hosts.empty()) {
    while (dialing(mode) < wanted) {
      Slot* best = nullptr;
      for (const Host* host : found.hosts) {
        Slot* slot = slot_of(host->address);
        if (slot == nullptr) continue;
        if (!slot->pacer.may_dial(now)) {
          try_again_at(slot->pacer.next_try());
          continue;
        }
        if (best == nullptr || slot->sessions.size() < best->sessions.size()) best = slot;
      }
      if (best == nullptr) return;
      if (!has_room(mode)) {
        even_out(mode, *best);
        return;
      }
      dial(*best, is_restricted(mode), Place::kMember);
    }
    return;
  }
  // Nobody fits as far as is known: the hosts that have not answered yet are raced.
  for (const Host* host : found.unknown) {
    Slot* slot = slot_of(host->address);
    if (slot == nullptr || slot->pacer.dialing() > 0) continue;
    if (!slot->pacer.may_dial(now)) {
      try_again_at(slot->pacer.next_try());
      continue;
    }
    if (now < race_at_) {
      try_again_at(race_at_);
      return;
    }
    race_at_ = now + kRaceStagger;
    dial(*slot, is_restricted(mode), Place::kRacing);
  }
}

void PoolCore::dial(Slot& slot, bool restricted, Place place) {
  ConnectionConfig made;
  made.host = slot.address;
  made.conninfo = config_.conninfo;
  const std::string& settings = restricted ? config_.restricted_options : config_.unrestricted_options;
  if (!settings.empty()) made.conninfo.emplace_back("options", settings);
  made.restricted = restricted;
  made.statement_cache_size = static_cast<std::size_t>(config_.options.statement_cache_size);
  made.name_prefix = config_.name_prefix;
  made.connect_timeout = config_.options.connect_timeout;
  made.cancel_timeout = config_.options.cancel_timeout;
  made.suspect_after = config_.options.suspect_after;
  auto session = std::make_unique<Session>();
  session->place = place;
  session->connection = std::make_unique<Connection>(loop_, factory_, catalog_, std::move(made),
                                                     static_cast<ConnectionOwner&>(*this));
  Connection& connection = *session->connection;
  slot.sessions.push_back(std::move(session));
  slot.pacer.started();
  connection.dial();
  publish();
}

/// Room for one more session; an idle one that does not serve the mode is closed for it.
bool PoolCore::has_room(Mode mode) {
  if (counted() < static_cast<std::size_t>(config_.options.pool_size)) return true;
  for (auto& slot : slots_) {
    for (auto& session : slot->sessions) {
      if (!session->is_idle || serves(*session->connection, mode)) continue;
      session->connection->retire();
      return true;
    }
  }
  return false;
}

/// The pool is full, and `poor` wants a session: a host that has two more gives one up when it is free. One at a
/// time: a standby that comes back gets its share without a storm.
void PoolCore::even_out(Mode mode, const Slot& poor) {
  if (mode != config_.options.mode) return;
  const auto members = [&](const Slot& slot) {
    return std::count_if(slot.sessions.begin(), slot.sessions.end(), [&](const auto& session) {
      return session->place == Place::kMember && session->connection->is_restricted() == is_restricted(mode);
    });
  };
  Slot* rich = nullptr;
  for (const Host* host : candidates_[index_of(mode)].hosts) {
    Slot* slot = slot_of(host->address);
    if (slot == nullptr) continue;
    const bool is_giving = std::any_of(slot->sessions.begin(), slot->sessions.end(),
                                       [](const auto& session) { return session->connection->is_retiring(); });
    if (is_giving) return;
    if (members(*slot) >= members(poor) + 2 && (rich == nullptr || members(*slot) > members(*rich))) rich = slot;
  }
  if (rich == nullptr) return;
  for (const auto& session : rich->sessions) {
    if (session->place != Place::kMember || !serves(*session->connection, mode) || session->holder != nullptr) continue;
    session->connection->retire();
    return;
  }
}

void PoolCore::on_verified(Connection& connection) {
  Slot* slot = slot_of(connection.host());
  Session* session = session_of(connection);
  session->is_verified = true;
  slot->pacer.succeeded();
  slot->refusal.reset();
  race_at_ = loop_.now();  // whatever it is, the next host need not wait for it
  // Its host may turn out to be what others wait for; on_topology() serves them.
  const std::shared_ptr<bool> alive = alive_;
  cluster_->learn({.kind = TopologyEvent::Kind::kProbed,
                  .host = connection.host(),
                  .facts = connection.facts(),
                  .reason = {},
                  .code = {},
                  .is_conclusive = false,
                  .at = {},
                  .asked_at = {}});
  if (!*alive || connection.state() == ConnectionState::kClosed) return;
  if (!admit(*session)) {
    connection.close(Error::make(ErrorKind::kConnectionLost, "The session was not needed."));
    demand();
    return;
  }
  connection.accept();
  const auto lifetime = config_.options.max_lifetime;
  if (lifetime.count() > 0) {
    const double jitter = 0.9 + 0.2 * random_.unit();
    session->retire_at = after(loop_.now(), milliseconds(static_cast<std::int64_t>(static_cast<double>(lifetime.count()) * jitter)));
  }
  on_free(connection);
  demand();  // the host takes the next dial now
}

/// Is a session that was just verified wanted, and as what?
bool PoolCore::admit(Session& session) {
  if (state_ == PoolState::kClosed) return false;
  const Connection& connection = *session.connection;
  const bool fits = std::any_of(kModes.begin(), kModes.end(), [&](Mode mode) {
    return (mode == config_.options.mode || has_waiting(mode)) && serves(connection, mode);
  });
  if (fits) {
    if (session.place == Place::kMember) return true;
    if (counted() >= static_cast<std::size_t>(config_.options.pool_size)) return false;
    session.place = Place::kMember;
    return true;
  }
  const Host* host = topology_->find(connection.host());
  const Slot* slot = slot_of(connection.host());
  if (host == nullptr || host->role != HostRole::kStandby || connection.is_restricted() ||
      config_.options.mode != Mode::kReadWrite || state_ != PoolState::kOpen) {
    return false;
  }
  const bool has_one = std::any_of(slot->sessions.begin(), slot->sessions.end(), [&](const auto& other) {
    return other.get() != &session && other->place == Place::kWarm;
  });
  session.place = Place::kWarm;
  return !has_one;
}

/// One session on each standby of a read-write pool: connected, authenticated and prepared, it is the
/// first one that writes when its host is promoted.
void PoolCore::keep_warm() {
  if (config_.options.mode != Mode::kReadWrite || state_ != PoolState::kOpen || topology_->primary() == nullptr) return;
  for (const Host& host : topology_->hosts) {
    Slot* slot = slot_of(host.address);
    if (host.role != HostRole::kStandby || slot == nullptr || slot->refusal || !slot->pacer.may_dial(loop_.now())) continue;
    const bool has_one = std::any_of(slot->sessions.begin(), slot->sessions.end(), [](const auto& session) {
      return !session->connection->is_restricted();
    });
    if (!has_one) dial(*slot, false, Place::kWarm);
  }
}

/// Warm sessions of a host that became the primary.
void PoolCore::promote_warm() {
  for (auto& slot : slots_) {
    const Host* host = topology_->find(slot->address);
    if (host == nullptr || host->role != HostRole::kPrimary) continue;
    std::vector<Session*> warm;
    for (auto& session : slot->sessions) {
      if (session->place == Place::kWarm && session->connection->is_open()) warm.push_back(session.get());
    }
    for (Session* session : warm) {
      if (counted() >= static_cast<std::size_t>(config_.options.pool_size)) {
        session->connection->retire();
      } else {
        session->place = Place::kMember;
        set_idle(*session, true);
      }
    }
  }
}

void PoolCore::on_closed(Connection& connection, const Error& why, bool was_open) {
  Slot* slot = slot_of(connection.host());
  if (slot == nullptr) return;
  const auto at = std::find_if(slot->sessions.begin(), slot->sessions.end(),
                               [&](const auto& session) { return session->connection.get() == &connection; });
  if (at == slot->sessions.end()) return;
  std::unique_ptr<Session> session = std::move(*at);
  slot->sessions.erase(at);
  set_idle(*session, false);
  Leaseholder* const holder = session->holder;
  const bool dial_failed = !was_open && !session->is_verified;
  // It is still running one of its own functions.
  loop_.defer([gone = std::shared_ptr<Session>(std::move(session))] {});

  if (holder != nullptr) holder->on_lost(why);
  publish();
  if (state_ == PoolState::kClosed) return;

  const TimePoint now = loop_.now();
  if (dial_failed) {
    slot->pacer.failed(now, random_);
    race_at_ = now;
    if (is_refusal(why)) {
      slot->refusal = why;
      slot->pacer.hold_until(now + kRefusalPause);
    } else if (why.code != "53300") {
      // A full server answers: it is not down.
      cluster_->learn(failure_event(connection.host(), why, now));
    }
    demand();
    fail_refused();
  } else {
    // A code says that it was lost, not closed by us.
    if (!why.code.empty()) cluster_->suspect();
    demand();
  }
  finish_end();
}

/// The refusal that every host of a mode has answered us with; null while there is hope.
const Error* PoolCore::refusal_for(Mode mode) const {
  const Candidates& found = candidates_[index_of(mode)];
  const Error* refusal = nullptr;
  for (const auto* list : {&found.hosts, &found.unknown}) {
    for (const Host* host : *list) {
      const Slot* slot = slot_of(host->address);
      if (slot == nullptr) continue;
      // While it is asked again, its answer decides.
      if (!slot->refusal || slot->pacer.dialing() > 0) return nullptr;
      if (refusal == nullptr) refusal = &*slot->refusal;
    }
    if (refusal != nullptr) return refusal;
  }
  return refusal;
}

void PoolCore::fail_refused() {
  for (const Mode mode : kModes) {
    const Error* refusal = refusal_for(mode);
    if (refusal == nullptr) continue;
    const Error error = *refusal;
    while (auto claim = waiters_.take_first([&](const Claim& c) { return c.mode == mode; })) claim->fail(error);
  }
}

// ------------------------------------------------------------------------------- following the cluster

void PoolCore::on_node_changed(Connection& connection, NodeState state) {
  if (connection.is_restricted()) {
    // Only a promotion shows on such a session: ask at once.
    cluster_->suspect();
    return;
  }
  const Host* host = topology_->find(connection.host());
  if (host == nullptr) return;
  const bool was_primary = host->role == HostRole::kPrimary;
  if (was_primary && (state == NodeState::kReadOnly || state == NodeState::kInRecovery)) {
    cluster_->learn({.kind = state == NodeState::kReadOnly ? TopologyEvent::Kind::kFenceSeen : TopologyEvent::Kind::kRecoverySeen,
                    .host = connection.host(),
                    .facts = {},
                    .reason = {},
                    .code = {},
                    .is_conclusive = false,
                    .at = {},
                    .asked_at = {}});
    connection.retire();
  } else if (!was_primary && state == NodeState::kWritable) {
    cluster_->suspect();
  }
}

void PoolCore::on_silent(Connection&) { cluster_->suspect(); }

void PoolCore::on_topology(const Topology&, const std::vector<ClusterEvent>& events) {
  topology_ = cluster_->snapshot();
  gauges_->topology.publish(topology_);
  for (const Mode mode : kModes) candidates_[index_of(mode)] = candidates(mode, *topology_);
  if (state_ == PoolState::kClosed) return;
  for (const ClusterEvent& event : events) listener_(event);
  close_unfit(*topology_);
  promote_warm();
  serve_waiting();
  tell_holding();
  if (!waiters_.is_empty()) demand();
}

/// Tells when requests begin to wait for a node that fits, and when all of them have been served.
void PoolCore::tell_holding() {
  bool is_holding = false;
  waiters_.each([&](const Claim& claim) {
    const Candidates& found = candidates_[index_of(claim.mode)];
    is_holding = found.hosts.empty() && found.unknown.empty();  // a race that has begun is no hold
    return !is_holding;
  });
  if (is_holding && !held_since_) {
    held_since_ = loop_.now();
    listener_(HoldEvent{.waiting = static_cast<std::int32_t>(waiters_.size())});
  } else if (held_since_ && waiters_.is_empty()) {
    const std::chrono::duration<double, std::milli> held = loop_.now() - *held_since_;
    held_since_.reset();
    listener_(DrainedEvent{.held_ms = held.count()});
  }
}

/// Sessions of a host that is not what it was when they were opened.
void PoolCore::close_unfit(const Topology& topology) {
  for (auto& slot : slots_) {
    const Host* host = topology.find(slot->address);
    if (host == nullptr || host->generation == slot->generation) continue;
    slot->generation = host->generation;
    Error why = Error::make(ErrorKind::kConnectionLost, "The host " + slot->address.text() + " left its role: " +
                                                            (host->reason.empty() ? "it is in recovery." : host->reason));
    std::vector<Connection*> all;
    for (auto& session : slot->sessions) all.push_back(session->connection.get());
    for (Connection* connection : all) {
      if (!connection->is_open()) continue;
      // A fenced node still answers: what runs there gets its verdict from its own response.
      if (host->role == HostRole::kFenced) {
        connection->retire();
      } else {
        connection->close(why);
      }
    }
  }
}

// --------------------------------------------------------------------------------------- housekeeping

void PoolCore::look_after_sessions() {
  const TimePoint now = loop_.now();
  const auto idle_timeout = config_.options.idle_timeout;
  std::vector<Connection*> expired;
  for (auto& slot : slots_) {
    for (auto& session : slot->sessions) {
      const bool is_old = now >= session->retire_at;
      if (session->place == Place::kWarm && is_old && session->connection->is_open()) expired.push_back(session->connection.get());
      if (!session->is_idle) continue;
      const bool is_unused = idle_timeout.count() > 0 && now >= after(session->connection->idle_since(), idle_timeout) &&
                             idle_ - expired.size() > static_cast<std::size_t>(config_.options.min_idle);
      const bool is_useless = std::none_of(kModes.begin(), kModes.end(), [&](Mode mode) {
        return serves(*session->connection, mode);
      });
      if (is_old || is_unused || is_useless) expired.push_back(session->connection.get());
    }
  }
  for (Connection* connection : expired) connection->retire();
  demand();
  keep_warm();
  house_timer_.arm(after(now, kHousekeeping));
}

void PoolCore::publish() {
  if (held_since_ && waiters_.is_empty()) tell_holding();
  std::size_t open = 0;
  std::size_t all = 0;
  for (const auto& slot : slots_) {
    std::int32_t here = 0;  // open ones, warm ones too: what is being dialled serves nobody yet
    for (const auto& session : slot->sessions) {
      const bool is_open = session->connection->is_open();
      here += is_open ? 1 : 0;
      if (session->place != Place::kMember) continue;
      ++all;
      open += is_open ? 1 : 0;
    }
    slot->gauge->sessions.set(here);
  }
  gauges_->size.set(static_cast<std::int32_t>(all));
  gauges_->available.set(static_cast<std::int32_t>(idle_));
  gauges_->in_use.set(static_cast<std::int32_t>(open - idle_));
  gauges_->waiting.set(static_cast<std::int32_t>(waiters_.size() + delayed_.size()));
}

Error PoolCore::no_session_error(const Claim& claim, bool aborted) const {
  const std::int64_t waited = ms_between(claim.since, loop_.now());
  const std::string after_ms = " after " + std::to_string(waited) + "ms";
  Error error;
  if (aborted) {
    error = Error::make(ErrorKind::kAborted, "The call was aborted while it waited for a session.");
    error.code = "ABORT_ERR";
  } else if (claim.deadline <= claim.acquire_deadline) {
    error = Error::make(ErrorKind::kTimeout, "The time limit of the call passed while it waited for a session" + after_ms + ".");
    error.code = "ETIMEDOUT";
  } else if (!candidates_[index_of(claim.mode)].hosts.empty() && counted() >= static_cast<std::size_t>(config_.options.pool_size)) {
    error = Error::make(ErrorKind::kPoolExhausted, "Every session of the pool is in use (poolSize: " +
                                                       std::to_string(config_.options.pool_size) + "); none came free" + after_ms + ".");
    error.code = "POOL_EXHAUSTED";
  } else if (topology_->is_split() && claim.mode == Mode::kReadWrite) {
    error = Error::make(ErrorKind::kSplitBrain, "Two nodes accept writes on the same timeline; no writable primary available" + after_ms + ".");
    error.code = "SPLIT_BRAIN";
  } else {
    switch (claim.mode) {
      case Mode::kReadWrite:
        error = Error::make(ErrorKind::kNoPrimary, "no writable primary available" + after_ms);
        error.code = "NO_PRIMARY";
        break;
      case Mode::kReadOnly:
        error = Error::make(ErrorKind::kNoStandby, "no standby available" + after_ms);
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
    static constexpr std::array kRoles{"unknown", "primary", "standby", "fenced", "quarantined", "down"};
    std::string line = host.address.text() + ": " + kRoles[static_cast<std::size_t>(host.role)];
    const Slot* slot = slot_of(host.address);
    if (slot != nullptr && slot->refusal) {
      line += "; " + slot->refusal->message;
    } else if (!host.reason.empty()) {
      line += "; " + host.reason;
    }
    error.causes.push_back(std::move(line));
  }
  return error;
}

bool PoolCore::has_waiting(Mode mode) const {
  bool found = false;
  waiters_.each([&](const Claim& claim) { return !(found = claim.mode == mode); });
  return found;
}

PoolCore::Slot* PoolCore::slot_of(const HostAddress& address) {
  for (auto& slot : slots_) {
    if (slot->address == address) return slot.get();
  }
  return nullptr;
}

const PoolCore::Slot* PoolCore::slot_of(const HostAddress& address) const {
  for (const auto& slot : slots_) {
    if (slot->address == address) return slot.get();
  }
  return nullptr;
}

PoolCore::Session* PoolCore::session_of(const Connection& connection) {
  Slot* slot = slot_of(connection.host());
  if (slot == nullptr) return nullptr;
  for (auto& session : slot->sessions) {
    if (session->connection.get() == &connection) return session.get();
  }
  return nullptr;
}

}  // namespace hdb
