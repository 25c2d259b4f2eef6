'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { startCluster } = require('../../lib/testing');
const { MAJOR, needsPostgres } = require('../support/postgres');
const { Writer } = require('./writer');

describe('the failover supervisor', function () {
  this.slow(10_000);
  this.timeout(60_000);
  before(needsPostgres);

  /** @type {import('../../lib/testing').Cluster} */
  let cluster;
  afterEach(() => cluster?.stop());

  const start = async (options) => {
    cluster = await startCluster({
      version: MAJOR,
      synchronous: true,
      failover: true,
      sql: 'create table numbers (x int)',
      ...options,
    });
  };

  const assertAllThere = async (writer) => {
    const rows = await cluster.primary.query('select x from numbers');
    const there = new Set(rows.map(({ x }) => Number(x)));
    assert.equal(there.size, rows.length, 'no row is there twice');
    assert.deepEqual(
      writer.acknowledged.filter((number) => !there.has(number)),
      [],
    );
  };

  it('promotes the standby that has most after a kill, with every acknowledged row; the old primary rejoins', async () => {
    await start();
    const writer = new Writer(cluster);
    for (let round = 0; round < 3; round += 1) {
      const old = cluster.primary;
      const before = writer.acknowledged.length;
      await cluster.waitFor(() => writer.acknowledged.length > before + 100, { what: 'some writes' });
      await old.kill();
      const primary = await cluster.waitForPrimary({ not: old });
      assert.notEqual(primary, old);
      const then = writer.acknowledged.length;
      await cluster.waitFor(() => writer.acknowledged.length > then + 10, {
        what: 'writes on the new primary',
      });
      await old.start();
      await cluster.waitForStandby(old);
    }
    await writer.stop();
    await assertAllThere(writer);
    const status = await cluster.status();
    assert.deepEqual(status.map(({ role }) => role).sort(), ['primary', 'standby', 'standby']);
    assert.equal(Math.max(...status.map(({ timeline }) => timeline)), 4);
  });

  it('never promotes a standby that lacks acknowledged rows', async () => {
    for (const [lagging, current] of [
      [1, 2],
      [2, 1],
    ]) {
      await start();
      await cluster.nodes[lagging].detach();
      await cluster.primary.query('insert into numbers select generate_series(1, 1000)');
      await cluster.primary.kill();
      const primary = await cluster.waitForPrimary({ not: 1 });
      assert.equal(primary, cluster.nodes[current]);
      // Not cluster.primary: its server may be writable a moment before the supervisor has noted that.
      assert.deepEqual(await primary.query('select count(*) from numbers'), [{ count: '1000' }]);
      await cluster.waitForStandby(cluster.nodes[lagging]);
      await cluster.stop();
    }
  });

  it('keeps an old primary from taking writes when it comes back', async () => {
    await start({ failover: { rejoin: false } });
    const old = cluster.primary;
    await old.kill();
    await cluster.waitForPrimary({ not: old });
    await old.start();
    // From the first connection on.
    await assert.rejects(old.query('insert into numbers values (1)'), { code: '25006' });
    assert.equal((await old.status()).role, 'fenced');
  });

  it('replaces a frozen primary; when it thaws it is fenced and becomes a standby', async () => {
    await start({ failover: { rejoinAfterMs: 300 } });
    const old = cluster.primary;
    const writer = new Writer(cluster);
    await cluster.waitFor(() => writer.acknowledged.length > 50);
    old.freeze();
    const primary = await cluster.waitForPrimary({ not: old });
    old.thaw();
    await cluster.waitFor(async () => (await old.status()).role === 'fenced', {
      what: 'the old primary is fenced',
    });
    await cluster.waitForStandby(old);
    const before = writer.acknowledged.length;
    await cluster.waitFor(() => writer.acknowledged.length > before + 10);
    await writer.stop();
    assert.equal(cluster.primary, primary);
    await assertAllThere(writer);
  });

  it('replaces a fenced primary, if it is told to', async () => {
    await start({ failover: { promoteOnFence: true } });
    const writer = new Writer(cluster);
    for (let round = 0; round < 2; round += 1) {
      const old = cluster.primary;
      const before = writer.acknowledged.length;
      await cluster.waitFor(() => writer.acknowledged.length > before + 50);
      const failover = once(cluster, 'failover');
      await old.fence();
      const [{ reason, from, to }] = await failover;
      assert.deepEqual([reason, from], ['fenced', old]);
      assert.equal(await cluster.waitForPrimary(), to);
      await cluster.waitForStandby(old);
    }
    await writer.stop();
    await assertAllThere(writer);
  });

  it('has a promoted node read-only until it is decided, if it is told to', async () => {
    await start({ fenceOnPromote: true, failover: { unfenceAfterMs: 500 } });
    const old = cluster.primary;
    for (const node of cluster.standbys) assert.equal((await node.status()).fenced, true);
    const promoted = once(cluster, 'promoted');
    await old.kill();
    const [node] = await promoted;
    assert.equal((await node.status()).role, 'fenced');
    assert.equal(await cluster.waitForPrimary({ not: old }), node);
  });

  it('promotes nobody as long as too few standbys answer', async () => {
    await start();
    const [primary, second, third] = cluster.nodes;
    await third.kill();
    const blocked = once(cluster, 'blocked');
    await primary.kill();
    assert.match((await blocked)[0], /1 standbys answer, 2 must/);
    assert.equal((await second.status()).role, 'standby');
    await third.start();
    await cluster.waitForPrimary({ not: primary });
  });

  it('starts killed servers again, if it is told to, but not those that were stopped', async () => {
    await start({ synchronous: false, failover: { restartAfterMs: 200 } });
    const [old, second, third] = cluster.nodes;
    await old.kill();
    const primary = await cluster.waitForPrimary({ not: old });
    await cluster.waitForStandby(old);
    const standby = [second, third].find((node) => node !== primary);
    await standby.stop();
    await old.kill();
    await cluster.waitForStandby(old);
    assert.equal(standby.running, false);
  });

  it('leaves the cluster alone while it is paused', async () => {
    await start();
    cluster.supervisor.pause();
    const { primary } = cluster;
    await primary.kill();
    await assert.rejects(cluster.waitForPrimary({ timeoutMs: 1_000 }), { code: 'ERR_DEADLINE' });
    cluster.supervisor.resume();
    await cluster.waitForPrimary({ not: primary });
  });
});
