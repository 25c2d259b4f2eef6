'use strict';

const assert = require('node:assert/strict');
const { needsPostgres, openRig, settle, startServer, until } = require('../support/rig');
const { untilAsleep } = require('../support/asleep');
const { unread } = require('../support/unread');
const { raceCancels } = require('./support/cancel_races');

describe('a cancel', function () {
  this.timeout(60_000);
  before(needsPostgres);

  let cluster, rig;

  before(async () => {
    cluster = await startServer({
      sql: 'create table t (id int4, n int4); create index on t (id); grant all on t to public',
    });
  });

  afterEach(async () => {
    await rig?.close();
    rig = undefined;
  });

  after(() => cluster?.stop());

  const open = async (options) => {
    rig = await openRig(cluster, options);
    await rig.recovers();
  };
  /** Until the server runs this statement. */
  const runs = (part) => untilAsleep((sql) => rig.ask(sql), part);

  it('takes what waits out of the queue, and nothing is sent', async () => {
    await open();
    const tx = await rig.pool.begin();
    const late = settle(rig.pool.query('insert into t values (1)', [], { timeoutMs: 30 }));
    const abort = new AbortController();
    const aborted = settle(rig.pool.query('insert into t values (1)', [], { signal: abort.signal }));
    await until(() => rig.pool.status().waiting > 0, { what: 'they wait' });
    abort.abort(new Error('enough'));
    for (const [promise, name, code] of [
      [late, 'TimeoutError', 'ETIMEDOUT'],
      [aborted, 'AbortError', 'ABORT_ERR'],
    ]) {
      const { error } = await promise;
      assert.deepEqual(
        [error?.name, error?.code, error?.outcome, error?.attempts],
        [name, code, 'not-sent', 0],
      );
    }
    assert.equal((await aborted).error.cause.message, 'enough');
    await tx.rollback();
    assert.equal(await rig.value('select count(*) from t where id = 1'), '0');
    assert.equal(rig.gate.counts.cancelRequests, 0);
    await rig.recovers();
  });

  it('ends the wait for a server that accepts connections and says nothing', async () => {
    await open();
    rig.gate.freeze();
    rig.gate.cutAll('reset');
    const abort = new AbortController();
    const calls = [
      rig.pool.query('insert into t values (2)', [], { timeoutMs: 100 }),
      rig.pool.query('insert into t values (2)', [], { signal: abort.signal }),
      rig.pool.begin({ timeoutMs: 100 }),
      rig.pool.begin({ signal: abort.signal }),
    ].map(settle);
    await until(() => rig.pool.status().waiting > 0, { what: 'they wait' });
    abort.abort();
    const errors = (await Promise.all(calls)).map(({ error }) => error);
    assert.deepEqual(
      errors.map((error) => `${error?.name} ${error?.outcome}`),
      ['TimeoutError not-sent', 'AbortError not-sent', 'TimeoutError not-sent', 'AbortError not-sent'],
    );
    rig.gate.thaw();
    await rig.recovers();
    assert.equal(await rig.value('select count(*) from t where id = 2'), '0');
  });

  for (const by of ['timeoutMs', 'signal']) {
    it(`ends what runs, by ${by}; it is rolled back, and its session goes on`, async () => {
      await open();
      const [{ pid }] = await rig.pool.query('select pg_backend_pid() as pid');
      const abort = new AbortController();
      const options = by === 'signal' ? { signal: abort.signal } : { timeoutMs: 100 };
      const call = settle(
        rig.pool.query('insert into t select 3, 0 from (select pg_sleep(30)) s', [], options),
      );
      await runs('pg_sleep(30)');
      abort.abort();
      const { error } = await call;
      assert.deepEqual(
        [error?.code, error?.outcome],
        [by === 'signal' ? 'ABORT_ERR' : 'ETIMEDOUT', 'rolled-back'],
      );
      assert.equal(error.host, rig.gate.address);
      assert.equal(rig.gate.counts.cancelRequests, 1);
      await rig.recovers();
      assert.equal((await rig.pool.query('select pg_backend_pid() as pid'))[0].pid, pid);
      assert.equal(await rig.value('select count(*) from t where id = 3'), '0');
    });
  }

  it('of a statement of a transaction leaves it to be rolled back', async () => {
    await open();
    const tx = await rig.pool.begin();
    await tx.query('insert into t values (4, 0)');
    const { error } = await settle(tx.query('select pg_sleep(30)', [], { timeoutMs: 50 }));
    assert.deepEqual([error?.name, error?.outcome], ['TimeoutError', 'rolled-back']);
    await assert.rejects(tx.query('select 1'), { code: '25P02' });
    await assert.rejects(tx.commit(), { outcome: 'rolled-back' });
    await rig.recovers();
    assert.equal(await rig.value('select count(*) from t where id = 4'), '0');
  });

  it('that comes too late changes nothing: what was done resolves', async () => {
    await open();
    const abort = new AbortController();
    // The answer is held back until the server has heard of the cancel.
    const rule = rig.gate.when(
      { from: 'server', type: 'C', match: ({ tag }) => tag === 'INSERT 0 1' },
      async () => {
        abort.abort();
        await until(() => rig.gate.counts.cancelRequests === 1, { what: 'the cancel' });
      },
    );
    const rows = await rig.pool.query('insert into t values (5, 0) returning id', [], {
      signal: abort.signal,
    });
    assert.deepEqual([...rows], [{ id: 5 }]);
    assert.equal(rule.hits, 1);
    await rig.recovers();
    assert.equal(await rig.value('select count(*) from t where id = 5'), '1');
  });

  it('of a server that has fallen silent takes cancelTimeoutMs at most, also where nobody answers the cancel', async () => {
    await open({ cancelTimeoutMs: 200, connectTimeoutMs: 500 });
    for (const round of [1, 2, 3]) {
      const call = settle(
        rig.pool.query('insert into t select 6, 0 from (select pg_sleep(0.1)) s', [], { timeoutMs: 300 }),
      );
      const held = rig.gate.when({ from: 'client', type: 'cancel' }, 'freeze');
      const isOurs = ({ sql }) => sql.startsWith('insert into t select 6');
      await rig.gate.when({ from: 'client', type: 'E', match: isOurs }, { do: 'freeze', at: 'after' })
        .happened;
      const { error } = await call;
      assert.deepEqual([round, error?.name, error?.outcome], [round, 'TimeoutError', 'unknown']);
      await held.happened;
      rig.gate.clear();
      await rig.recovers();
    }
    assert.equal(rig.gate.counts.cancelRequests, 3);
    rig.gate.thaw();
  });

  it('waits for its own end before the session takes the next statement', async () => {
    await open();
    const order = [];
    // The server gets the cancel late, long after the statement has ended.
    rig.gate.when({ from: 'client', type: 'cancel' }, async () => {
      await until(() => order.includes('answered'), { what: 'the answer' });
      // Anything that the client sends because of the answer has passed the gate once the client has read the answer and
      // both have had a turn.
      await until(() => unread(answered.clientPort) === 0, { everyMs: 1, what: 'the answer to arrive' });
      await rig.ask('select 1');
      order.push('cancelled');
    });
    const isFirst = ({ link }) => link.sql === 'select pg_sleep(0.2)';
    let answered;
    rig.gate.when({ from: 'server', type: 'C', match: isFirst }, (_, link) => {
      answered = link;
      order.push('answered');
    });
    const abort = new AbortController();
    const first = settle(rig.pool.query('select pg_sleep(0.2)', [], { signal: abort.signal }));
    await runs('pg_sleep(0.2)');
    abort.abort();
    const second = rig.pool.query('select pg_sleep(0.1), 2 as two');
    rig.gate.when({ from: 'client', type: 'P', match: ({ sql }) => sql.includes('two') }, () => {
      order.push('next');
    });
    assert.equal((await first).error, undefined);
    assert.equal((await second)[0].two, 2);
    assert.deepEqual(order, ['answered', 'cancelled', 'next']);
    await rig.recovers();
  });

  it('never hits a neighbour: 500 cancels race with completions', async function () {
    this.timeout(120_000);
    // The server forks for each, one after the other.
    const few = { races: 500, pools: 4 };
    const { sent, ended, late, hit } = await raceCancels(cluster.connectionOptions(), few);
    assert.deepEqual(hit, []);
    assert.ok(sent > 250, `${sent} cancels were sent`);
    assert.ok(ended > 0 && late > 0, `${ended} were in time, ${late} were late`);
  });
});

describe('a COMMIT that is on its way', function () {
  before(needsPostgres);

  it('is not cancelled: its time is up, and the outcome is open', async () => {
    const cluster = await startServer({ sql: 'create table t (id int4); grant all on t to public' });
    const rig = await openRig(cluster);
    try {
      await rig.recovers();
      const tx = await rig.pool.begin({ timeoutMs: 300 });
      await tx.query('insert into t values (1)');
      const frozen = rig.gate.when(
        { from: 'server', type: 'C', match: ({ tag }) => tag === 'COMMIT' },
        'freeze',
      );
      const { error } = await settle(tx.commit());
      assert.deepEqual([error?.name, error?.outcome], ['TimeoutError', 'unknown']);
      assert.equal(frozen.hits, 1);
      assert.equal(rig.gate.counts.cancelRequests, 0);
      await rig.recovers();
      assert.equal(await rig.value('select count(*) from t'), '1');
    } finally {
      await rig.close();
      await cluster.stop();
    }
  });
});
