'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { startCluster, until } = require('../../lib/testing');
const { createPool } = require('../..');
const { address } = require('../support/address');

const role = (pool, node) => pool.topology().hosts.find((host) => host.host === address(node)).role;

/** What pg_replica's function says; without a line of its own, nothing but a number. */
const decide = (node, number) =>
  node.query(
    `create or replace function replica.status() returns text language sql as
     $$ select 'node_id=1 decided_primary=1 seq=${number} quorum=true read_only=false' $$`,
  );

describe('numbered decisions of pg_replica', function () {
  this.timeout(60_000);
  let cluster;
  let pool;
  afterEach(async () => {
    await pool?.end({ drainTimeoutMs: 0 });
    await cluster?.stop();
  });

  it('the later decision wins between two writable nodes of one timeline', async () => {
    cluster = await startCluster({
      nodes: 2,
      sql: ['create schema replica', 'grant usage on schema replica to app'],
    });
    const [first, second] = cluster.nodes;
    await cluster.waitForCaughtUp();
    await second.stop();
    fs.rmSync(path.join(second.dataDir, 'standby.signal'));
    await second.start({ asIs: true });
    await decide(first, 7);
    await decide(second, 8);
    pool = createPool({ ...cluster.connectionOptions(), monitorIntervalMs: 50 });
    const splits = [];
    pool.on('splitBrain', (event) => splits.push(event));
    await until(() => role(pool, first) === 'quarantined' && role(pool, second) === 'primary', {
      what: 'the node of the later decision to be the primary',
    });
    assert.equal((await pool.query('select inet_server_port() as port'))[0].port, second.port);
    assert.match(splits.at(-1).reason, /decision 7.*decision 8/);

    await decide(first, 10);
    await until(() => role(pool, first) === 'primary' && role(pool, second) === 'quarantined', {
      what: 'the next decision to be followed',
    });
    assert.equal((await pool.query('select inet_server_port() as port'))[0].port, first.port);
  });

  for (const [what, grant] of [
    ['may not enter the schema', 'revoke all on schema replica from public'],
    ['may not call the function', 'revoke all on function replica.status() from public'],
  ]) {
    it(`a role that ${what} is served all the same`, async () => {
      cluster = await startCluster({ nodes: 2, sql: ['create schema replica'] });
      if (/function/.test(what)) await cluster.primary.query('grant usage on schema replica to app');
      await decide(cluster.primary, 7);
      await cluster.primary.query(grant);
      await cluster.waitForCaughtUp();
      pool = createPool({ ...cluster.connectionOptions(), monitorIntervalMs: 50, acquireTimeoutMs: 5_000 });
      assert.equal((await pool.query('select 1 as one'))[0].one, 1);
      await until(() => role(pool, cluster.standbys[0]) === 'standby', { what: 'the standby to be known' });
    });
  }
});
