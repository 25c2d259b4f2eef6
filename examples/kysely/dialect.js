/* Kysely's dialect of PostgreSQL, on a pool of this client. */

import { PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';

const ISOLATION = {
  'read committed': 'read-committed',
  'repeatable read': 'repeatable-read',
  serializable: 'serializable',
};

/** What Kysely takes for a connection: the pool itself, or a transaction of it. */
class Connection {
  constructor(pool) {
    this.pool = pool;
  }

  async begin({ isolationLevel, accessMode } = {}) {
    this.tx = await this.pool.begin({
      isolation: ISOLATION[isolationLevel],
      readOnly: accessMode === 'read only',
    });
  }

  async end(how) {
    const { tx } = this;
    this.tx = undefined;
    await tx[how]();
  }

  async executeQuery({ sql, parameters }) {
    const rows = await (this.tx ?? this.pool).query(sql, parameters);
    return { rows, numAffectedRows: rows.rowCount === null ? undefined : BigInt(rows.rowCount) };
  }

  async *streamQuery() {
    throw new Error('A result is not streamed: take it in parts, by a key.');
  }
}

/** @param {import('hyperiondb-client').Pool} pool */
export const dialectOf = (pool) => ({
  createAdapter: () => new PostgresAdapter(),
  createIntrospector: (db) => new PostgresIntrospector(db),
  createQueryCompiler: () => new PostgresQueryCompiler(),
  createDriver: () => ({
    init: async () => {},
    acquireConnection: async () => new Connection(pool),
    beginTransaction: (connection, settings) => connection.begin(settings),
    commitTransaction: (connection) => connection.end('commit'),
    rollbackTransaction: (connection) => connection.end('rollback'),
    releaseConnection: async () => {},
    destroy: () => pool.end(),
  }),
});
