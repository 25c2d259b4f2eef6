#include "api/pool.hpp"

#include <utility>

#include "client/config.hpp"
#include "client/make_request.hpp"
#include "client/pool_impl.hpp"
#include "client/transaction_impl.hpp"
#include "conn/statement_place.hpp"
#include "pool/mode_set.hpp"

namespace hdb {

Pool::Pool(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Pool::~Pool() {
  impl_->engine->post([id = impl_->id](Engine::Io& io) { io.drop(id); });
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): the generated glue passes values
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

namespace {

template <class Work>
PoolCore::Statement make_statement(Work&& work, QueryOptions& options, const PoolOptions& defaults) {
  PoolCore::Statement statement;
  statement.mode = options.mode.value_or(*defaults.mode);
  statement.is_idempotent = options.retry.value_or(is_restricted(statement.mode));
  statement.on_wait = std::move(options.on_wait);
  statement.request = make_request(std::forward<Work>(work), options, defaults);
  return statement;
}

}  // namespace

void Pool::query(std::string sql, std::vector<Value> params, QueryOptions options,
                 Completion<ResultSet> done) {
  if (auto refusal = misplaced(sql, Place::kAlone)) {
    done.reject(*std::move(refusal));
    return;
  }
  Query query(std::move(sql), std::move(params), std::move(done));
  PoolCore::Statement statement = make_statement(std::move(query), options, impl_->options);
  impl_->post_to<&PoolCore::submit>(std::move(statement));
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
  if (sql.empty()) {
    done.resolve({});
    return;
  }
  Batch batch;
  params.resize(sql.size());
  for (std::size_t i = 0; i < sql.size(); ++i)
    batch.statements.emplace_back(std::move(sql[i]), std::move(params[i]));
  batch.completion = std::move(done);
  PoolCore::Statement statement = make_statement(std::move(batch), shared, impl_->options);
  impl_->post_to<&PoolCore::submit>(std::move(statement));
}

void Pool::describe(std::string sql, QueryOptions options, Completion<StatementDescription> done) {
  PoolCore::Statement statement = make_statement(Query(std::move(sql), {}, {}), options, impl_->options);
  impl_->post_to<&PoolCore::describe>(std::move(statement), std::move(done));
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

// NOLINTNEXTLINE(performance-unnecessary-value-param): the generated glue passes values
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
  impl_->post_to<&PoolCore::end>(options.drain_timeout, std::move(done));
}

void Pool::pause(milliseconds delay, Completion<Unit> done) {
  impl_->post_to<&PoolCore::pause>(delay, std::move(done));
}

void Pool::provide_password(Callback<std::uint32_t, PasswordTarget> ask) {
  impl_->post([ask = std::move(ask)](PoolCore& pool) mutable { pool.passwords()->provide(std::move(ask)); });
}

void Pool::answer_password(std::uint32_t number, std::optional<std::string> password,
                           std::optional<std::string> problem) {
  Error failed =
      Error::make(ErrorKind::kConnect,
                  "The function `password` failed: " + std::move(problem).value_or("it gave nothing") + ".");
  failed.code = "EAUTH";
  Expected<std::string> answer = Fail(std::move(failed));
  if (password) answer = *std::move(password);
  impl_->post([number, answer = std::move(answer)](PoolCore& pool) mutable {
    pool.passwords()->answer(number, pool.loop().now(), std::move(answer));
  });
}

void Pool::greet(Callback<std::uint32_t, std::string> ask) {
  impl_->post([ask = std::move(ask)](PoolCore& pool) mutable { pool.setup().ask(std::move(ask)); });
}

void Pool::greeting_query(std::uint32_t number, std::string sql, std::vector<Value> params,
                          QueryOptions options, Completion<ResultSet> done) {
  Query query(std::move(sql), std::move(params), std::move(done));
  auto request = make_request(std::move(query), options, impl_->options);
  impl_->post([number, request = std::move(request)](PoolCore& pool) mutable {
    pool.setup().query(number, std::move(request));
  });
}

void Pool::greeted(std::uint32_t number, std::optional<std::string> problem) {
  impl_->post([number, problem = std::move(problem)](PoolCore& pool) { pool.setup().end(number, problem); });
}

std::string Pool::database() const { return impl_->database; }

void Pool::listen(Callback<ClusterEvent> listener) { impl_->post_to<&PoolCore::listen>(std::move(listener)); }

}  // namespace hdb
