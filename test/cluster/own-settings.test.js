'use strict';

// default_transaction_read_only of a role, a database, a connection or a session is no fence of its node.

const assert = require('node:assert/strict');
const { startCluster, until } = require('../../lib/testing');
const { createPool } = require('../..');
const { settle } = require('../support/rig');

const FENCES = ['fenced', 'primaryChanged', 'hostDown', 'splitBrain', 'hold'];

describe('a setting that is not the server’s', function () {
  this.timeout(60_000);
  let cluster;
  const pools = [];
  const open = (more) => {
    const pool = createPool({ ...cluster.connectionOptions(), monitorIntervalMs: 50, ...more });
    pools.push(pool);
    return pool;
  };
  const watched = (pool) => {
    const seen = [];
    for (const name of FENCES) pool.on(name, (event) => seen.push(event));
    return seen;
  };
  /** Until two answers of the monitor later. */
  const probes = async () => {
    const [{ n }] = await cluster.primary.query('select now() as n');
    await until(
      async () => {
        const sql = `select count(*) as n from pg_stat_activity
          where query like '%pg_control_system%' and state = 'idle' and query_start > '${n}'::timestamptz + '100 ms'`;
        return Number((await cluster.primary.query(sql))[0].n) > 0;
      },
      { what: 'the monitor has asked' },
    );
  };

  before(async () => {
    cluster = await startCluster({
      nodes: 2,
      sql: [
        'create table t (x int); grant all on t to public',
        'create role reporter login; alter role reporter set default_transaction_read_only = on',
        'create role everywhere login; create role here login',
        'alter role here in database app set default_transaction_read_only = on',
        'create database archive',
        'alter database archive set default_transaction_read_only = on',
      ],
    });
  });
  after(() => cluster?.stop());
  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.end({ drainTimeoutMs: 0 })));
  });

  const cases = {
    'of a role': { options: { user: 'reporter' }, says: /ALTER ROLE … SET/ },
    'of a role in a database': { options: { user: 'here' }, says: /IN DATABASE/ },
    'of a database': {
      options: { database: 'archive' },
      says: /ALTER DATABASE/,
      sql: 'create table u (x int)',
    },
    'of the connection': { pgoptions: '-c default_transaction_read_only=on', says: /PGOPTIONS/ },
    'of the session': {
      options: { onConnect: (session) => session.query('set default_transaction_read_only = on') },
      says: /\(SET\)/,
    },
  };
  for (const [name, { options, pgoptions, says, sql = 'insert into t values (2)' }] of Object.entries(
    cases,
  )) {
    it(`${name} troubles no other pool, and its writes are refused at once`, async () => {
      const app = open();
      await app.query('insert into t values (1)');
      const seen = watched(app);
      if (pgoptions) process.env.PGOPTIONS = pgoptions;
      let reporter;
      try {
        reporter = open({ ...options, poolSize: 3 });
      } finally {
        delete process.env.PGOPTIONS;
      }
      const heard = watched(reporter);
      for (let i = 0; i < 20; i += 1) {
        await Promise.all([
          app.query('insert into t values (1)'),
          reporter.query('select 1'),
          reporter.query('select pg_advisory_xact_lock_shared(1)'),
        ]);
      }
      const { error } = await settle(reporter.query(sql));
      assert.deepEqual(
        [error?.name, error.code, error.outcome, error.retryable],
        ['ServerError', '25006', 'not-executed', false],
      );
      assert.match(error.message, says);
      let runs = 0;
      const failed = await settle(
        reporter.transaction(async (tx) => {
          runs += 1;
          await tx.query('select 1');
          await tx.query(sql);
        }),
      );
      assert.deepEqual([failed.error?.code, failed.error.outcome, runs], ['25006', 'rolled-back', 1]);
      assert.deepEqual(await reporter.transaction((tx) => tx.query('select 1 as x')), [{ x: 1 }]);
      assert.deepEqual(seen, []);
      assert.deepEqual(
        heard.filter(({ type }) => type !== 'primaryChanged'),
        [],
      );
      assert.equal(
        app.stats().hosts.reduce((sum, { evictions }) => sum + evictions.role, 0),
        0,
      );
    });
  }

  it('hides no fence from those who see it, and no primary from those who do not', async () => {
    const [first] = cluster.nodes;
    const reporter = open({ user: 'reporter' });
    assert.deepEqual(await reporter.query('select 1 as x'), [{ x: 1 }]);
    assert.deepEqual(await reporter.query('select 1 as x', [], { mode: 'read-only' }), [{ x: 1 }]);
    assert.deepEqual(await reporter.query('select 1 as x', [], { mode: 'any' }), [{ x: 1 }]);
    await first.fence();
    try {
      await probes();
      assert.equal(reporter.topology().primary, `${first.host}:${first.port}`);
      const app = open();
      const seen = settle(app.query('insert into t values (3)', [], { timeoutMs: 30_000 }));
      await until(() => reporter.topology().hosts.some(({ role }) => role === 'fenced'), {
        what: 'the fence is seen by the login that can',
      });
      await first.unfence();
      assert.equal((await seen).error, undefined);
      await until(() => reporter.topology().primary !== null, { what: 'a primary' });
    } finally {
      await first.unfence();
    }
  });

  it('is no reason for a fence when a user makes it in a transaction', async () => {
    const app = open({ poolSize: 2 });
    await app.query('select 1');
    const seen = watched(app);
    const { error } = await settle(
      app.transaction(async (tx) => {
        await tx.query('insert into t values (4)');
        await tx.query('set local default_transaction_read_only = on');
        await tx.query('select 1');
      }),
    );
    assert.deepEqual([error?.code, error.outcome], ['25006', 'rolled-back']);
    await app.query('insert into t values (5)');
    assert.deepEqual(seen, []);
  });
});
