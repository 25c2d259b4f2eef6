'use strict';

// The monitor can log in, but the pool's own connections cannot be opened; and servers that do not reveal their identity.

const assert = require('node:assert/strict');
const { startCluster, until } = require('../../lib/testing');
const { createPool } = require('../..');
const { settle } = require('../support/rig');

describe('a login that is not enough', function () {
  this.timeout(60_000);
  let cluster;
  const pools = [];
  const open = (more) => {
    const pool = createPool({ ...cluster.connectionOptions(), acquireTimeoutMs: 20_000, ...more });
    pools.push(pool);
    return pool;
  };
  before(async () => {
    cluster = await startCluster({
      nodes: 2,
      sql: ['create role narrow login connection limit 1', 'create role outside login'],
    });
  });
  after(() => cluster?.stop());
  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.end({ drainTimeoutMs: 0 })));
  });

  for (const [what, pgoptions, code, says] of [
    ['a setting with a wrong value', '-c work_mem=much', '22023', /work_mem/],
    ['a setting that nobody knows', '-c no_such_setting=1', '42704', /no_such_setting/],
    ['a setting that is the server’s', '-c shared_buffers=1GB', '55P02', /shared_buffers/],
    ['a setting that it may not make', '-c log_min_messages=debug5', '42501', /log_min_messages/],
  ]) {
    it(`fails at once with ${what}, and says why`, async () => {
      const neighbour = open();
      await neighbour.query('select 1');
      const seen = [];
      for (const name of ['hostDown', 'primaryChanged']) neighbour.on(name, (event) => seen.push(event));
      process.env.PGOPTIONS = pgoptions;
      let pool;
      try {
        pool = open();
      } finally {
        delete process.env.PGOPTIONS;
      }
      const { error } = await settle(pool.query('select 1', [], { timeoutMs: 60_000 }));
      assert.deepEqual([error?.name, error.code, error.outcome], ['ConnectError', code, 'not-sent']);
      assert.match(error.message, says);
      const health = await until(() => !pool.health().ready && pool.health(), { what: 'not ready' });
      assert.equal(health.live, true);
      assert.match(health.reasons.join(), says);
      assert.deepEqual(seen, []);
    });
  }

  it('says that the role has all its sessions, and goes on when one is free', async () => {
    const pool = open({ user: 'narrow', poolSize: 1, minIdle: 0, acquireTimeoutMs: 1500 });
    await until(() => pool.topology().primary, { what: 'the monitor has the one that there is' });
    const { error } = await settle(pool.query('select 1'));
    assert.deepEqual([error?.name, error.code], ['NoPrimaryError', 'NO_PRIMARY']);
    assert.match(error.message, /narrow/);
    assert.doesNotMatch(error.message, /no writable primary/);
    assert.equal(pool.health().ready, false);
    assert.match(pool.health().reasons.join(), /narrow/);
    await cluster.primary.query('alter role narrow connection limit 2');
    await until(() => pool.query('select 1').catch(() => false), { what: 'it works' });
    assert.equal(pool.health().ready, true);
  });

  for (const [what, take, give] of [
    // 42501 and 42883
    [
      'may not be asked',
      'revoke execute on function F() from public',
      'grant execute on function F() to public',
    ],
    ['has nothing to be asked', 'alter function F() rename to gone', 'alter function gone() rename to F'],
  ]) {
    it(`serves mode any where the server ${what}, and says in all others at once what is missing`, async () => {
      const alter = async (sql) => {
        await cluster.primary.query(sql.replace('F', 'pg_control_system'));
        await cluster.waitForCaughtUp();
      };
      await alter(take);
      try {
        const pool = open({ user: 'outside' });
        assert.deepEqual(await pool.query('select 1 as x', [], { mode: 'any' }), [{ x: 1 }]);
        for (const mode of ['read-write', 'read-only', 'prefer-standby']) {
          const { error } = await settle(pool.query('select 1', [], { mode, timeoutMs: 60_000 }));
          assert.deepEqual([error?.name, error.outcome], ['ConnectError', 'not-sent'], mode);
          assert.match(error.message, /pg_control_system.*`any`/, mode);
        }
        assert.ok(pool.topology().hosts.every(({ lastError }) => /pg_control_system/.test(lastError)));
        assert.equal(pool.health().ready, false);
      } finally {
        await alter(give);
      }
    });
  }
});
