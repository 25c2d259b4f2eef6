'use strict';

const assert = require('node:assert/strict');
const { startCluster, until } = require('../../lib/testing');
const { createPool } = require('../..');

const readOnly = { mode: 'read-only' };

describe('one pool for writes and reads', function () {
  this.timeout(120_000);
  let cluster;
  let pool;
  const open = async (nodes, options) => {
    cluster = await startCluster({ nodes });
    pool = createPool({ ...cluster.connectionOptions(), ...options });
  };
  const logins = () => pool.stats().hosts.reduce((all, host) => all + host.connect.count, 0);

  afterEach(async () => {
    await pool?.end({ drainTimeoutMs: 100 });
    await cluster?.stop();
  });

  for (const poolSize of [4, 10, 20]) {
    it(`settles: ten writers and ten readers on ${poolSize} connections log in no more`, async () => {
      await open(3, { poolSize });
      await pool.query('create table t (id int)');
      await cluster.waitForCaughtUp();
      let isOver = false;
      let written = 0;
      let read = 0;
      const work = async (each) => {
        while (!isOver) await each();
      };
      const all = [];
      for (let i = 0; i < 10; i++) {
        all.push(work(async () => (await pool.query('insert into t values (1)'), written++)));
        all.push(
          work(async () => (await pool.query('select count(*) from t where id = 2', [], readOnly), read++)),
        );
      }
      const both = async (times) => {
        const [writes, reads] = [written + times, read + times];
        await until(() => written >= writes && read >= reads, {
          what: 'writes and reads',
          timeoutMs: 60_000,
        });
      };
      // It grows to what the load needs; from then on the number of connections must not change.
      const rounds = [];
      while (rounds.length < 8 && rounds.at(-1) !== 0) {
        const before = logins();
        await both(1000);
        rounds.push(logins() - before);
      }
      assert.equal(rounds.at(-1), 0, `logins: ${rounds}`);
      const moved = pool.stats().hosts.reduce((sum, host) => sum + host.evictions.room, 0);
      assert.ok(moved <= poolSize / 2, `${moved} connections were closed for others`);
      isOver = true;
      await Promise.all(all);
    });
  }

  it('a read that waits for a standby holds up no writes', async () => {
    // Only the pool itself can wake them.
    await open(1, { poolSize: 1, minIdle: 1, monitorIntervalMs: 60_000 });
    await pool.query('create table t (id int)');
    await until(() => pool.health().ready, { what: 'the pool to be calm' });
    const read = pool.query('select 1', [], readOnly).catch((error) => error);
    await until(() => pool.status().waiting === 1);
    for (let i = 0; i < 50; i++) await pool.query('insert into t values (1)', [], { timeoutMs: 5000 });
    assert.equal(pool.status().waiting, 1);
    await pool.end({ drainTimeoutMs: 0 });
    assert.equal((await read).name, 'PoolClosedError');
  });

  it('a mode that comes to a pool at full work gets its share', async () => {
    await open(2, { poolSize: 3 });
    await until(() => pool.topology().hosts.some((host) => host.role === 'standby'), { what: 'the standby' });
    let isOver = false;
    const writers = Array.from({ length: 12 }, async () => {
      while (!isOver) await pool.transaction((tx) => tx.query('select pg_sleep(0.02)'));
    });
    await until(() => pool.status().inUse === 3, { what: 'a pool at full work' });
    for (let i = 0; i < 20; i++) await pool.query('select 1', [], readOnly);
    isOver = true;
    await Promise.all(writers);
  });
});
