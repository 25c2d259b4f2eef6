'use strict';

// A COMMIT whose answer is lost, and the token that tells what became of it. The gate cuts at the exact message.

const assert = require('node:assert/strict');
const { makeTable } = require('../../lib/once');
const { openRig, settle, startServer, until } = require('../support/rig');

const once = { exactlyOnce: true };

describe('a transaction with exactlyOnce', function () {
  this.timeout(30_000);
  let cluster, rig;
  before(async () => {
    cluster = await startServer({
      sql: 'create table effects (x int); grant all on effects to public; grant all on schema public to public',
    });
  });
  after(() => cluster?.stop());
  beforeEach(async () => {
    rig = await openRig(cluster, { minIdle: 0, retry: { maxAttempts: 3, baseDelayMs: 1, maxDelayMs: 2 } });
    await rig.ask('truncate effects');
  });
  afterEach(() => rig.close());

  const effects = () => rig.value('select count(*) from effects');
  const tokens = (where = 'true') => rig.value(`select count(*) from hyperiondb_transaction where ${where}`);
  let runs;
  const work = async (tx) => {
    const run = ++runs; // two may run side by side: each keeps its own number
    await tx.query('insert into effects values ($1)', [run]);
    return `run ${run}`;
  };
  beforeEach(() => (runs = 0));

  const isCommit = ({ sql }) => sql === 'commit';
  /** The server commits, and its answer is lost. */
  const cutAfter = () =>
    rig.gate.when({ from: 'server', type: 'C', match: ({ tag }) => tag === 'COMMIT' }, 'reset');
  /** The COMMIT never arrives, which the client cannot know. */
  const cutBefore = (nth = 1) => rig.gate.when({ from: 'client', type: 'B', match: isCommit, nth }, 'reset');

  it('makes its table when it is missing, and needs no second run for it', async () => {
    await rig.ask('drop table if exists hyperiondb_transaction');
    const others = await openRig(cluster);
    const given = await Promise.all([rig.pool, others.pool].map((pool) => pool.transaction(work, once)));
    await others.close();
    assert.deepEqual(
      [given.sort(), runs, await effects(), await tokens()],
      [['run 1', 'run 2'], 2, '2', '2'],
    );
  });

  it('says so when its table cannot be made, because a type has the name', async () => {
    await rig.ask('drop table if exists hyperiondb_transaction');
    await rig.ask('create domain hyperiondb_transaction as int');
    const { error } = await settle(rig.pool.transaction(work, once));
    await rig.ask('drop domain hyperiondb_transaction');
    assert.deepEqual([error.code, error.cause?.code, runs], ['42710', '42P01', 0]);
  });

  // It is a single statement of the server, so a real server cannot be stopped in the middle of it.
  for (const code of ['23505', '42710', '42P07']) {
    it(`minds no table that somebody else made at the same moment: ${code}`, async () => {
      const answers = [Promise.reject(Object.assign(new Error('taken'), { code })), [{ is_there: true }]];
      const asked = [];
      const pool = { query: async (sql) => (asked.push(sql), answers.shift()) };
      await makeTable(pool, {}, new Error('missing'));
      assert.match(asked.join(), /create table.*to_regclass/s);
    });
  }

  it('resolves when its COMMIT was done', async () => {
    const order = cutAfter();
    assert.equal(await rig.pool.transaction(work, once), 'run 1');
    assert.deepEqual([order.hits, runs, await effects()], [1, 1, '1']);
  });

  it('runs again when its COMMIT was not', async () => {
    const order = cutBefore();
    assert.equal(await rig.pool.transaction(work, once), 'run 2');
    assert.deepEqual([order.hits, runs, await effects()], [1, 2, '1']);
    assert.equal(await rig.value('select x from effects'), '2');
  });

  it('does so whatever a pool makes of values', async () => {
    const odd = await openRig(cluster, {
      minIdle: 0,
      rowMode: 'array',
      int8: 'string',
      parsers: { text: () => 'odd', bool: () => 'odd' },
      serializers: { uuid: () => 'odd', float8: () => 'odd' },
    });
    for (const [when, expected] of [
      [{ from: 'server', type: 'C', match: ({ tag }) => tag === 'COMMIT' }, 'run 1'],
      [{ from: 'client', type: 'B', match: isCommit }, 'run 3'],
    ]) {
      odd.gate.when(when, 'reset');
      assert.equal(await odd.pool.transaction(work, once), expected);
    }
    await odd.close();
    assert.equal(await effects(), '2');
  });

  it('is not deceived when the answer about its token is lost, too', async () => {
    const isAsk = ({ sql }) => /on conflict \(token\)/.test(sql);
    cutBefore();
    let asked = 0;
    rig.gate.watch((seen) => (asked += seen.from === 'client' && seen.type === 'B' && isAsk(seen)));
    // The token is taken and the answer lost: asking again must not mistake it for the transaction's.
    const order = rig.gate.when({ from: 'server', type: 'C', match: ({ link }) => isAsk(link) }, 'reset');
    assert.equal(await rig.pool.transaction(work, once), 'run 2');
    assert.deepEqual([order.hits, asked, runs, await effects()], [1, 2, 2, '1']);
  });

  it('waits for a COMMIT that is still under way', async () => {
    await rig.ask(`create or replace function slow() returns trigger language plpgsql as
      $$ begin perform pg_sleep(0.5); return null; end $$`);
    await rig.ask(`create constraint trigger slow after insert on effects deferrable initially deferred
      for each row execute function slow()`);
    try {
      rig.gate.when(
        { from: 'client', type: 'S', match: ({ link }) => isCommit(link) },
        { do: 'reset', at: 'after', side: 'client' },
      );
      assert.equal(await rig.pool.transaction(work, once), 'run 1');
      assert.deepEqual([runs, await effects()], [1, '1']);
    } finally {
      await rig.ask('drop trigger slow on effects');
    }
  });

  it('says that nothing is stored when it may not run again', async () => {
    const single = await openRig(cluster, { minIdle: 0, retry: { maxAttempts: 1 } });
    single.gate.when({ from: 'client', type: 'B', match: isCommit }, 'reset');
    const { error } = await settle(single.pool.transaction(work, once));
    assert.deepEqual(
      [error?.name, error.outcome, error.retryable],
      ['ConnectionLostError', 'rolled-back', true],
    );
    assert.equal(error.cause.name, 'InDoubtError');
    await single.close();
    assert.deepEqual([runs, await effects()], [1, '0']);
  });

  it('stays in doubt when nobody can be asked, and says why', async () => {
    rig.gate.when({ from: 'server', type: 'C', match: ({ tag }) => tag === 'COMMIT' }, () => {
      rig.gate.refuse();
      rig.gate.cutAll('reset');
    });
    const { error } = await settle(rig.pool.transaction(work, { ...once, timeoutMs: 1500 }));
    assert.deepEqual([error?.name, error.outcome, error.retryable], ['InDoubtError', 'unknown', false]);
    assert.match(error.message, /token of the transaction could not be looked up/);
    assert.match(error.stack, /could not be looked up/);
    assert.deepEqual([runs, await effects()], [1, '1']);
  });

  it('proves nothing by another table than the one that has the token', async () => {
    const order = rig.gate.when(
      { from: 'server', type: 'C', match: ({ tag }) => tag === 'COMMIT' },
      async () => {
        await until(async () => (await effects()) === '1', { what: 'the commit' });
        await rig.ask('drop table hyperiondb_transaction');
        await rig.ask(`create table hyperiondb_transaction
        (token uuid primary key, at timestamptz not null default now(), refused boolean not null default false)`);
        await rig.ask('grant all on hyperiondb_transaction to public');
        return 'reset';
      },
    );
    const { error } = await settle(rig.pool.transaction(work, once));
    assert.deepEqual([error?.name, error.outcome, order.hits], ['InDoubtError', 'unknown', 1]);
    assert.match(error.message, /not the one that it was put into/);
    assert.deepEqual([runs, await effects()], [1, '1']);
  });

  it('proves nothing about a transaction so old that its token may have been deleted', async () => {
    await rig.pool.transaction(work, once);
    await rig.ask("alter table hyperiondb_transaction alter at set default now() - interval '31 minutes'");
    try {
      cutBefore();
      const { error } = await settle(rig.pool.transaction(work, once));
      assert.deepEqual([error?.name, error.outcome, runs], ['InDoubtError', 'unknown', 2]);
      assert.match(error.message, /so old that its token may have been deleted/);
    } finally {
      await rig.ask('alter table hyperiondb_transaction alter at set default now()');
    }
  });

  it('leaves other errors as they are', async () => {
    const mine = new Error('mine');
    assert.equal(
      (
        await settle(
          rig.pool.transaction(() => {
            throw mine;
          }, once),
        )
      ).error,
      mine,
    );
    const { error } = await settle(rig.pool.transaction((tx) => tx.query('select * from nowhere'), once));
    assert.deepEqual([error.code, error.outcome], ['42P01', 'rolled-back']);
    rig.gate.when({ from: 'server', type: 'C', match: ({ link }) => link.sql.includes('effects') }, 'reset');
    assert.equal(await rig.pool.transaction(work, once), 'run 2');
    assert.equal(await effects(), '1');
  });

  it('deletes old tokens now and then, each pool those of its own cluster', async () => {
    const another = await openRig(cluster);
    const { random } = Math;
    try {
      for (const { pool } of [rig, another]) {
        Math.random = () => 0.5;
        await pool.transaction(work, once);
        await rig.ask("update hyperiondb_transaction set at = now() - interval '2 hours'");
        Math.random = () => 0;
        await pool.transaction(work, once);
        await until(async () => (await tokens("at < now() - interval '1 hour'")) === '0', {
          what: 'they are gone',
        });
        assert.equal(await tokens(), '1');
      }
    } finally {
      Math.random = random;
      await another.close();
    }
  });

  it('needs the right to make its table, or the table', async () => {
    await rig.ask('drop table if exists hyperiondb_transaction');
    await rig.ask('create role poor login');
    await rig.ask('revoke create on schema public from public');
    await rig.ask('grant insert on effects to poor');
    const poor = await openRig(cluster, { user: 'poor', minIdle: 0 });
    const { error } = await settle(poor.pool.transaction(work, once));
    assert.deepEqual([error?.code, error.cause?.code, runs], ['42501', '42P01', 0]);
    await rig.pool.transaction(work, once);
    await rig.ask('grant select, insert, update, delete on hyperiondb_transaction to poor');
    poor.gate.when({ from: 'server', type: 'C', match: ({ tag }) => tag === 'COMMIT' }, 'reset');
    assert.equal(await poor.pool.transaction(work, once), 'run 2');
    await poor.close();
  });

  it('is refused where it has no meaning', async () => {
    for (const options of [
      { exactlyOnce: 'yes' },
      { exactlyOnce: true, readOnly: true },
      { exactlyOnce: true, mode: 'read-only' },
      { exactlyOnce: null },
    ])
      await assert.rejects(rig.pool.transaction(work, options), {
        name: 'ConfigurationError',
        message: /exactlyOnce/,
      });
    await assert.rejects(rig.pool.begin(once), { name: 'ConfigurationError', message: /pool.transaction/ });
    const { error } = await settle(rig.pool.transaction(work, { exactlyOnce: true, isolated: 1 }));
    assert.match(error.message, /isolated/);
    assert.match(error.stack, /exactly-once\.test\.js/);
    assert.equal(runs, 0);
    assert.equal(await rig.pool.transaction(work, { exactlyOnce: false }), 'run 1');
  });
});
