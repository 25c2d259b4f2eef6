'use strict';

const assert = require('node:assert/strict');
const { createPool } = require('../..');
const { until } = require('../../lib/testing');
const { longestGap } = require('../cluster/support/figures');
const { startLoad, assertHonest } = require('../cluster/support/load');
const { startPatroni } = require('./support/patroni');

describe('a cluster under Patroni, under load', function () {
  this.timeout(300_000); // more than its waits together: each says itself what did not come
  this.slow(60_000);
  let cluster;
  let load;

  before(async () => {
    cluster = await startPatroni();
  });
  beforeEach(async () => {
    await cluster.settled();
    load = await startLoad(cluster, {
      writers: 20,
      readers: 20,
      transactions: 4,
      pool: { acquireTimeoutMs: 60_000 },
    });
    await load.untilAcknowledged();
  });
  afterEach(async function () {
    if (this.currentTest.state === 'failed') console.log(cluster.logs());
    await load?.pool.end({ drainTimeoutMs: 0 });
  });
  after(async () => {
    await cluster?.stop();
  });

  const report = (verdict) =>
    console.log(
      `      ${verdict.acknowledged} acknowledged, ${verdict.doubtful} in doubt (${verdict.doubtfulStored} of them stored), ` +
        `${verdict.reads} reads, ${verdict.lost.length} lost, ${verdict.doubled.length} doubled, ` +
        `${verdict.unsettled} unsettled, longest gap ${longestGap(verdict.times).toFixed(0)} ms`,
    );
  /** A leader that is another one, and an application that writes and reads there. */
  const survive = async (old, breakIt, heal = () => {}) => {
    await breakIt(old);
    const now = await cluster.leader({ not: old });
    await until(() => load.pool.topology().primary === now.address, {
      what: 'the pool to know the new primary',
    });
    await load.untilAcknowledged();
    await load.untilRead();
    await heal(old);
    const verdict = await load.stop();
    report(verdict);
    assertHonest(verdict);
    return verdict;
  };

  it('follows a switchover', async () => {
    const verdict = await survive(await cluster.leader(), () => cluster.switchover());
    assert.ok(verdict.events.some((event) => event.type === 'primaryChanged' && event.host));
  });

  it('goes on after Patroni and its primary were killed, and when they come back', async () => {
    await survive(
      await cluster.leader(),
      (node) => node.kill(),
      async (node) => {
        node.start();
        await cluster.settled();
        await until(
          () => load.pool.topology().hosts.every(({ role }) => role === 'primary' || role === 'standby'),
          {
            what: 'the old primary to be a standby',
          },
        );
        await load.untilAcknowledged();
      },
    );
  });

  it('goes on while the old primary is frozen, and when it wakes up', async () => {
    await survive(
      await cluster.leader(),
      (node) => node.freeze(),
      async (node) => {
        node.thaw();
        await cluster.settled();
        await load.untilAcknowledged();
      },
    );
  });

  it('has standbys for a pool that only reads', async () => {
    const leader = await cluster.leader();
    const pool = createPool({ ...cluster.connectionOptions(), mode: 'read-only' });
    try {
      const [{ port }] = await pool.query('select inet_server_port() as port');
      assert.notEqual(port, leader.port);
    } finally {
      await pool.end();
    }
    assertHonest(await load.stop());
  });
});
