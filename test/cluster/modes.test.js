'use strict';

const assert = require('node:assert/strict');
const { startCluster, until } = require('../../lib/testing');
const { createPool } = require('../..');
const { address } = require('../support/address');

const port = async (pool, options) =>
  (await pool.query('select inet_server_port() as port', [], options))[0].port;

describe('routing modes', function () {
  this.timeout(60_000);
  let cluster;
  const pools = [];
  const open = (options) => {
    const pool = createPool({ ...cluster.connectionOptions(), monitorIntervalMs: 200, ...options });
    pools.push(pool);
    return pool;
  };

  beforeEach(async () => {
    cluster = await startCluster({ nodes: 3 });
  });
  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.end()));
    await cluster?.stop();
  });

  it('sends each mode of one pool to the right nodes', async () => {
    const pool = open();
    const standbys = cluster.standbys.map((node) => node.port);
    assert.equal(await port(pool), cluster.primary.port);
    for (let i = 0; i < 4; i++) assert.ok(standbys.includes(await port(pool, { mode: 'read-only' })));
    for (let i = 0; i < 4; i++) assert.ok(standbys.includes(await port(pool, { mode: 'prefer-standby' })));
    assert.ok(
      cluster.nodes.some((node) => node.port === 0) === false && (await port(pool, { mode: 'any' })) > 0,
    );
  });

  it('spreads reads over all standbys', async () => {
    const pool = open({ mode: 'read-only' });
    await port(pool);
    await until(
      () => pool.topology().hosts.filter((host) => host.role === 'standby' && host.sessions > 0).length === 2,
      {
        what: 'a session on each standby',
      },
    );
    const seen = new Map();
    for (let i = 0; i < 40; i++) {
      const on = await port(pool);
      seen.set(on, (seen.get(on) ?? 0) + 1);
    }
    assert.deepEqual([...seen.keys()].sort(), cluster.standbys.map((node) => node.port).sort());
    for (const count of seen.values()) assert.ok(count >= 10, `${count} of 40`);
  });

  it('makes the sessions of read modes read-only on the server, also on a primary', async () => {
    for (const node of cluster.standbys) await node.stop();
    const pool = open({ mode: 'prefer-standby' });
    assert.equal(await port(pool), cluster.primary.port);
    await assert.rejects(pool.query('create table t (id int)'), { code: '25006' });
  });

  it('moves prefer-standby back when a standby returns', async () => {
    const standbys = [...cluster.standbys];
    for (const node of standbys) await node.stop();
    const pool = open({ mode: 'prefer-standby' });
    assert.equal(await port(pool), cluster.primary.port);
    await standbys[0].start();
    await until(async () => (await port(pool)) === standbys[0].port, { what: 'reads on the standby' });
  });

  it('takes a promoted standby out of a read-only pool', async () => {
    const pool = open({ mode: 'read-only' });
    await port(pool);
    const promoted = cluster.standbys[0];
    await cluster.primary.kill();
    await cluster.promote(promoted);
    await until(() => pool.topology().primary === address(promoted), { what: 'the promotion to be seen' });
    for (let i = 0; i < 10; i++) assert.notEqual(await port(pool), promoted.port);
  });

  it('never reads from a fenced former primary in read-only mode', async () => {
    const old = cluster.primary;
    await old.fence();
    await cluster.promote(cluster.standbys[0]);
    const pool = open({ mode: 'read-only' });
    for (let i = 0; i < 10; i++) assert.notEqual(await port(pool), old.port);
    await until(() => pool.topology().hosts.find((host) => host.host === address(old)).role === 'fenced', {
      what: 'the fence to be seen',
    });
  });

  it('says NoStandbyError when there is none', async () => {
    for (const node of cluster.standbys) await node.stop();
    const pool = open({ mode: 'read-only', acquireTimeoutMs: 600 });
    await assert.rejects(pool.query('select 1'), (error) => {
      assert.equal(error.name, 'NoStandbyError');
      assert.match(error.message, /no standby available after \d+ms/);
      return true;
    });
  });

  it('says NoHostError when nobody answers', async () => {
    const options = cluster.connectionOptions();
    await Promise.all(cluster.nodes.map((node) => node.stop()));
    const pool = createPool({ ...options, mode: 'any', acquireTimeoutMs: 600 });
    pools.push(pool);
    await assert.rejects(pool.query('select 1'), { name: 'NoHostError' });
  });

  it('lets any land on a fenced node when nothing else is left', async () => {
    const old = cluster.primary;
    await Promise.all(cluster.standbys.map((node) => node.stop()));
    await old.fence();
    const pool = open({ mode: 'any' });
    assert.equal(await port(pool), old.port);
  });
});
