'use strict';

const assert = require('node:assert/strict');
const { startCluster, until } = require('../../lib/testing');
const { createPool } = require('../..');
const { openRecoveryRig } = require('./support/recovery');

const COUNT = process.env.HYPERION_LONG ? 20 : 5;

describe('a new primary that accepts writes', function () {
  this.timeout(COUNT * 30_000);
  let rig;
  let result;
  afterEach(async () => {
    result = await rig?.close();
  });

  it(`gets the writes that wait, ${COUNT} times in a row`, async () => {
    rig = await openRecoveryRig();
    for (let i = 0; i < COUNT; i += 1) {
      const { timeline } = await rig.failover(i % 2 === 0 ? 'kill' : 'fence');
      assert.ok(
        timeline.some(({ what, event }) => what === 'event primaryChanged' && event.host !== undefined),
      );
    }
    const open = rig;
    rig = undefined;
    result = await open.close();
    assert.equal(result.unsettled, 0);
    assert.deepEqual(
      result.errors.map((error) => `${error.name} ${error.code}: ${error.message}`),
      [],
    );
  });
});

describe('a primary that is frozen for a while, and that nobody replaces', function () {
  this.timeout(60_000);
  let cluster;
  let pool;
  afterEach(async () => {
    await pool?.end({ drainTimeoutMs: 0 });
    await cluster?.stop();
  });

  it('answers what it was asked when it thaws', async () => {
    cluster = await startCluster({ nodes: 2 });
    const { user, database } = cluster;
    const hosts = cluster.nodes.map(({ host, port }) => `${host}:${port}`);
    pool = createPool({ hosts, user, database, connectTimeoutMs: 500, suspectAfterMs: 200 });
    await pool.query('create table t (id int)');
    // Under a lock, so that they surely run when the server freezes.
    const tx = await pool.begin();
    await tx.query('lock table t');
    const writes = Array.from({ length: 5 }, (_, id) => pool.query('insert into t values ($1)', [id]));
    const waiting = "select from pg_stat_activity where wait_event_type = 'Lock'";
    await until(async () => (await cluster.primary.query(waiting)).length === writes.length, {
      what: 'the writes to wait',
    });
    let downs = 0;
    pool.on('hostDown', () => (downs += 1));
    cluster.primary.freeze();
    const ended = tx.commit();
    await until(() => downs > 0, { what: 'the host to be down' });
    cluster.primary.thaw();
    await ended;
    for (const { rowCount } of await Promise.all(writes)) assert.equal(rowCount, 1);
    assert.deepEqual(await pool.query('select count(*)::int as n from t'), [{ n: writes.length }]);
  });
});
