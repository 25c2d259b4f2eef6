'use strict';

const assert = require('node:assert/strict');
const { startCluster, until } = require('../../lib/testing');
const { createPool } = require('../..');
const { startLoad, assertHonest } = require('./support/load');
const { address } = require('../support/address');

const role = (pool, node) => pool.topology().hosts.find((host) => host.host === address(node)).role;

describe('epochs', function () {
  this.timeout(120_000);
  let cluster;
  afterEach(async () => {
    await cluster?.stop();
  });

  it('a promotion while the old primary lives: the higher timeline wins, under load', async () => {
    // A commit needs both standbys, so that the old primary can acknowledge nothing once one of them has left it.
    cluster = await startCluster({ nodes: 3, synchronous: 2 });
    const load = await startLoad(cluster, { writers: 20, readers: 20, pool: { monitorIntervalMs: 100 } });
    await load.untilAcknowledged();
    const old = cluster.primary;
    const split = new Promise((resolve) => load.pool.once('splitBrain', resolve));
    const promoted = cluster.standbys[0];
    // The old primary is neither stopped nor fenced, and the other standby stays with it.
    await promoted.query("alter system set synchronous_standby_names = ''", { timeoutMs: 20_000 });
    await promoted.promote();
    assert.deepEqual((await split).hosts, [address(old)]);
    await load.untilAcknowledged();
    await load.untilRead();
    assert.equal(role(load.pool, old), 'quarantined');
    assert.equal(load.pool.topology().primary, address(promoted));
    assertHonest(await load.stop());
    await old.kill(); // a commit there waits for its standby for ever
  });

  it('an old primary that comes back writable gets nothing', async () => {
    cluster = await startCluster({ nodes: 3 });
    const pool = createPool({ ...cluster.connectionOptions(), monitorIntervalMs: 100 });
    await pool.query('create table t (id int)');
    const old = cluster.primary;
    await cluster.waitForCaughtUp();
    await old.kill();
    await cluster.promote(cluster.standbys[0]);
    await pool.query('insert into t values (1)');
    await old.start({ asIs: true });
    await until(() => role(pool, old) === 'quarantined', { what: 'the old primary to be quarantined' });
    for (let i = 0; i < 20; i++) await pool.query('insert into t values (2)');
    assert.equal((await old.query('select count(*) as n from t'))[0].n, '0');
    await pool.end();
  });

  it('two writable nodes on one timeline: nobody gets writes, and the error names both', async () => {
    // Two copies of one cluster, each a primary: somebody has removed a standby's standby.signal.
    cluster = await startCluster({ nodes: 2 });
    const fs = require('node:fs');
    const path = require('node:path');
    const [first, second] = cluster.nodes;
    await second.stop();
    fs.rmSync(path.join(second.dataDir, 'standby.signal'));
    await second.start({ asIs: true });
    const pool = createPool({
      ...cluster.connectionOptions(),
      acquireTimeoutMs: 1500,
      monitorIntervalMs: 100,
    });
    const split = new Promise((resolve) =>
      pool.on('splitBrain', (event) => event.hosts.length === 2 && resolve(event)),
    );
    pool.query('select 1').catch(() => {});
    assert.deepEqual([...(await split).hosts].sort(), [address(first), address(second)].sort());
    await assert.rejects(pool.query('create table t (id int)'), (error) => {
      assert.equal(error.name, 'SplitBrainError');
      assert.ok(
        error.message.includes(address(first)) && error.message.includes(address(second)),
        error.message,
      );
      return true;
    });
    await second.fence();
    await until(() => pool.topology().primary === address(first), { what: 'the split to end' });
    await pool.query('create table t (id int)');
    await pool.end();
  });

  it('the timeline of a standby is what it receives, or none where the role may not see it', async () => {
    cluster = await startCluster({ nodes: 3, sql: 'create role seer login in role pg_monitor' });
    const open = (user) =>
      createPool({ ...cluster.connectionOptions(), ...(user && { user }), monitorIntervalMs: 100 });
    const pools = [open('seer'), open()];
    const timelines = (pool) => pool.topology().hosts.map(({ role: is, timeline }) => `${is} ${timeline}`);
    const become = (pool, expected) =>
      until(() => timelines(pool).sort().join() === expected.join(), { what: expected.join() }).catch(
        (error) => {
          throw new Error(`${error.message}: ${timelines(pool)}`);
        },
      );
    try {
      for (const pool of pools) await pool.query('select 1');
      for (const pool of pools) await become(pool, ['primary 1', 'standby 1', 'standby 1']);
      await cluster.primary.kill();
      await cluster.promote(cluster.standbys[0]);
      await cluster.rejoin();
      await cluster.waitForStandbys();
      // Their shared monitor uses the login of the first pool.
      for (const pool of pools) await become(pool, ['primary 2', 'standby 2', 'standby 2']);
      await pools.shift().end();
      // The control file of one says 1 still, that of the other was taken from the primary.
      await until(() => timelines(pools[0]).includes('standby null'), { what: 'one is not known' });
      assert.ok(!timelines(pools[0]).includes('standby 1'), timelines(pools[0]).join());
    } finally {
      await Promise.all(pools.map((pool) => pool.end()));
    }
  });

  it('a node of another cluster is quarantined', async () => {
    cluster = await startCluster({ nodes: 1 });
    const stranger = await startCluster({ nodes: 1 });
    try {
      const pool = createPool({
        ...cluster.connectionOptions(),
        hosts: [address(cluster.primary)],
        monitorIntervalMs: 100,
      });
      await pool.query('select 1');
      const split = new Promise((resolve) => pool.once('splitBrain', resolve));
      pool.setHosts([address(cluster.primary), address(stranger.primary)]);
      assert.match((await split).reason, /another cluster/);
      assert.equal(role(pool, stranger.primary), 'quarantined');
      assert.equal(pool.topology().primary, address(cluster.primary));
      await pool.end();
    } finally {
      await stranger.stop();
    }
  });
});
