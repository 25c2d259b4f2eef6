'use strict';

const assert = require('node:assert/strict');
const { createPool } = require('../..');
const { openGate } = require('../support/gate');
const { needsPostgres, settle, startServer, until } = require('../support/rig');

describe('a recovery conflict that ends a session of a standby before its COMMIT arrives', function () {
  this.timeout(60_000);
  before(needsPostgres);

  let cluster, gate, pool;
  let runs = 0;

  before(async () => {
    cluster = await startServer({
      nodes: 2,
      settings: { max_standby_streaming_delay: 0 },
      sql: 'create table t (id int4); insert into t values (1); grant all on t to public',
    });
    gate = await openGate(cluster.standbys[0]);
    const { host, port } = cluster.primary;
    pool = createPool({
      ...cluster.connectionOptions(),
      hosts: [`${host}:${port}`, gate.address],
      poolSize: 2,
      retry: { maxAttempts: 3, baseDelayMs: 1, maxDelayMs: 2 },
    });
    await pool.query('select 1', [], { mode: 'read-only' });
  });

  beforeEach(() => {
    runs = 0;
    gate.clear();
  });

  after(async () => {
    await pool?.end({ drainTimeoutMs: 0 });
    await gate?.close();
    await cluster?.stop();
  });

  /** Holds the COMMIT until the server has ended the session because of a lock that it has to replay. */
  const conflict = () =>
    gate.when({ from: 'client', type: 'P', match: ({ sql }) => sql === 'commit' }, async ({ link }) => {
      await cluster.primary.query('begin; lock table t in access exclusive mode; commit');
      await until(() => link.serverHasEnded, { everyMs: 5, what: 'the standby has ended the session' });
    });

  const read = async (tx) => {
    runs += 1;
    const [row] = await tx.query('select id from t');
    return row.id;
  };

  it('is run again by transaction(): nothing can have been written', async () => {
    const order = conflict();
    assert.equal(await pool.transaction(read, { mode: 'read-only' }), 1);
    assert.deepEqual([order.hits, runs], [1, 2]);
  });

  it('is told as rolled back, and retryable, by commit()', async () => {
    const order = conflict();
    const tx = await pool.begin({ mode: 'read-only' });
    await read(tx);
    const { error } = await settle(tx.commit());
    assert.deepEqual([order.hits, error?.outcome, error?.retryable], [1, 'rolled-back', true]);
    assert.notEqual(error.name, 'InDoubtError');
  });
});
