// Pool: connections to the nodes of one cluster; what an application talks to.
// Thread: JS threads call it; the work is done by the I/O thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/annotate.hpp"
#include "api/cluster.hpp"
#include "api/error.hpp"
#include "api/options.hpp"
#include "api/result.hpp"
#include "api/stats.hpp"
#include "api/transaction.hpp"
#include "base/callback.hpp"
#include "base/value.hpp"

namespace hdb {

/// How full a pool is.
struct JS_RECORD PoolStatus {
  /// `poolSize`.
  std::int32_t max_size = 0;
  /// Connections that are open or being opened, not counting warm ones (`topology().hosts[].warmSessions`).
  std::int32_t size = 0;
  /// Idle connections.
  std::int32_t available = 0;
  /// Connections that run a statement or belong to a transaction.
  std::int32_t in_use = 0;
  /// Requests waiting for a connection.
  std::int32_t waiting = 0;
};

/// A pool of connections to the nodes of one cluster. It knows which node is the primary, and follows it.
class JS_CLASS Pool {
 public:
  struct Impl;
  explicit Pool(std::unique_ptr<Impl> impl);
  ~Pool();

  /// Creates a pool; see `createPool`.
  JS_INTERNAL static Expected<std::shared_ptr<Pool>> create(std::optional<std::string> url,
                                                            PoolOptions options);

  /// Runs one statement and resolves with its rows.
  ///
  /// @param sql Statement text with `$1` placeholders.
  /// @param params Values of the placeholders.
  /// @param options Options of this statement only.
  /// @returns The rows, with `rowCount`, `command` and `fields`.
  /// @throws {ParameterError} A value does not fit its type; nothing was sent.
  /// @throws {ServerError} PostgreSQL refused the statement.
  /// @throws {NoPrimaryError} No writable node was found before the deadline.
  /// @throws {NoStandbyError} No standby was found before the deadline.
  /// @throws {PoolExhaustedError} All connections were in use until the deadline, or the queue is full.
  /// @throws {InDoubtError} The write was sent and the connection died before its answer.
  /// @throws {TimeoutError} `timeoutMs` passed.
  /// @throws {AbortError} `signal` was aborted.
  /// @throws {PoolClosedError} `end()` was called.
  /// @example
  /// const rows = await pool.query<{ id: number }>('select id from accounts where owner = $1', ['ann']);
  /// const pairs = await pool.query('select id, owner from accounts', [], { rowMode: 'array' });
  JS_METHOD JS_GENERIC("Row = never, Mode extends RowMode = RowMode") void query(
      std::string sql, std::vector<Value> params,
      JS_TYPE("QueryOptions & { rowMode?: Mode | undefined }") QueryOptions options,
      JS_TYPE("Result<RowOf<Row, Mode>>") Completion<ResultSet> done);
#if defined(HDB_GEN)
  /// Runs one statement that carries its values.
  ///
  /// @param statement Made by the tag `sql`, or an object with `text` and `values`.
  /// @param options Options of this statement only.
  /// @returns The rows, with `rowCount`, `command` and `fields`.
  /// @throws {ConfigurationError} It is not a statement.
  /// @example
  /// const rows = await pool.query(sql<{ id: number }>`select id from accounts where owner = ${'ann'}`);
  /// const same = await pool.query({ text: 'select id from accounts where owner = $1', values: ['ann'] });
  JS_LIB JS_GENERIC("Row = never, Mode extends RowMode = RowMode") void query(
      JS_TYPE("SqlStatement<Row>") std::string statement,
      JS_TYPE("QueryOptions & { rowMode?: Mode | undefined }") QueryOptions options,
      JS_TYPE("Result<RowOf<Row, Mode>>") Completion<ResultSet> done);
#endif

  /// The native side of an atomic batch.
  JS_INTERNAL void batch_atomic(std::vector<std::string> sql, std::vector<std::vector<Value>> params,
                                BatchOptions options, Completion<std::vector<ResultSet>> done);

  /// Asks the server for the types of a statement's parameters and columns, without running it. What is
  /// already known is answered without a round trip.
  ///
  /// @param sql Statement text with `$1` placeholders, or a statement with its values.
  /// @param options Mode, deadline, signal.
  /// @throws {ServerError} PostgreSQL cannot parse the statement.
  /// @throws {NoPrimaryError} No writable node was found before the deadline.
  /// @throws {PoolClosedError} `end()` was called.
  /// @example
  /// const { params, fields } = await pool.describe('select owner from accounts where id = $1');
  JS_METHOD void describe(JS_TYPE("string | SqlStatement<any>") std::string sql, QueryOptions options,
                          Completion<StatementDescription> done);

  /// Begins a transaction on a connection of its own.
  ///
  /// @param options Isolation, mode, deadline.
  /// @returns The open transaction; end it with `commit()` or `rollback()`.
  /// @throws {NoPrimaryError} No writable node was found before the deadline.
  /// @throws {PoolExhaustedError} All connections were in use until the deadline.
  /// @throws {PoolClosedError} `end()` was called.
  /// @example
  /// const tx = await pool.begin({ isolation: 'serializable' });
  /// try {
  ///   await tx.query('update accounts set balance = balance - 5 where owner = $1', ['ann']);
  ///   await tx.commit();
  /// } catch (error) {
  ///   if (tx.isOpen()) await tx.rollback();
  ///   throw error;
  /// }
  JS_METHOD void begin(TransactionOptions options, Completion<std::shared_ptr<Transaction>> done);

  /// How full the pool is right now.
  ///
  /// @example
  /// const { inUse, waiting } = pool.status();
  JS_METHOD PoolStatus status() const;

  /// What the pool has done so far: counters and histograms, per host. They are always on, and reading them
  /// sends nothing.
  ///
  /// @example
  /// for (const { host, statements } of pool.stats().hosts) console.log(host, statements.succeeded);
  JS_METHOD PoolStats stats() const;

  /// Whether the pool can do its work, and if not, why. Reading it sends nothing.
  ///
  /// @example
  /// const { live, ready, reasons } = pool.health();
  JS_METHOD PoolHealth health() const;

  /// What is known of the hosts right now.
  ///
  /// @example
  /// for (const { host, role, lagBytes } of pool.topology().hosts) console.log(host, role, lagBytes);
  JS_METHOD TopologyView topology() const;

  /// Replaces the list of hosts. Connections to hosts that stay are kept; statements on a host that is
  /// removed end as if their connection had been lost.
  ///
  /// @param hosts As in the options of `createPool`.
  /// @throws {ConfigurationError} A host is malformed.
  /// @example
  /// pool.setHosts(['10.0.0.1', '10.0.0.4:5433']);
  JS_METHOD Expected<Unit> set_hosts(std::vector<std::string> hosts);

  /// Refuses new work, lets running work finish, and closes all connections. What still runs after
  /// `drainTimeoutMs` is canceled, and has `cancelTimeoutMs` to end. A second call waits for the first.
  ///
  /// @param options How long running work may take.
  /// @example
  /// process.once('SIGTERM', () => pool.end({ drainTimeoutMs: 10_000 }));
  JS_METHOD void end(EndOptions options, Completion<Unit> done);

  /// Resolves after a delay: the backoff of `transaction()`.
  JS_INTERNAL void pause(milliseconds delay, Completion<Unit> done);

  /// `ask` is called when a password is needed; the answer has the same number.
  JS_INTERNAL void provide_password(Callback<std::uint32_t, PasswordTarget> ask);
  /// The answer to `ask`: a password, or why there is none.
  JS_INTERNAL void answer_password(std::uint32_t number, std::optional<std::string> password,
                                   std::optional<std::string> problem);

  /// `ask` is called for each new connection before it is used, with a number for it and its host.
  JS_INTERNAL void greet(Callback<std::uint32_t, std::string> ask);
  /// Runs a statement on a connection whose `ask` has not been answered yet.
  JS_INTERNAL void greeting_query(std::uint32_t number, std::string sql, std::vector<Value> params,
                                  QueryOptions options, Completion<ResultSet> done);
  /// The answer to `ask`: the connection may be used, or why not.
  JS_INTERNAL void greeted(std::uint32_t number, std::optional<std::string> problem);

  /// Name of the database, if the configuration names one; else empty, and the server uses the role's name.
  JS_INTERNAL std::string database() const;

  /// Delivers cluster events to lib/, which is an EventEmitter.
  JS_INTERNAL void listen(Callback<ClusterEvent> listener);

#if defined(HDB_GEN)
  /// Inserts rows with one statement and resolves with the stored rows, in the same order.
  ///
  /// @param table `'table'`, `'schema.table'` or `['schema', 'table']`; each part is quoted.
  /// @param rows Their keys are the columns. A column that a row lacks, or has as undefined, gets its
  /// default.
  /// @param options Those of a statement, and `idempotency`.
  /// @returns The rows, with `rowCount`, `command` and `fields`.
  /// @throws {ConfigurationError} An argument is invalid; nothing was sent.
  /// @throws {ParameterError} A value does not fit its column; nothing was sent.
  /// @throws {ServerError} PostgreSQL refused a row; none is stored.
  /// @throws {InDoubtError} The connection died before the answer, and the insert is not idempotent.
  /// @example
  /// const rows = await pool.insert('audit', [{ id: 'b1' }, { id: 'b2', note: 'two' }]);
  JS_LIB JS_GENERIC("Row = Record<string, SqlValue>")
      JS_TYPE("Promise<Result<Row>>") void insert(Names table, std::vector<NewRow> rows,
                                                  InsertQueryOptions options = {});
  /// Inserts one row and resolves with the stored row.
  ///
  /// @param table `'table'`, `'schema.table'` or `['schema', 'table']`; each part is quoted.
  /// @param row Its keys are the columns.
  /// @param options Those of a statement, and `idempotency`.
  /// @returns The row; undefined if a trigger dropped it.
  /// @example
  /// const row = await pool.insert(
  ///   'audit',
  ///   { id: 'b3', note: 'once' },
  ///   { idempotency: true, conflictTarget: 'id' },
  /// );
  JS_LIB JS_GENERIC("Row = Record<string, SqlValue>")
      JS_TYPE("Promise<Row>") void insert(Names table, NewRow row, InsertQueryOptions options = {});

  /// Runs `work` in a transaction: commits when it resolves, rolls back when it rejects, and runs it
  /// again after a serialization failure, a deadlock, or a failover before COMMIT was sent. To save a round
  /// trip, BEGIN travels with the first statement, unless the connection has been silent for half a second.
  ///
  /// @param work May run more than once, so its effects outside the database should be repeatable.
  /// @param options Isolation, mode, deadline.
  /// @returns What `work` resolves to.
  /// @throws {InDoubtError} The connection died between COMMIT and its answer; with `exactlyOnce`, only if
  /// the current primary could not be asked.
  /// @example
  /// const left = await pool.transaction(async (tx) => {
  ///   await tx.query('update accounts set balance = balance - 5 where owner = $1', ['ann']);
  ///   const [ann] = await tx.query<{ left: number }>('select balance as left from accounts');
  ///   return ann?.left;
  /// });
  JS_LIB JS_GENERIC("T")
      JS_TYPE("Promise<T>") void transaction(JS_TYPE("(tx: Transaction) => Promise<T> | T") Callback<> work,
                                             TransactionOptions options = {});

  /// Runs several statements in one round trip (once the pool knows their texts). All of them are prepared
  /// before any of them runs: a statement that needs another one's DDL belongs in a transaction.
  ///
  /// @param statements Texts, or texts with the values of their placeholders, or made by the tag `sql`.
  /// @param options `atomic`, mode, deadline, signal.
  /// @returns The results, in order; with `atomic: false`, how each one ended, as from `Promise.allSettled`.
  /// @throws {ParameterError} A value does not fit its type; nothing was executed.
  /// @throws {ServerError} A statement failed; all of them were rolled back.
  /// @throws {InDoubtError} The connection died before the answer.
  /// @example
  /// const [accounts, audit] = await pool.batch([
  ///   'select id from accounts',
  ///   { sql: 'select note from audit where id = $1', params: ['b1'] },
  /// ]);
  JS_LIB JS_GENERIC("const Statements extends readonly BatchStatement[], Atomic extends boolean = true")
      JS_TYPE("Promise<BatchResults<Statements, Atomic>>") void batch(
          JS_TYPE("Statements") Callback<> statements,
          JS_TYPE("BatchOptions & { atomic?: Atomic }") BatchOptions options);

  /// Calls `listener` for each event of that name.
  ///
  /// @param event Name of the event.
  /// @param listener Gets the event.
  /// @example
  /// pool.on('primaryChanged', ({ host, previous, gapMs }) => console.log(previous, host, gapMs));
  JS_LIB JS_GENERIC("K extends keyof PoolEvents")
      JS_TYPE("this") void on(JS_TYPE("K") std::string event,
                              JS_TYPE("(event: PoolEvents[K]) => void") Callback<> listener);

  /// Calls `listener` for the next event of that name only.
  ///
  /// @param event Name of the event.
  /// @param listener Gets the event.
  /// @example
  /// pool.once('primaryChanged', ({ host }) => console.log(host, 'is the primary'));
  JS_LIB JS_GENERIC("K extends keyof PoolEvents")
      JS_TYPE("this") void once(JS_TYPE("K") std::string event,
                                JS_TYPE("(event: PoolEvents[K]) => void") Callback<> listener);

  /// Stops calling `listener`.
  ///
  /// @param event Name of the event.
  /// @param listener As it was given to `on` or `once`.
  /// @example
  /// const tell = ({ host }: { host: string }) => console.log(host, 'is fenced');
  /// pool.on('fenced', tell);
  /// pool.off('fenced', tell);
  JS_LIB JS_GENERIC("K extends keyof PoolEvents")
      JS_TYPE("this") void off(JS_TYPE("K") std::string event,
                               JS_TYPE("(event: PoolEvents[K]) => void") Callback<> listener);

  /// For `await using`: as `end()`.
  ///
  /// @example
  /// await using own = createPool({ hosts: ['10.0.0.1', '10.0.0.2'] });
  JS_LIB JS_NAME("[Symbol.asyncDispose]") void dispose(Completion<Unit> done);
#endif

 private:
  std::unique_ptr<Impl> impl_;
};

#if defined(HDB_GEN)
/// Quotes an identifier, for names that become part of a statement.
///
/// @param name One name; a dot in it is part of the name.
/// @throws {ConfigurationError} It is empty, or contains a NUL or half a surrogate pair.
/// @example
/// const sql = `select count(*) from ${quoteIdentifier('odd name')}`;
JS_LIB std::string quote_identifier(std::string name);

/// Creates a pool from options, or from a libpq connection URI or keyword string plus options, which override
/// it. Opens `minIdle` connections at once, and others when a statement needs them.
///
/// @param first `postgres://user@host1,host2:5433/database?sslmode=verify-full`, also as a URL object; or
/// options. `undefined`, such as an environment variable that is not set, is refused unless `hosts` or PGHOST
/// name hosts.
/// @param options With a URL: options that override it.
/// @throws {ConfigurationError} The URL is invalid, an option is unknown, or a value is invalid.
/// @example
/// const byUrl = createPool(process.env.DATABASE_URL, { poolSize: 20 });
/// const byOptions = createPool({ hosts: ['10.0.0.1', '10.0.0.2'], user: 'app', database: 'shop' });
JS_LIB std::shared_ptr<Pool> create_pool(
    JS_TYPE("string | { readonly href: string } | PoolOptions | undefined") std::string first = {},
    PoolOptions options = {});
#endif

}  // namespace hdb
