#include "api/pool.hpp"

#include <array>
#include <chrono>
#include <cstdio>

#include "client/config.hpp"
#include "client/engine.hpp"
#include "client/transaction_impl.hpp"
#include "cluster/selector.hpp"
#include "conn/statement_place.hpp"

namespace hdb {

struct Pool::Impl {
  std::shared_ptr<Engine> engine;
  PoolId id = 0;
  PoolOptions options;
  std::string database;
  std::uint16_t default_port = 5432;
  bool is_ended = false;
  std::shared_ptr<PoolGauges> gauges = std::make_shared<PoolGauges>();
};

namespace {

/// The deadline of a call starts when it is made, not when the I/O thread hears of it.
TimePoint deadline_of(const std::optional<milliseconds>& own, milliseconds pools) {
  const milliseconds limit = own.value_or(pools);
  return limit.count() > 0 ? after(SteadyClock::now(), limit) : kNever;
}

/// What a value holds in memory, roughly.
std::size_t size_of(const Value& value) {
  std::size_t size = sizeof(Value);
  if (const auto* text = value.get<std::string>()) size += text->size();
  if (const auto* bytes = value.get<Bytes>()) size += bytes->size();
  if (const auto* json = value.get<Json>()) size += json->text.size();
  if (const auto* list = value.get<List>()) {
    for (const Value& element : *list) size += size_of(element);
  }
  return size;
}

std::string lsn_text(std::uint64_t lsn) {
  char text[32];
  std::snprintf(text, sizeof text, "%X/%X", static_cast<unsigned>(lsn >> 32), static_cast<unsigned>(lsn));
  return text;
}

}  // namespace

Pool::Pool(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Pool::~Pool() {
  impl_->engine->post([id = impl_->id](Engine::Io& io) { io.drop(id); });
}

Expected<std::shared_ptr<Pool>> Pool::create(std::optional<std::string> url, PoolOptions options) {
  auto config = make_config(url, std::move(options));
  if (!config.ok()) return Fail(std::move(config).error());
  auto engine = Engine::acquire();
  if (!engine.ok()) return Fail(std::move(engine).error());
  auto impl = std::make_unique<Impl>();
  impl->engine = std::move(engine).value();
  impl->id = impl->engine->new_id();
  impl->options = config->options;
  std::string user;
  for (const auto& [keyword, value] : config->conninfo) {
    if (keyword == "dbname") impl->database = value;
    if (keyword == "user") user = value;
  }
  if (impl->database.empty()) impl->database = user;
  if (impl->options.port) impl->default_port = static_cast<std::uint16_t>(*impl->options.port);
  // Until the I/O thread has opened the pool, its hosts are known by name only.
  auto hosts = std::make_shared<std::vector<std::shared_ptr<const HostGauge>>>();
  for (const HostAddress& address : config->hosts) {
    auto gauge = std::make_shared<HostGauge>();
    gauge->host = address;
    hosts->push_back(std::move(gauge));
  }
  impl->gauges->hosts.publish(std::move(hosts));
  impl->engine->post([id = impl->id, config = std::move(config).value(), gauges = impl->gauges](
                         Engine::Io& io) mutable { io.open(id, std::move(config), std::move(gauges)); });
  return std::make_shared<Pool>(std::move(impl));
}

std::unique_ptr<Request> make_request(std::string sql, std::vector<Value> params, QueryOptions& options,
                                      const PoolOptions& defaults) {
  auto request = std::make_unique<Request>();
  request->bytes = sizeof(Request) + sql.size();
  for (const Value& value : params) request->bytes += size_of(value);
  request->sql = std::move(sql);
  request->params = std::move(params);
  request->prepare = options.prepare.value_or(defaults.prepare);
  request->may_repeat = options.retry.value_or(true);
  request->decode.int8 = options.int8.value_or(defaults.int8);
  request->decode.timestamps = options.timestamps.value_or(defaults.timestamps);
  request->decode.rows = options.row_mode.value_or(defaults.row_mode);
  request->decode.is_told = options.is_told;
  const bool own_parsers = options.parsers_id != 0;
  request->decode.parsers = own_parsers ? options.parsers_id : defaults.parsers_id;
  request->text_types = own_parsers ? std::move(options.text_types) : defaults.text_types;
  request->deadline = deadline_of(options.timeout, defaults.timeout);
  request->token = std::move(options.signal);
  return request;
}

namespace {

PoolCore::Statement make_statement(std::string sql, std::vector<Value> params, QueryOptions& options,
                                   const PoolOptions& defaults) {
  PoolCore::Statement statement;
  statement.mode = options.mode.value_or(*defaults.mode);
  const bool is_read_mode = statement.mode == Mode::kReadOnly || statement.mode == Mode::kPreferStandby;
  statement.is_idempotent = options.retry.value_or(is_read_mode);
  statement.on_wait = std::move(options.on_wait);
  statement.request = make_request(std::move(sql), std::move(params), options, defaults);
  return statement;
}

}  // namespace

void Pool::query(std::string sql, std::vector<Value> params, QueryOptions options,
                 Completion<ResultSet> done) {
  if (auto refusal = misplaced(sql, Place::kAlone)) {
    done.reject(*std::move(refusal));
    return;
  }
  PoolCore::Statement statement = make_statement(std::move(sql), std::move(params), options, impl_->options);
  statement.done = std::move(done);
  impl_->engine->post([id = impl_->id, statement = std::move(statement)](Engine::Io& io) mutable {
    io.pool(id).submit(std::move(statement));
  });
}

void Pool::batch_atomic(std::vector<std::string> sql, std::vector<std::vector<Value>> params,
                        BatchOptions options, Completion<std::vector<ResultSet>> done) {
  for (const std::string& text : sql) {
    if (auto refusal = misplaced(text, Place::kBatch)) {
      done.reject(*std::move(refusal));
      return;
    }
  }
  QueryOptions shared;
  shared.mode = options.mode;
  shared.timeout = options.timeout;
  shared.signal = std::move(options.signal);
  shared.retry = options.retry;
  shared.is_told = options.is_told;
  shared.on_wait = std::move(options.on_wait);
  PoolCore::Statement statement = make_statement({}, {}, shared, impl_->options);
  for (std::size_t i = 0; i < sql.size(); ++i) {
    BatchItem item;
    item.sql = std::move(sql[i]);
    if (i < params.size()) item.params = std::move(params[i]);
    statement.request->bytes += item.sql.size();
    for (const Value& value : item.params) statement.request->bytes += size_of(value);
    statement.request->batch.push_back(std::move(item));
  }
  if (statement.request->batch.empty()) {
    done.resolve({});
    return;
  }
  statement.batch_done = std::move(done);
  impl_->engine->post([id = impl_->id, statement = std::move(statement)](Engine::Io& io) mutable {
    io.pool(id).submit(std::move(statement));
  });
}

void Pool::describe(std::string sql, QueryOptions options, Completion<StatementDescription> done) {
  PoolCore::Statement statement = make_statement(std::move(sql), {}, options, impl_->options);
  impl_->engine->post(
      [id = impl_->id, statement = std::move(statement), done = std::move(done)](Engine::Io& io) mutable {
        io.pool(id).describe(std::move(statement), std::move(done));
      });
}

void Pool::begin(TransactionOptions options, Completion<std::shared_ptr<Transaction>> done) {
  if (options.commit_proof &&
      (options.read_only || options.mode.value_or(*impl_->options.mode) != Mode::kReadWrite)) {
    done.reject(Error::make(ErrorKind::kConfiguration,
                            "`options.commitProof` is for transactions that write, in mode read-write."));
    return;
  }
  auto impl = std::make_unique<Transaction::Impl>();
  impl->engine = impl_->engine;
  impl->pool = impl_->id;
  impl->id = impl_->engine->new_id();
  impl->defaults = impl_->options;
  const TimePoint deadline = deadline_of(options.timeout, impl_->options.timeout);
  auto transaction = std::make_shared<Transaction>(std::move(impl));
  impl_->engine->post([pool_id = impl_->id, transaction = std::move(transaction),
                       options = std::move(options), deadline,
                       done = std::move(done)](Engine::Io& io) mutable {
    const TransactionId id = transaction->impl().id;
    auto core = std::make_unique<TransactionCore>(io.pool(pool_id), std::move(options), deadline,
                                                  transaction->impl().view);
    io.add_transaction(pool_id, id, std::move(core))
        .begin(completion_from<Unit, Error>(
            [transaction = std::move(transaction), done = std::move(done)](Expected<Unit> begun) mutable {
              if (begun.ok()) {
                done.resolve(std::move(transaction));
              } else {
                done.reject(std::move(begun).error());
              }
            }));
  });
}

PoolStatus Pool::status() const {
  PoolStatus status;
  status.max_size = impl_->options.pool_size;
  status.size = impl_->gauges->size.read();
  status.available = impl_->gauges->available.read();
  status.in_use = impl_->gauges->in_use.read();
  status.waiting = impl_->gauges->waiting.read();
  return status;
}

namespace {

Histogram histogram_of(const Meter& meter) {
  Histogram histogram;
  for (const std::int64_t bound : Meter::kBounds)
    histogram.bounds_ms.push_back(static_cast<double>(bound) / 1000);
  for (std::size_t i = 0; i <= Meter::kBounds.size(); ++i) {
    histogram.counts.push_back(static_cast<double>(meter.bucket(i)));
    histogram.count += histogram.counts.back();
  }
  histogram.sum_ms = meter.sum_ms();
  return histogram;
}

double number(const Counter& counter) { return static_cast<double>(counter.read()); }

template <class Reason, std::size_t N>
double number(const std::array<Counter, N>& counters, Reason reason) {
  return number(counters[static_cast<std::size_t>(reason)]);
}

HostStats stats_of(const HostGauge& gauge) {
  HostStats stats;
  stats.host = gauge.host.text();
  stats.sessions = gauge.sessions.read();
  stats.warm_sessions = gauge.warm_sessions.read();
  stats.connect = histogram_of(gauge.connect);
  stats.connect_failures = number(gauge.connect_failures);
  stats.acquire = histogram_of(gauge.acquire);
  stats.query = histogram_of(gauge.query);
  stats.statements = {.succeeded = number(gauge.succeeded),
                      .not_sent = number(gauge.failed, Outcome::kNotSent),
                      .not_executed = number(gauge.failed, Outcome::kNotExecuted),
                      .rolled_back = number(gauge.failed, Outcome::kRolledBack),
                      .committed_locally = number(gauge.failed, Outcome::kCommittedLocally),
                      .committed = number(gauge.failed, Outcome::kCommitted),
                      .unknown = number(gauge.failed, Outcome::kUnknown)};
  stats.transaction = histogram_of(gauge.transaction);
  stats.transactions = {.committed = number(gauge.ended, Outcome::kCommitted),
                        .committed_locally = number(gauge.ended, Outcome::kCommittedLocally),
                        .rolled_back = number(gauge.ended, Outcome::kRolledBack),
                        .unknown = number(gauge.ended, Outcome::kUnknown)};
  stats.retries = {.lost = number(gauge.retries, RetryReason::kLost),
                   .fenced = number(gauge.retries, RetryReason::kFenced),
                   .shutdown = number(gauge.retries, RetryReason::kShutdown),
                   .conflict = number(gauge.retries, RetryReason::kConflict)};
  stats.reroutes = number(gauge.reroutes);
  stats.cancels = number(gauge.on_sessions.cancels);
  stats.evictions = {.idle = number(gauge.evictions, Eviction::kIdle),
                     .lifetime = number(gauge.evictions, Eviction::kLifetime),
                     .role = number(gauge.evictions, Eviction::kRole),
                     .room = number(gauge.evictions, Eviction::kRoom),
                     .lost = number(gauge.evictions, Eviction::kLost)};
  stats.statement_cache_hits = number(gauge.on_sessions.statement_cache_hits);
  stats.statement_cache_misses = number(gauge.on_sessions.statement_cache_misses);
  return stats;
}

/// The I/O thread looks after each pool once a second; silent for so long, it hangs.
constexpr std::int32_t kHungSeconds = 30;

}  // namespace

PoolStats Pool::stats() const {
  const PoolGauges& gauges = *impl_->gauges;
  PoolStats stats;
  const auto hosts = gauges.hosts.read();
  for (const auto& gauge : *hosts) stats.hosts.push_back(stats_of(*gauge));
  stats.failover_gap = histogram_of(gauges.failover_gap);
  stats.acquire_failures = {.no_host = number(gauges.no_host),
                            .exhausted = number(gauges.exhausted),
                            .timeout = number(gauges.timed_out),
                            .aborted = number(gauges.aborted),
                            .refused = number(gauges.refused)};
  return stats;
}

PoolHealth Pool::health() const {
  const PoolGauges& gauges = *impl_->gauges;
  PoolHealth health;
  const auto fail = [&health](std::string reason) {
    health.ready = false;
    health.reasons.push_back(std::move(reason));
  };
  if (gauges.is_closed.read() != 0) {
    health.live = false;
    fail("The pool is closed: end() was called.");
    return health;
  }
  const std::int32_t alive_at = gauges.alive_at.read();
  if (alive_at != 0 && seconds_of(SteadyClock::now()) - alive_at > kHungSeconds) {
    health.live = false;
    fail("The I/O thread does not answer.");
  }
  const auto topology = gauges.topology.read();
  if (topology && !candidates(*impl_->options.mode, *topology).hosts.empty()) {
    const auto trouble = gauges.trouble.read();
    if (trouble && !trouble->empty()) {
      fail("No session can be opened.");
      health.reasons.insert(health.reasons.end(), trouble->begin(), trouble->end());
    }
    return health;
  }
  switch (*impl_->options.mode) {
    case Mode::kReadWrite:
      fail("There is no writable primary.");
      break;
    case Mode::kReadOnly:
      fail("There is no standby.");
      break;
    case Mode::kPreferStandby:
    case Mode::kAny:
      fail("There is no host that answers.");
      break;
  }
  if (!topology) return health;
  for (const Host& host : topology->hosts) {
    const std::string& why = host.reason;
    if (!why.empty())
      health.reasons.push_back(host.address.text() + ": " + why + (why.back() == '.' ? "" : "."));
  }
  return health;
}

TopologyView Pool::topology() const {
  const auto published = impl_->gauges->topology.read();
  const Topology known = published ? *published : Topology();
  const Host* primary = known.primary();
  TopologyView view;
  if (primary != nullptr) view.primary = primary->address.text();
  const auto hosts = impl_->gauges->hosts.read();
  for (const auto& gauge : *hosts) {
    HostView shown;
    shown.host = gauge->host.text();
    shown.sessions = gauge->sessions.read();
    shown.warm_sessions = gauge->warm_sessions.read();
    if (const Host* host = known.find(gauge->host)) {
      shown.role = host->role;
      if (!host->reason.empty()) shown.last_error = host->reason;
      if (host->role == HostRole::kDown || !host->facts) {
        if (!host->code.empty()) shown.last_error_code = host->code;
        shown.refused = host->is_refusal;
      }
      if (host->facts) {
        const HostFacts& facts = *host->facts;
        // What is only known at least is certain where it is the primary's: nobody is ahead of that.
        const bool is_certain =
            !facts.is_timeline_least || (primary != nullptr && facts.timeline == primary->facts->timeline);
        if (facts.timeline != 0 && is_certain) shown.timeline = facts.timeline;
        if (!facts.system_identifier.empty()) shown.system_identifier = facts.system_identifier;
        shown.lsn = lsn_text(facts.lsn);
        shown.round_trip_ms = std::chrono::duration<double, std::milli>(facts.round_trip).count();
        if (primary != nullptr && primary != host && host->role == HostRole::kStandby) {
          const std::uint64_t ahead = primary->facts->lsn;
          shown.lag_bytes = ahead > facts.lsn ? static_cast<double>(ahead - facts.lsn) : 0.0;
        }
      }
    }
    view.hosts.push_back(std::move(shown));
  }
  return view;
}

Expected<Unit> Pool::set_hosts(std::vector<std::string> names) {
  if (impl_->is_ended) return Fail(pool_closed_error());
  auto hosts = parse_hosts(names, {impl_->default_port});
  if (!hosts.ok()) return Fail(std::move(hosts).error());
  impl_->engine->post(
      [id = impl_->id, hosts = std::move(hosts).value()](Engine::Io& io) { io.move(id, hosts); });
  return Unit{};
}

void Pool::end(EndOptions options, Completion<Unit> done) {
  impl_->is_ended = true;
  impl_->engine->post([id = impl_->id, drain = options.drain_timeout, done = std::move(done)](
                          Engine::Io& io) mutable { io.pool(id).end(drain, std::move(done)); });
}

void Pool::pause(milliseconds delay, Completion<Unit> done) {
  impl_->engine->post([id = impl_->id, delay, done = std::move(done)](Engine::Io& io) mutable {
    io.pool(id).pause(delay, std::move(done));
  });
}

void Pool::provide_password(Callback<std::uint32_t, PasswordTarget> ask) {
  impl_->engine->post([id = impl_->id, ask = std::move(ask)](Engine::Io& io) mutable {
    io.pool(id).passwords()->provide(std::move(ask));
  });
}

void Pool::answer_password(std::uint32_t number, std::optional<std::string> password,
                           std::optional<std::string> problem) {
  Error failed = Error::make(ErrorKind::kConnect,
                             "The function `password` failed: " + problem.value_or("it gave nothing") + ".");
  failed.code = "EAUTH";
  Expected<std::string> answer = Fail(std::move(failed));
  if (password) answer = *std::move(password);
  impl_->engine->post([id = impl_->id, number, answer = std::move(answer)](Engine::Io& io) mutable {
    PoolCore& pool = io.pool(id);
    pool.passwords()->answer(number, pool.loop().now(), std::move(answer));
  });
}

void Pool::greet(Callback<std::uint32_t, std::string> ask) {
  impl_->engine->post([id = impl_->id, ask = std::move(ask)](Engine::Io& io) mutable {
    io.pool(id).setup().ask(std::move(ask));
  });
}

void Pool::greeting_query(std::uint32_t number, std::string sql, std::vector<Value> params,
                          QueryOptions options, Completion<ResultSet> done) {
  auto request = make_request(std::move(sql), std::move(params), options, impl_->options);
  impl_->engine->post(
      [id = impl_->id, number, request = std::move(request), done = std::move(done)](Engine::Io& io) mutable {
        io.pool(id).setup().query(number, std::move(request), std::move(done));
      });
}

void Pool::greeted(std::uint32_t number, std::optional<std::string> problem) {
  impl_->engine->post([id = impl_->id, number, problem = std::move(problem)](Engine::Io& io) {
    io.pool(id).setup().end(number, problem);
  });
}

std::string Pool::database() const { return impl_->database; }

void Pool::listen(Callback<ClusterEvent> listener) {
  impl_->engine->post([id = impl_->id, listener = std::move(listener)](Engine::Io& io) mutable {
    io.pool(id).listen(std::move(listener));
  });
}

// --------------------------------------------------------------------------------------- Transaction

Transaction::Transaction(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Transaction::~Transaction() {
  impl_->engine->post(
      [pool = impl_->pool, id = impl_->id](Engine::Io& io) { io.drop_transaction(pool, id); });
}

void Transaction::query(std::string sql, std::vector<Value> params, QueryOptions options,
                        Completion<ResultSet> done) {
  if (auto refusal = misplaced(sql, Place::kTransaction)) {
    done.reject(*std::move(refusal));
    return;
  }
  auto request = make_request(std::move(sql), std::move(params), options, impl_->defaults);
  impl_->engine->post([pool = impl_->pool, id = impl_->id, request = std::move(request),
                       done = std::move(done)](Engine::Io& io) mutable {
    if (TransactionCore* core = io.transaction(pool, id)) {
      core->query(std::move(request), std::move(done));
    } else {
      done.reject(transaction_closed_error());
    }
  });
}

void Transaction::describe(std::string sql, QueryOptions options, Completion<StatementDescription> done) {
  auto request = make_request(std::move(sql), {}, options, impl_->defaults);
  impl_->engine->post([pool = impl_->pool, id = impl_->id, request = std::move(request),
                       done = std::move(done)](Engine::Io& io) mutable {
    if (TransactionCore* core = io.transaction(pool, id)) {
      core->describe(std::move(request), std::move(done));
    } else {
      done.reject(transaction_closed_error());
    }
  });
}

void Transaction::commit(Completion<Unit> done) {
  impl_->engine->post([pool = impl_->pool, id = impl_->id, done = std::move(done)](Engine::Io& io) mutable {
    if (TransactionCore* core = io.transaction(pool, id)) {
      core->commit(std::move(done));
    } else {
      done.reject(transaction_closed_error());
    }
  });
}

void Transaction::rollback(Completion<Unit> done) {
  impl_->engine->post([pool = impl_->pool, id = impl_->id, done = std::move(done)](Engine::Io& io) mutable {
    if (TransactionCore* core = io.transaction(pool, id)) {
      core->rollback(std::move(done));
    } else {
      done.resolve({});
    }
  });
}

bool Transaction::is_open() const { return impl_->view->is_open.read() != 0; }

std::string Transaction::host() const {
  const auto host = impl_->view->host.read();
  return host ? *host : std::string();
}

}  // namespace hdb
