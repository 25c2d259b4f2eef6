'use strict';

const assert = require('node:assert/strict');
const { startCluster, until } = require('../../lib/testing');
const { createPool } = require('../..');
const { untilAsleep } = require('../support/asleep');
const { startLoad, assertHonest } = require('./support/load');
const { openRemote, whyNot } = require('./support/namespace');

const role = (pool, host) => pool.topology().hosts.find((view) => view.host === host).role;

describe('a host whose packets vanish', function () {
  this.timeout(60_000);
  let cluster;
  let remotes = [];
  let pool;

  before(function () {
    const reason = whyNot();
    if (reason) {
      this.skip(reason);
    }
  });
  beforeEach(async () => {
    cluster = await startCluster({ nodes: 3 });
    remotes = await Promise.all(
      cluster.nodes.map((node) => openRemote({ socketDir: node.socketDir, port: node.port })),
    );
  });
  afterEach(async () => {
    await pool?.end({ drainTimeoutMs: 0 });
    await Promise.all(remotes.splice(0).map((remote) => remote.close()));
    await cluster?.stop();
  });
  const hosts = () => remotes.map((remote) => `${remote.host}:${remote.port}`);
  const open = (options) => {
    pool = createPool({ hosts: hosts(), user: cluster.user, database: cluster.database, ...options });
    return pool;
  };

  it('costs the first query no more than a stagger while another answers', async () => {
    remotes[1].drop();
    remotes[2].drop();
    // Named first, so that the race begins with them; and without a deadline that would end them.
    const [first, second, third] = hosts();
    pool = createPool({
      hosts: [second, third, first],
      user: cluster.user,
      database: cluster.database,
      connectTimeoutMs: 20_000,
      minIdle: 0,
    });
    assert.equal((await pool.query('select 1 as one'))[0].one, 1);
    // Answered while both silent hosts were still being dialed.
    assert.equal(role(pool, second), 'unknown');
    assert.equal(role(pool, third), 'unknown');
  });

  it('as a primary: requests go to the promoted node, and a statement in flight is in doubt', async () => {
    open({ connectTimeoutMs: 1000, suspectAfterMs: 300, monitorIntervalMs: 500 });
    await pool.query('create table t (id int)');
    const write = pool.query('insert into t select 1 from pg_sleep(3)').then(
      () => 'stored',
      (error) => error.name,
    );
    await untilAsleep((sql) => cluster.primary.query(sql), 'insert into t select 1');
    const old = cluster.primary;
    const promoted = cluster.standbys[0];
    remotes[cluster.nodes.indexOf(old)].drop();
    await old.fence();
    await cluster.promote(promoted);
    assert.equal((await pool.query('insert into t values (2)')).rowCount, 1);
    assert.equal(await write, 'InDoubtError');
    assert.equal(pool.topology().primary, hosts()[cluster.nodes.indexOf(promoted)]);
  });

  it('as a primary under load: nothing is lost, nothing runs twice, nobody waits for ever', async () => {
    const load = await startLoad(cluster, {
      writers: 20,
      readers: 20,
      transactions: 4,
      pool: { hosts: hosts(), connectTimeoutMs: 1000, suspectAfterMs: 300, monitorIntervalMs: 500 },
    });
    pool = load.pool;
    await load.untilAcknowledged();
    const old = cluster.primary;
    remotes[cluster.nodes.indexOf(old)].drop();
    // Behind the cut it can still commit what it has received; a cluster fences it before promoting another node.
    await old.fence();
    await until(
      async () =>
        (
          await old.query(
            "select count(*) as n from pg_stat_activity where usename = 'app' and state = 'active'",
          )
        )[0].n === '0',
      { what: 'what runs behind the cut to end' },
    );
    await cluster.waitForCaughtUp();
    await cluster.promote(cluster.standbys[0]);
    await load.untilAcknowledged();
    await load.untilRead();
    const verdict = await load.stop();
    assertHonest(verdict);
  });

  it('a dead host costs no request anything: only the monitor tries it', async () => {
    open({ connectTimeoutMs: 500, monitorIntervalMs: 200 });
    await pool.query('select 1');
    const standby = cluster.nodes.indexOf(cluster.standbys[0]);
    remotes[standby].drop();
    await until(() => role(pool, hosts()[standby]) === 'down', { what: 'the host to be down' });
    await Promise.all(Array.from({ length: 40 }, () => pool.query('select pg_sleep(0.01)')));
    const { sessions, warmSessions } = pool.topology().hosts[standby];
    assert.deepEqual([sessions, warmSessions], [0, 0]);
    remotes[standby].restore();
    await until(() => role(pool, hosts()[standby]) === 'standby', { what: 'the host to be back' });
  });

  it('with connections that are dead without a word loses these, and not the host', async () => {
    open({ suspectAfterMs: 500, minIdle: 5, connectTimeoutMs: 20_000 });
    await pool.query('create table t (id int)');
    const insert = 'insert into t values ($1)';
    await pool.query(insert, [0]);
    await until(() => pool.status().available === 5, { what: 'five idle sessions' });
    let downs = 0;
    pool.on('hostDown', () => (downs += 1));
    remotes[cluster.nodes.indexOf(cluster.primary)].forget();
    const error = await pool.query(insert, [1]).catch((caught) => caught);
    assert.equal(error.name, 'InDoubtError');
    assert.match(error.cause.message, /not acknowledged/); // before TCP gave up
    assert.equal((await pool.query(insert, [2])).rowCount, 1);
    assert.equal(downs, 0);
  });

  it('a long statement on a healthy primary is never killed', async () => {
    open({ suspectAfterMs: 100, monitorIntervalMs: 100 });
    assert.equal((await pool.query('select 1 as one from pg_sleep(2)'))[0].one, 1);
  });
});
