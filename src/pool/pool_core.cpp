#include "pool/pool_core.hpp"

#include <algorithm>

#include "pool/housekeeper.hpp"
#include "pool/lease_claim.hpp"

namespace hdb {

namespace {

/// How often idle and old sessions are looked at.
constexpr milliseconds kHousekeeping{1000};

void let_go(const std::vector<Leaving>& leaving) {
  for (const Leaving& one : leaving) {
    if (!one.session->connection().is_open()) continue;
    if (one.error) {
      one.session->close(one.why, *one.error);
    } else {
      one.session->retire(one.why);
    }
  }
}

}  // namespace

// ----------------------------------------------------------------------------------- life of a pool

PoolCore::PoolCore(Loop& loop, pq::SessionFactory& factory, Cluster& cluster, PoolConfig config,
                   std::shared_ptr<PoolGauges> gauges)
    : loop_(loop),
      cluster_(&cluster),
      config_(std::move(config)),
      random_(config_.seed),
      // Texts are few and small next to their prepared copies on every session.
      catalog_(
          std::max<std::size_t>(4 * static_cast<std::size_t>(config_.options.statement_cache_size), 1024)),
      hosts_(static_cast<std::size_t>(config_.options.pool_size)),
      waiters_(loop, [this](std::unique_ptr<Claim> claim,
                            bool aborted) { dispatcher_.expire(std::move(claim), aborted); }),
      report_(loop, std::move(gauges), *config_.options.mode, hosts_, waiters_),
      opener_(context_, factory, catalog_, *this),
      dispatcher_(context_, opener_, [this] { finish_end(); }),
      setup_(loop, *config_.options.connect_timeout, [this](PooledSession& session) { on_set_up(session); }),
      house_timer_(loop.timers(), [this] { look_after_sessions(); }),
      drain_timer_(loop.timers(), [this] {
        state_ == PoolState::kStopping ? close_everything(pool_closed_error()) : stop_everything();
      }) {
  hosts_.set(config_.hosts, cluster_->topology());
  report_.publish_hosts();
  on_topology(cluster_->topology(), {});
}

PoolCore::~PoolCore() {
  life_.end();
  close_everything(pool_closed_error());
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

void PoolCore::end(milliseconds drain, Completion<Unit> done) {
  if (state_ == PoolState::kClosed) {
    if (done) done.resolve({});
    return;
  }
  if (done) ending_.push_back(std::move(done));
  if (state_ == PoolState::kOpen) drain_timer_.arm(after(loop_.now(), drain));
  move(PoolEvent::kEnd);
  finish_end();
}

void PoolCore::move_to(Cluster& cluster, const std::vector<HostAddress>& hosts) {
  if (!is_open()) return;
  std::vector<std::unique_ptr<HostPool>> removed = hosts_.set(hosts, cluster.topology());
  config_.hosts = hosts;
  cluster_->leave(*this);
  cluster_ = &cluster;
  report_.publish_hosts();
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
  opener_.demand();
}

void PoolCore::close_now() { close_everything(pool_closed_error()); }

/// Draining is over when nothing is waited for any more.
void PoolCore::finish_end() {
  if (!is_ending(state_) || !waiters_.is_empty() || waiters_.held() > 0 || hosts_.busy() > 0) return;
  close_everything(pool_closed_error());
}

/// The time to drain is over: nothing more begins, and what runs is cancelled. When that has its time, too,
/// all is closed.
void PoolCore::stop_everything() {
  move(PoolEvent::kTimeOver);
  drain_timer_.arm(after(loop_.now(), config_.options.cancel_timeout));
  const Error why = pool_closed_error();
  fail_waiting(why);
  const Lifetime::Watch alive = life_.watch();
  for (PooledSession* session : hosts_.listed()) {
    if (session->connection().is_open()) session->connection().stop(why);
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
  move(PoolEvent::kClose);
  report_.gauges().is_closed.set(1);
  drain_timer_.disarm();
  opener_.stop();
  house_timer_.disarm();
  fail_waiting(why);
  // One that is closing already stays in the list until all that ran on it has been told.
  for (PooledSession* session : hosts_.listed()) session->connection().close(why);
  cluster_->leave(*this);
  report_.publish();
  for (auto& done : std::exchange(ending_, {})) done.resolve({});
}

// ------------------------------------------------------------------------------- statements, leases

void PoolCore::submit(Statement statement) {
  if (state_ != PoolState::kOpen) {
    reject(*statement.request, pool_closed_error());
    return;
  }
  const TimePoint acquire_by = after(loop_.now(), config_.options.acquire_timeout);
  dispatcher_.place(std::make_unique<StatementClaim>(desk_, std::move(statement), acquire_by), false);
}

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

void PoolCore::describe(Statement statement, Completion<StatementDescription> done) {
  Query& query = *statement.request->query();
  const std::string sql = query.sql;
  const auto known = catalog_.find(sql);
  if (known && StatementCatalog::is_fresh(*known, loop_.now())) {
    done.resolve(description_of(*known));
    return;
  }
  statement.is_idempotent = true;  // nothing is executed
  query.is_description = true;
  query.completion = completion_from<ResultSet, Error>(
      [this, sql, done = std::move(done)](Expected<ResultSet> result) mutable {
        const auto now = result.ok() ? catalog_.find(sql) : nullptr;
        if (now) {
          done.resolve(description_of(*now));
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
  dispatcher_.place(std::move(claim), false);
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

std::shared_ptr<HostGauge> PoolCore::gauge_of(const Leaseholder& holder) const {
  return holder.session_ != nullptr ? holder.session_->home.gauge : nullptr;
}

// --------------------------------------------------------------------------- what happens to a session

void PoolCore::on_verified(PooledSession& session) {
  Connection& connection = session.connection();
  opener_.logged_in(session);
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
  if (!alive || connection.state() == ConnectionState::kClosed) return;
  if (!opener_.admit(session)) {
    connection.close(Error::make(ErrorKind::kConnectionLost, "The session was not needed."));
    return;
  }
  connection.accept();
  if (config_.options.asks_on_connect) {
    setup_.begin(session);
  } else {
    opener_.opened(session);
    on_free(session);
  }
  opener_.demand();  // the host takes the next dial now
}

void PoolCore::on_set_up(PooledSession& session) {
  opener_.dial_ended(session, nullptr);
  opener_.opened(session);
  session.connection().unpin();
  opener_.demand();
}

void PoolCore::on_free(PooledSession& session) {
  if (state_ == PoolState::kClosed) {
    session.connection().close(pool_closed_error());
    return;
  }
  if (session.place() == PooledSession::Place::kWarm && session.is_open()) opener_.promote(session);
  if (session.may_be_given()) dispatcher_.give(session);
}

void PoolCore::on_closed(PooledSession& session, const Error& why, bool was_open) {
  HostPool& host = session.home;
  Leaseholder* const holder = session.holder;
  const bool was_in_setup = session.setup != 0;
  const bool was_in_use = was_open && !was_in_setup;
  const bool dial_failed = was_in_setup || (!was_open && !session.is_verified);
  setup_.forget(session);
  // It is still running one of its own functions.
  loop_.dispose(host.remove(session));

  if (holder != nullptr) {
    holder->session_ = nullptr;
    holder->on_lost(why);
  }
  report_.changed();
  report_.tell(SessionClosedEvent{.host = host.address.text(),
                                  .session = static_cast<double>(session.number),
                                  .was_open = was_in_use,
                                  .reason = why.message});
  if (state_ == PoolState::kClosed) return;
  if (was_in_use) host.gauge->evicted_for(session.eviction).add();

  // Of a host that the pool has left nothing is concluded.
  if (hosts_.find(host.address) != &host) {
    opener_.demand();
    return;
  }
  opener_.dial_ended(session, dial_failed ? &why : nullptr);
  if (session.is_verified) {
    // A code says that it was lost, not closed by us.
    if (!why.code.empty() && why.kind != ErrorKind::kPoolClosed) cluster_->suspect();
  } else if (!is_refusal(why) && !is_shortage(why.code)) {
    cluster_->learn(failure_event(host.address, why, loop_.now(), session.dialled_at));
  }
  opener_.demand();
  if (!session.is_verified || is_setup_failure(why)) dispatcher_.fail_refused();
  finish_end();
}

void PoolCore::on_leaving(PooledSession& session) {
  session.home.set_idle(session, false);
  report_.changed();
}

// ------------------------------------------------------------------------------- following the cluster

void PoolCore::on_node_changed(PooledSession& session, NodeState state) {
  Connection& connection = session.connection();
  if (connection.is_restricted()) {
    // Only a promotion shows on such a session: ask at once.
    cluster_->suspect();
    return;
  }
  const Host* host = hosts_.topology().find(connection.host());
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
    session.retire(Eviction::kRole);
  } else if (!was_primary && state == NodeState::kWritable) {
    cluster_->suspect();
  }
}

void PoolCore::on_silent(PooledSession& session) {
  if (session.connection().is_unheard()) {
    cluster_->suspect_path(session.home.address);
  } else {
    cluster_->suspect();
  }
}

void PoolCore::on_topology(const Topology&, const std::vector<ClusterEvent>& events) {
  hosts_.follow(cluster_->snapshot());
  report_.gauges().topology.publish(hosts_.snapshot());
  if (state_ == PoolState::kClosed) return;
  report_.followed(events);
  let_go(unfit_sessions(hosts_));  // what ends here may teach us a newer topology
  let_go(unheard_sessions(hosts_, config_.options.suspect_after));
  opener_.promote_warm();
  dispatcher_.serve_waiting();
  report_.note_holding();
  if (!waiters_.is_empty()) opener_.demand();
  dispatcher_.fail_refused();
}

void PoolCore::look_after_sessions() {
  const TimePoint now = loop_.now();
  report_.gauges().alive_at.set(seconds_of(now));
  let_go(expired_sessions(hosts_, config_.options, now));
  if (state_ == PoolState::kClosed) return;
  opener_.demand();
  opener_.keep_warm();
  house_timer_.arm(after(now, kHousekeeping));
}

}  // namespace hdb
