'use strict';

const assert = require('node:assert/strict');
const { startCluster, until } = require('../../lib/testing');
const { createPool } = require('../..');
const { untilAsleep } = require('../support/asleep');
const { address } = require('../support/address');

describe('a fence without a disconnect', function () {
  this.timeout(60_000);
  let cluster;
  let pool;

  beforeEach(async () => {
    cluster = await startCluster({ nodes: 3 });
    pool = createPool({ ...cluster.connectionOptions(), poolSize: 4, monitorIntervalMs: 60_000 });
    await pool.query('create table t (id int)');
  });
  afterEach(async () => {
    await pool?.end();
    await cluster?.stop();
  });

  it('never shows: the first write after it goes to the new primary', async () => {
    const old = cluster.primary;
    await old.fence();
    const write = pool.query('insert into t values (1)');
    await cluster.promote(cluster.standbys[0]);
    assert.equal((await write).rowCount, 1);
    assert.deepEqual(await pool.query('select * from t'), [{ id: 1 }]);
    assert.equal(pool.topology().primary, address(cluster.primary));
  });

  it('discards what a read saw on the fenced node', async () => {
    const old = cluster.primary;
    const gone = new Promise((resolve) => pool.once('fenced', resolve));
    await old.fence();
    const read = pool.query('select inet_server_port() as port, count(*)::int from t');
    assert.equal((await gone).host, address(old));
    await cluster.promote(cluster.standbys[0]);
    assert.equal((await read)[0].port, cluster.primary.port);
  });

  it('closes the sessions on the fenced node', async () => {
    await Promise.all([1, 2, 3, 4].map(() => pool.query('select pg_sleep(0.05)')));
    const old = cluster.primary;
    await old.fence();
    const write = pool.query('insert into t values (1)');
    await cluster.promote(cluster.standbys[0]);
    await write;
    await until(
      async () =>
        (
          await old.query(
            "select count(*) as n from pg_stat_activity where usename = 'app' and query not like '%pg_control_system%'",
          )
        )[0].n === '0',
      { what: 'the sessions on the fenced node to be gone' },
    );
  });

  it('rolls back a transaction that was open before it, and runs it again', async () => {
    const old = cluster.primary;
    let runs = 0;
    await pool.transaction(async (tx) => {
      runs++;
      await tx.query('insert into t values (7)');
      if (runs > 1) return;
      await old.fence();
      await cluster.promote(cluster.standbys[0]);
    });
    assert.equal(runs, 2);
    assert.deepEqual(await pool.query('select * from t'), [{ id: 7 }]);
    assert.equal(await old.query('select count(*) as n from t').then((rows) => rows[0].n), '0');
  });

  it('makes commit() of an open transaction a FencedError with outcome rolled-back', async () => {
    const tx = await pool.begin();
    await tx.query('insert into t values (8)');
    await cluster.primary.fence();
    await assert.rejects(tx.commit(), (error) => {
      assert.equal(error.name, 'FencedError');
      assert.equal(error.outcome, 'rolled-back');
      assert.equal(error.retryable, true);
      return true;
    });
    assert.equal(tx.isOpen(), false);
    await cluster.primary.unfence();
    assert.deepEqual(await pool.query('select * from t'), []);
  });

  it('is lifted: the same node gets writes again', async () => {
    const old = cluster.primary;
    await old.fence();
    const write = pool.query('insert into t values (9)');
    await until(() => pool.topology().hosts.some((host) => host.role === 'fenced'), {
      what: 'the fence to be seen',
    });
    await old.unfence();
    assert.equal((await write).rowCount, 1);
  });

  it('ends in a NoPrimaryError that says what every host is, when nobody else is promoted', async () => {
    const impatient = createPool({ ...cluster.connectionOptions(), acquireTimeoutMs: 700 });
    await impatient.query('select 1');
    await cluster.primary.fence();
    await assert.rejects(impatient.query('insert into t values (1)'), (error) => {
      assert.equal(error.name, 'NoPrimaryError');
      assert.match(error.message, /^no writable primary available after \d+ms/);
      for (const node of cluster.nodes) assert.ok(error.message.includes(address(node)), error.message);
      assert.match(error.message, /fenced/);
      assert.match(error.message, /standby/);
      return true;
    });
    await impatient.end();
    await cluster.primary.unfence();
  });

  it('is told to the other pools of the process at once', async () => {
    const other = createPool({ ...cluster.connectionOptions(), monitorIntervalMs: 60_000 });
    await other.query('select 1');
    const told = new Promise((resolve) => other.once('fenced', resolve));
    await cluster.primary.fence();
    pool.query('insert into t values (1)').catch(() => {});
    assert.equal((await told).host, address(cluster.primary));
    await cluster.primary.unfence();
    await other.query('select 1');
    await other.end();
  });

  it('does not send again a write that had got through before it', async () => {
    // The reload is applied between the write and its Sync: the answer reports the fence, and the row is stored.
    const old = cluster.primary;
    await pool.query('insert into t select 0 where false');
    const write = pool.query('insert into t select 5 from pg_sleep(0.5)');
    await untilAsleep((sql) => old.query(sql), 'insert into t select 5');
    await old.fence();
    assert.equal((await write).rowCount, 1);
    assert.equal((await old.query('select count(*) as n from t'))[0].n, '1');
    await cluster.waitForCaughtUp();
    await cluster.promote(cluster.standbys[0]);
    assert.deepEqual(await pool.query('select * from t'), [{ id: 5 }]);
  });

  it('does not run a function twice that writes under a SELECT', async () => {
    const old = cluster.primary;
    await pool.query(
      "create function put(n int) returns int language sql as 'insert into t values (n); select n'",
    );
    await pool.query('select put(0)');
    await pool.query('delete from t');
    await pool.query(
      "create function slow_put(n int) returns int language plpgsql as 'begin insert into t values (n); perform pg_sleep(0.5); return n; end'",
    );
    const write = pool.query('select slow_put(6) as n');
    await untilAsleep((sql) => old.query(sql), 'select slow_put(6)');
    await old.fence();
    assert.deepEqual(await write, [{ n: 6 }]);
    await cluster.waitForCaughtUp();
    await cluster.promote(cluster.standbys[0]);
    assert.deepEqual(await pool.query('select * from t'), [{ id: 6 }]);
  });
});
