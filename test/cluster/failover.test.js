'use strict';

const assert = require('node:assert/strict');
const { startCluster, until } = require('../../lib/testing');
const { startLoad, assertHonest } = require('./support/load');

const failover = { promoteOnFence: true, restartAfterMs: 500 };

describe('a failover under load', function () {
  this.timeout(120_000);
  let cluster;
  let load;

  beforeEach(async () => {
    cluster = await startCluster({ nodes: 3, synchronous: true, failover });
    load = await startLoad(cluster, { writers: 20, readers: 20, transactions: 4 });
    await load.untilAcknowledged();
  });
  afterEach(async () => {
    await load?.pool.end({ drainTimeoutMs: 0 });
    await cluster?.stop();
  });

  const survive = async (breakIt, heal = () => {}) => {
    const old = cluster.primary;
    await breakIt(old);
    const now = await cluster.waitForPrimary({ not: old });
    await load.untilAcknowledged();
    await load.untilRead();
    await heal(old);
    const verdict = await load.stop();
    assertHonest(verdict);
    return { old, now, verdict };
  };

  it('goes on after the primary was killed', async () => {
    const { old, now, verdict } = await survive((node) => node.kill());
    const changes = verdict.events.filter((event) => event.type === 'primaryChanged');
    assert.equal(changes.at(-1).host, `${now.host}:${now.port}`);
    assert.ok(changes.some((event) => event.previous === `${old.host}:${old.port}`));
  });

  it('goes on after a fast stop of the primary', async () => {
    await survive((node) => node.stop({ mode: 'fast' }));
  });

  it('goes on after an immediate stop of the primary', async () => {
    await survive((node) => node.stop({ mode: 'immediate' }));
  });

  it('goes on while the old primary is frozen', async () => {
    await survive(
      (node) => node.freeze(),
      (node) => node.thaw(),
    );
  });

  it('goes on after the primary was fenced with its sessions open', async () => {
    const { old, verdict } = await survive((node) => node.fence());
    assert.ok(
      verdict.events.some((event) => event.type === 'fenced' && event.host === `${old.host}:${old.port}`),
    );
  });

  it('follows a switchover without an error', async () => {
    const old = cluster.primary;
    await cluster.switchover();
    assert.notEqual(cluster.primary, old);
    await load.untilAcknowledged();
    await load.untilRead();
    assertHonest(await load.stop());
  });

  it('finds the primary again after all nodes were restarted', async () => {
    cluster.supervisor.pause();
    await Promise.all(cluster.nodes.map((node) => node.stop({ mode: 'fast' })));
    await Promise.all(cluster.nodes.map((node) => node.start()));
    cluster.supervisor.resume();
    await load.untilAcknowledged();
    await load.untilRead();
    assertHonest(await load.stop());
  });
});
