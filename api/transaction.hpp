// Transaction: one open transaction on one pinned connection. It dies with its connection.
// Thread: JS threads call it; the work is done by the I/O thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/annotate.hpp"
#include "api/error.hpp"
#include "api/options.hpp"
#include "api/result.hpp"
#include "base/callback.hpp"
#include "base/value.hpp"

namespace hdb {

/// An open transaction. Its statements are never sent on another connection. If it is garbage-collected while
/// open, it is rolled back.
class JS_CLASS Transaction {
 public:
  struct Impl;
  explicit Transaction(std::unique_ptr<Impl> impl);
  ~Transaction();
  Impl& impl() { return *impl_; }

  /// Runs one statement inside the transaction.
  ///
  /// @param sql Statement text with `$1` placeholders.
  /// @param params Values of the placeholders.
  /// @param options `mode` and `retry` have no meaning here.
  /// @returns The rows, with `rowCount`, `command` and `fields`.
  /// @throws {ParameterError} A value does not fit its type; nothing was sent.
  /// @throws {ServerError} PostgreSQL refused the statement; the transaction can only be rolled back, to a
  /// savepoint or whole.
  /// @throws {ResultError} The answer cannot be shown as asked; the transaction can only be rolled back, to a
  /// savepoint or whole.
  /// @throws {ConnectionLostError} The connection is gone; the transaction was rolled back.
  /// @throws {TransactionClosedError} The transaction has ended.
  /// @example
  /// await tx.query('update accounts set balance = balance - $1 where owner = $2', [5, 'ann']);
  JS_METHOD JS_GENERIC("Row = never, Mode extends RowMode = RowMode") void query(
      std::string sql, std::vector<Value> params,
      JS_TYPE("QueryOptions & { rowMode?: Mode | undefined }") QueryOptions options,
      JS_TYPE("Result<RowOf<Row, Mode>>") Completion<ResultSet> done);
#if defined(HDB_GEN)
  /// Runs one statement that carries its values, inside the transaction.
  ///
  /// @param statement Made by the tag `sql`, or an object with `text` and `values`.
  /// @param options `mode` and `retry` have no meaning here.
  /// @returns The rows, with `rowCount`, `command` and `fields`.
  /// @throws {ConfigurationError} It is not a statement.
  /// @example
  /// await tx.query(sql`update accounts set balance = balance - ${5} where owner = ${'ann'}`);
  JS_LIB JS_GENERIC("Row = never, Mode extends RowMode = RowMode") void query(
      JS_TYPE("SqlStatement<Row>") std::string statement,
      JS_TYPE("QueryOptions & { rowMode?: Mode | undefined }") QueryOptions options,
      JS_TYPE("Result<RowOf<Row, Mode>>") Completion<ResultSet> done);
#endif

  /// Like the pool's, but on the transaction's connection, which sees what the transaction has created.
  JS_INTERNAL void describe(std::string sql, QueryOptions options, Completion<StatementDescription> done);

  /// Commits. The same round trip checks the node: if it is fenced, nothing is stored.
  ///
  /// @throws {FencedError} The node is no longer the writable primary; rolled back.
  /// @throws {InDoubtError} The connection died before the answer.
  /// @throws {NotReplicatedError} Stored on the primary, not confirmed by the synchronous standby.
  /// @throws {ServerError} The commit failed (a deferred constraint, a serialization failure); rolled back.
  /// @throws {ResultError} An answer of the transaction could not be shown; rolled back.
  /// @throws {TransactionClosedError} The transaction has ended.
  /// @example
  /// await tx.commit();
  JS_METHOD void commit(Completion<Unit> done);

  /// Rolls back. Also resolves if the connection is gone, because then the server rolls back.
  ///
  /// @throws {TransactionClosedError} The transaction has been committed.
  /// @example
  /// await tx.rollback();
  JS_METHOD void rollback(Completion<Unit> done);

  /// True until it is committed, rolled back, or its connection is lost.
  ///
  /// @example
  /// if (tx.isOpen()) await tx.rollback();
  JS_METHOD bool is_open() const;

  /// `host:port` of the connection.
  ///
  /// @example
  /// console.log('on', tx.host());
  JS_METHOD std::string host() const;

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
  /// @throws {ServerError} PostgreSQL refused a row; the transaction can only be rolled back, to a savepoint
  /// or whole.
  /// @example
  /// const rows = await tx.insert('audit', [{ id: 'c1' }, { id: 'c2', note: 'two' }]);
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
  /// const row = await tx.insert('audit', { id: 'c3', note: 'three' });
  JS_LIB JS_GENERIC("Row = Record<string, SqlValue>")
      JS_TYPE("Promise<Row>") void insert(Names table, NewRow row, InsertQueryOptions options = {});

  /// Runs `work` inside a savepoint, which is released when `work` resolves and rolled back to when it
  /// rejects. Other calls on the transaction, such as `commit()` or another savepoint, wait until then.
  ///
  /// @param work Gets the transaction, for use until the savepoint ends.
  /// @returns What `work` resolves to.
  /// @example
  /// await tx.savepoint(() => tx.insert('audit', { id: 'c4' })).catch(console.warn);
  JS_LIB JS_GENERIC("T")
      JS_TYPE("Promise<T>") void savepoint(JS_TYPE("(tx: Transaction) => Promise<T> | T") Callback<> work);

  /// For `await using`: rolls back unless the transaction has ended.
  ///
  /// @example
  /// await using own = await pool.begin();
  /// await own.query('select 1');
  /// await own.commit();
  JS_LIB JS_NAME("[Symbol.asyncDispose]") void dispose(Completion<Unit> done);
#endif

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace hdb
