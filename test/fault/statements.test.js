'use strict';

const assert = require('node:assert/strict');
const { needsPostgres, openRig, startServer, until } = require('../support/rig');

describe('the statements that a pool has prepared', function () {
  this.timeout(60_000);
  before(needsPostgres);

  let cluster, rig;
  before(async () => {
    cluster = await startServer();
  });
  afterEach(async () => {
    await rig?.close();
  });
  after(() => cluster?.stop());

  const open = async (options) => {
    rig = await openRig(cluster, options);
    await rig.recovers();
  };
  /** The messages that executing a statement takes on its connection, without the monitor's. */
  const cost = async (sql, call) => {
    const seen = [];
    const stop = rig.gate.watch((message) => seen.push(message));
    await call();
    stop();
    const { link } = seen.find((message) => message.sql === sql);
    const own = seen.filter((message) => message.link === link);
    return {
      roundTrips: own.filter(({ from }, i) => from === 'server' && own[i - 1]?.from === 'client').length,
      parses: own.filter(({ from, type }) => from === 'client' && type === 'P').length,
    };
  };

  it('cost a round trip more the first time in the pool, and on no other session of it', async () => {
    const poolSize = 4;
    await open({ poolSize, minIdle: poolSize });
    const held = await Promise.all(Array.from({ length: poolSize }, () => rig.pool.begin()));
    try {
      const sql = 'select $1::int4 + 1 as next';
      const query = (tx, i) => cost(sql, () => tx.query(sql, [i]));
      assert.deepEqual(await query(held[0], 0), { roundTrips: 2, parses: 1 });
      for (const [i, tx] of held.entries()) {
        // A session that has not prepared it sends all in one.
        assert.deepEqual(await query(tx, i), { roundTrips: 1, parses: i === 0 ? 0 : 1 }, `session ${i}`);
        assert.deepEqual(await query(tx, i), { roundTrips: 1, parses: 0 }, `session ${i}, again`);
      }
    } finally {
      await Promise.all(held.map((tx) => tx.rollback()));
    }
  });

  it('are sent by pool.transaction() together with its BEGIN, when the session is known to be alive', async () => {
    await open();
    const sql = 'select $1::int4 + 2 as next';
    await rig.pool.query(sql, [1]);
    const twice = async (tx) => [...(await tx.query(sql, [1])), ...(await tx.query(sql, [2]))];
    const roundTrips = async (run) => {
      await rig.pool.query(sql, [0]);
      return (await cost(sql, async () => assert.deepEqual(await run(), [{ next: 3 }, { next: 4 }])))
        .roundTrips;
    };
    assert.equal(await roundTrips(() => rig.pool.transaction(twice)), 3);
    const begun = async () => {
      const tx = await rig.pool.begin();
      const rows = await twice(tx);
      await tx.commit();
      return rows;
    };
    assert.equal(await roundTrips(begun), 4);
  });

  it('are as many as the cache is large on each session: the least recently used one makes room', async () => {
    await open({ statementCacheSize: 3 });
    const textOf = (i) => `select $1::int4 as number_${i}`;
    const query = (i) => rig.pool.query(textOf(i), [i]);
    for (const i of [1, 2, 3, 1, 4]) await query(i);
    const names = async () =>
      (await rig.pool.query('select statement from pg_prepared_statements', [], { prepare: false }))
        .map(({ statement }) => /number_\d/.exec(statement)?.[0])
        .filter(Boolean)
        .sort();
    await until(async () => (await names()).length === 3, { what: 'the oldest one to be given back' });
    assert.deepEqual(await names(), ['number_1', 'number_3', 'number_4']);
    assert.equal((await cost(textOf(1), () => query(1))).parses, 0);
    assert.equal((await cost(textOf(2), () => query(2))).parses, 1);
  });

  it('are none with prepare: false, of the pool or of a query', async () => {
    await open({ prepare: false });
    await rig.pool.query('select $1::int4 as x', [1]);
    await rig.pool.query('select $1::int4 as x', [1]);
    assert.deepEqual([...(await rig.pool.query('select name from pg_prepared_statements'))], []);
  });
});
