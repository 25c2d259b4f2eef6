'use strict';

const assert = require('node:assert/strict');
const { startCluster, DeadlineError } = require('../../lib/testing');
const { Wire } = require('../../lib/testing/wire');
const { isAlive, isStopped, identify, descendants } = require('../../lib/testing/processes');
const { MAJOR, needsPostgres } = require('../support/postgres');

describe('a test cluster', function () {
  this.slow(5_000);
  /** @type {import('../../lib/testing').Cluster} */
  let cluster;

  before(needsPostgres);
  before(async () => {
    cluster = await startCluster({ version: MAJOR });
  });
  after(() => cluster?.stop());

  const others = () => cluster.standbys;
  const login = (node, options) =>
    Wire.connect({ host: node.host, port: node.port, user: 'app', database: 'app', ...options });
  const numberOf = async (node, sql) => Number(Object.values((await node.query(sql))[0])[0]);

  it('has one primary and streaming standbys, ready for a pool', async () => {
    const status = await cluster.status();
    assert.deepEqual(
      status.map(({ name, role, state, timeline }) => ({ name, role, state, timeline })),
      [
        { name: 'node1', role: 'primary', state: 'running', timeline: 1 },
        { name: 'node2', role: 'standby', state: 'running', timeline: 1 },
        { name: 'node3', role: 'standby', state: 'running', timeline: 1 },
      ],
    );
    assert.deepEqual(cluster.connectionOptions({ poolSize: 3 }), {
      hosts: cluster.hosts.map(({ host, port }) => `${host}:${port}`),
      user: 'app',
      database: 'app',
      poolSize: 3,
    });
    assert.equal(cluster.url, `postgres://app@${cluster.connectionOptions().hosts.join(',')}/app`);
  });

  it('replicates what its user writes', async () => {
    const wire = await login(cluster.primary);
    await wire.query('create table t (x int)');
    await wire.query('insert into t select generate_series(1, 10)');
    wire.end();
    await cluster.waitForCaughtUp();
    for (const node of others()) assert.equal(await numberOf(node, 'select count(*) from t'), 10);
  });

  it('counts client sessions without its own', async () => {
    assert.equal(await cluster.primary.sessions(), 0);
    const { host, port } = cluster.primary;
    const wire = await Wire.connect({ host, port, user: 'app', database: 'app', applicationName: 'one' });
    assert.equal(await cluster.primary.sessions(), 1);
    assert.equal(await cluster.primary.sessions({ applicationName: 'one' }), 1);
    assert.equal(await cluster.primary.sessions({ applicationName: 'two' }), 0);
    wire.end();
    await cluster.waitForSessions(cluster.primary, (count) => count === 0);
  });

  it('fences and unfences the primary, and leaves its sessions open', async () => {
    const { primary } = cluster;
    const wire = await login(primary);
    await primary.fence();
    await assert.rejects(wire.query('insert into t values (1)'), { code: '25006' });
    assert.equal((await primary.status()).role, 'fenced');
    await assert.rejects(cluster.waitForPrimary({ timeoutMs: 50 }), DeadlineError);
    await primary.unfence();
    await wire.query('insert into t values (1)');
    wire.end();
    assert.equal(await cluster.waitForPrimary(), primary);
  });

  it('freezes a whole server and thaws it', async () => {
    const { primary } = cluster;
    const wire = await login(primary);
    primary.freeze();
    const tree = [identify(primary.pid), ...descendants(identify(primary.pid))];
    assert.ok(tree.length > 5);
    // A stop signal is delivered when the process runs next, which takes a while on a busy machine.
    // One that was just ending stays as it is: its parent, which would see to it, is stopped.
    await cluster.waitFor(() => tree.every((id) => isStopped(id) || !isAlive(id)), {
      what: 'every process of the server to be stopped',
    });
    assert.equal((await primary.status()).state, 'frozen');
    const answer = wire.query('select 1 as one');
    await assert.rejects(login(primary, { timeoutMs: 300 }), /no answer within 300 ms/);
    primary.thaw();
    assert.deepEqual(await answer, [{ one: '1' }]);
    wire.end();
  });

  it('stops, starts and restarts a standby', async () => {
    const [node] = others();
    for (const mode of ['fast', 'immediate']) {
      await node.stop({ mode });
      assert.equal(node.running, false);
      assert.equal(node.pid, null);
      assert.equal((await node.status()).role, 'down');
      await node.start();
      await cluster.waitForStandby(node);
    }
    const { pid } = node;
    await node.restart();
    assert.notEqual(node.pid, pid);
    await cluster.waitForStandby(node);
  });

  it('kills a server with all of its processes, also a busy one', async () => {
    const [node] = others();
    const busy = node.query('select count(*) from generate_series(1, 1000000000)');
    await cluster.waitFor(
      async () =>
        (await numberOf(
          node,
          "select count(*) from pg_stat_activity where query like '%generate_series(1, 1000%' and state = 'active'",
        )) > 1,
    );
    const tree = [identify(node.pid), ...descendants(identify(node.pid))];
    await Promise.all([node.kill(), assert.rejects(busy)]);
    assert.ok(!tree.some(isAlive));
    await node.start();
    await cluster.waitForStandby(node);
  });

  it('detaches a standby, which then lags, and attaches it again', async () => {
    const [node] = others();
    await node.detach();
    await cluster.primary.query('create table lag ()');
    await assert.rejects(
      cluster.waitForCaughtUp(node, { timeoutMs: 100 }),
      /has replayed everything: not within 100 ms/,
    );
    node.attach();
    await cluster.waitForStandby(node);
    await cluster.waitForCaughtUp(node);
  });

  it('switches over to a standby; nothing is lost, everybody follows', async () => {
    const old = cluster.primary;
    const target = others()[1];
    await old.query('insert into t values (100)');
    await cluster.switchover(target);
    assert.equal(cluster.primary, target);
    assert.equal(await cluster.waitForPrimary(), target);
    await cluster.waitForStandbys();
    assert.equal(await numberOf(target, 'select count(*) from t where x = 100'), 1);
    assert.equal((await old.status()).role, 'standby');
  });

  it('promotes after a kill, and rejoins the old primary', async () => {
    const old = cluster.primary;
    const [target] = others();
    await old.kill();
    await cluster.promote(target);
    await target.query('insert into t values (200)');
    await old.rejoin();
    await cluster.waitForStandbys();
    await cluster.waitForCaughtUp();
    for (const node of cluster.nodes)
      assert.equal(await numberOf(node, 'select count(*) from t where x = 200'), 1);
  });

  it('can have two primaries; the higher timeline is the right one', async () => {
    const old = cluster.primary;
    const [target] = others();
    await target.promote();
    const [{ timeline: before }, { timeline: after }] = await Promise.all([old.status(), target.status()]);
    assert.equal((await old.status()).role, 'primary');
    assert.equal((await target.status()).role, 'primary');
    assert.equal(after, before + 1);
    assert.equal(await cluster.waitForPrimary(), target);
    assert.deepEqual(await cluster.rejoin(), [old]);
    assert.equal((await old.status()).role, 'standby');
  });

  it('lets an old primary come back writable when there is no supervisor', async () => {
    const old = cluster.primary;
    await old.stop({ mode: 'immediate' });
    await cluster.promote(others()[0]);
    await old.start();
    await old.query('insert into t values (300)');
    await old.rejoin();
    assert.equal(await numberOf(old, 'select count(*) from t where x = 300'), 0);
  });

  it('fences a server that is down', async () => {
    const { primary } = cluster;
    await primary.stop();
    await primary.fence();
    await primary.start();
    assert.equal((await primary.status()).role, 'fenced');
    await primary.unfence();
  });

  it('says what was waited for, what is wrong with an argument, and what the log says', async () => {
    assert.throws(() => cluster.node(4), /there is no node 4; there are node1, node2, node3/);
    await assert.rejects(
      cluster.waitFor(() => false, { timeoutMs: 1, what: 'rain' }),
      /rain: not within 1 ms/,
    );
    await assert.rejects(cluster.primary.start(), /already running/);
    await assert.rejects(cluster.rejoin(cluster.primary), /is the primary; promote another node first/);
    assert.match(await cluster.primary.logs(), /database system is ready to accept connections/);
  });
});
