'use strict';

const assert = require('node:assert/strict');
const { startCluster, until } = require('../../lib/testing');
const { createPool } = require('../..');
const { address } = require('../support/address');

describe('warm sessions on standbys', function () {
  this.timeout(60_000);
  let cluster;
  let pool;
  beforeEach(async () => {
    cluster = await startCluster({ nodes: 3 });
    pool = createPool({ ...cluster.connectionOptions(), monitorIntervalMs: 200 });
  });
  afterEach(async () => {
    await pool?.end();
    await cluster?.stop();
  });
  const shown = (node) => pool.topology().hosts.find((host) => host.host === address(node));
  const warm = (node) => shown(node).warmSessions;

  it('are there, one on each standby, beside poolSize and idle', async () => {
    await pool.query('select 1');
    await until(() => cluster.standbys.every((node) => warm(node) === 1), {
      what: 'a warm session on each standby',
    });
    const { size, available, inUse } = pool.status();
    assert.equal(available + inUse, shown(cluster.primary).sessions);
    assert.ok(size >= shown(cluster.primary).sessions);
    for (const node of cluster.standbys) assert.equal(shown(node).sessions, 0);
    assert.equal(warm(cluster.primary), 0);
    assert.deepEqual(
      pool.stats().hosts.map(({ sessions, warmSessions }) => [sessions, warmSessions]),
      pool.topology().hosts.map(({ sessions, warmSessions }) => [sessions, warmSessions]),
    );
  });

  it('become the first sessions that write, in place', async () => {
    await pool.query('create table t (pid int)');
    const promoted = cluster.standbys[0];
    await until(() => warm(promoted) === 1, { what: 'a warm session' });
    const before = (await promoted.query("select pid from pg_stat_activity where usename = 'app'")).map(
      (row) => Number(row.pid),
    );
    await cluster.primary.kill();
    const write = pool.query('insert into t values (pg_backend_pid()) returning pid');
    await cluster.promote(promoted);
    const [row] = await write;
    assert.ok(
      before.includes(row.pid),
      `session ${row.pid} is not among those from before the promotion (${before})`,
    );
  });

  it('are not kept by a pool that only reads', async () => {
    const reader = createPool({ ...cluster.connectionOptions(), mode: 'read-only', monitorIntervalMs: 200 });
    await reader.query('select 1');
    await until(
      () =>
        cluster.standbys.every(
          (node) => reader.topology().hosts.find((host) => host.host === address(node)).sessions >= 1,
        ),
      {
        what: 'a session on each standby',
      },
    );
    assert.equal(reader.topology().hosts.find((host) => host.host === address(cluster.primary)).sessions, 0);
    await reader.end();
  });
});
