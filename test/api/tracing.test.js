'use strict';

const assert = require('node:assert/strict');
const { AsyncLocalStorage } = require('node:async_hooks');
const { tracingChannel } = require('node:diagnostics_channel');
const { createPool } = require('../..');
const { until } = require('../../lib/testing');
const { options, keep } = require('../support/cluster.js');

const parts = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'];
const subscriptions = [];

/** Events of a channel until the end of the test: [part, context, async-local store of the subscriber]. */
function watch(name, storage = new AsyncLocalStorage()) {
  const channel = tracingChannel(name);
  const told = [];
  const subscribers = {};
  for (const part of parts) subscribers[part] = (context) => told.push([part, context, storage.getStore()]);
  channel.subscribe(subscribers);
  subscriptions.push(() => channel.unsubscribe(subscribers));
  return told;
}
const names = (told) => told.map(([part]) => part);

describe('tracing channels', () => {
  afterEach(() => {
    for (const unsubscribe of subscriptions.splice(0)) unsubscribe();
  });

  it('tell of a query, in the async context of its caller', async () => {
    const pool = keep(createPool(options()));
    const storage = new AsyncLocalStorage();
    const told = watch('hyperiondb:query', storage);
    const rows = await storage.run('caller', () => pool.query('select $1::int4 as x', [7]));
    assert.deepEqual(rows, [{ x: 7 }]);
    assert.deepEqual(names(told), ['start', 'end', 'asyncStart', 'asyncEnd']);
    for (const [part, context, stored] of told) {
      assert.equal(stored, 'caller', part);
      assert.equal(context, told[0][1]);
    }
    const { query, values, database, serverAddress, serverPort, rowCount, attempts, waitMs, result } =
      told[0][1];
    assert.deepEqual([query, values, rowCount, attempts], ['select $1::int4 as x', [7], 1, 1]);
    assert.equal(`${serverAddress}:${serverPort}`, pool.topology().primary);
    assert.equal(database, options().database);
    assert.ok(waitMs >= 0);
    assert.equal(result, rows);
  });

  it('let what they bind to a store be seen by what the caller does next', async () => {
    const pool = keep(createPool(options()));
    const storage = new AsyncLocalStorage();
    const channel = tracingChannel('hyperiondb:transaction');
    channel.start.bindStore(storage, ({ database }) => `in ${database}`);
    subscriptions.push(() => channel.start.unbindStore(storage));
    const seen = await pool.transaction(async (tx) => {
      await tx.query('select 1');
      return storage.getStore();
    });
    assert.equal(seen, `in ${options().database}`);
    assert.equal(storage.getStore(), undefined);
  });

  it('tell of errors', async () => {
    const pool = keep(createPool(options()));
    const told = watch('hyperiondb:query');
    const error = await pool.query('select 1 / 0').catch((e) => e);
    assert.deepEqual(names(told), ['start', 'end', 'error', 'asyncStart', 'asyncEnd']);
    assert.equal(told[0][1].error, error);
    assert.equal(told[0][1].serverPort, Number(pool.topology().primary.split(':').pop()));
  });

  it('tell of batches, transactions with their statements, and sessions that are acquired', async () => {
    const pool = keep(createPool(options()));
    const batches = watch('hyperiondb:batch');
    const transactions = watch('hyperiondb:transaction');
    const acquired = watch('hyperiondb:pool:acquire');
    const queries = watch('hyperiondb:query');
    await pool.batch(['select 1', 'select 2']);
    assert.deepEqual(names(batches), ['start', 'end', 'asyncStart', 'asyncEnd']);
    assert.deepEqual([batches[0][1].batchSize, batches[0][1].query], [2, 'select 1;\nselect 2']);
    await pool.transaction((tx) => tx.query('select 3'), { isolation: 'serializable' });
    assert.deepEqual(names(transactions), ['start', 'end', 'asyncStart', 'asyncEnd']);
    assert.equal(transactions[0][1].isolation, 'serializable');
    assert.deepEqual(
      acquired.filter(([part]) => part === 'asyncEnd').map(([, { operation, host }]) => [operation, host]),
      [
        ['batch', pool.topology().primary],
        ['transaction', pool.topology().primary],
      ],
    );
    assert.deepEqual(
      queries.filter(([part]) => part === 'start').map(([, context]) => context.query),
      ['select 3'],
    );
    const failed = await pool.transaction(() => Promise.reject(new Error('mine'))).catch((e) => e);
    assert.equal(transactions.at(-1)[1].error, failed);
  });

  it('tell of every wait for a session, from the call to when it was served, in the context of the caller', async () => {
    const storage = new AsyncLocalStorage();
    const acquired = watch('hyperiondb:pool:acquire', storage);
    const pool = keep(createPool(options({ poolSize: 1 })));
    const tx = await pool.begin();
    const [[, begun]] = acquired.splice(0);
    assert.deepEqual([begun.operation, begun.host], ['transaction', tx.host()]);
    await tx.query('select 1');
    assert.deepEqual(acquired, [], 'its statements have a session');

    const calls = {
      query: () => pool.query('select 1'),
      describe: () => pool.describe('select 2'),
      batch: () => pool.batch(['select 1', 'select 2']),
      transaction: () => pool.transaction((other) => other.query('select 1')),
    };
    const waiting = Object.entries(calls).map(([name, call]) => storage.run(name, call));
    await until(() => acquired.filter(([part]) => part === 'start').length === 4);
    assert.ok(!names(acquired).includes('asyncStart'), 'nobody was served yet');
    await tx.commit();
    await Promise.all(waiting);
    for (const operation of Object.keys(calls)) {
      const told = acquired.filter(([, context]) => context.operation === operation);
      assert.deepEqual(names(told), ['start', 'end', 'asyncStart', 'asyncEnd'], operation);
      for (const [, , stored] of told) assert.equal(stored, operation);
      const [, { host, serverPort, waitMs, database, mode, error }] = told[0];
      assert.deepEqual([host, database, error], [pool.topology().primary, options().database, undefined]);
      assert.equal(mode, undefined, 'as the pool');
      assert.equal(serverPort, Number(host.split(':').pop()));
      assert.ok(waitMs > 0, operation);
    }

    acquired.length = 0;
    await pool.query('select 1');
    assert.equal(acquired[0][1].waitMs, 0, 'one was free');
    await pool.describe('select 2');
    await pool.batch([]);
    assert.equal(acquired.length, 4, 'what needs no session waits for none');
  });

  it('tell of those who got no session, and why', async () => {
    const acquired = watch('hyperiondb:pool:acquire');
    const pool = keep(createPool(options({ poolSize: 1, maxWaiting: 1 })));
    const tx = await pool.begin();
    acquired.length = 0;
    const aborting = new AbortController();
    const waiting = pool.query('select 1', [], { signal: aborting.signal }).catch((e) => e);
    await until(() => pool.status().waiting === 1);
    const refused = await pool.query('select 2').catch((e) => e);
    assert.equal(refused.code, 'POOL_EXHAUSTED');
    aborting.abort();
    const aborted = await waiting;
    assert.equal(aborted.code, 'ABORT_ERR');
    const errors = acquired.filter(([part]) => part === 'error').map(([, context]) => context);
    assert.deepEqual(
      errors.map(({ error, host }) => [error, host]),
      [
        [refused, undefined],
        [aborted, undefined],
      ],
    );
    assert.ok(errors[1].waitMs > 0);
    assert.equal(acquired.filter(([part]) => part === 'asyncEnd').length, 2);
    await tx.rollback();
    await assert.rejects(pool.query('select 1 / 0'));
    assert.equal(acquired.at(-1)[1].error, undefined, 'it had a session');
  });

  it('tell of each wait of a statement that is run again', async () => {
    const applicationName = `runs_again_${process.pid}`;
    const pool = keep(createPool(options({ applicationName, poolSize: 1 })));
    const other = keep(createPool(options()));
    const storage = new AsyncLocalStorage();
    const acquired = watch('hyperiondb:pool:acquire', storage);
    const lock = 'select pg_advisory_xact_lock(18)';
    const blocked = async () => {
      const asking = `select pid from pg_stat_activity where application_name = $1 and wait_event = 'advisory'`;
      return (await other.query(asking, [applicationName]))[0]?.pid;
    };
    const holder = await other.begin();
    await holder.query(lock);
    const call = storage.run('runs again', () => pool.query(lock, [], { retry: true }));
    const first = await until(blocked);
    await other.query('select pg_terminate_backend($1)', [first]);
    await until(async () => ![undefined, first].includes(await blocked()));
    await holder.commit();
    await call;
    const told = acquired.filter(([, , stored]) => stored === 'runs again');
    const whole = ['start', 'end', 'asyncStart', 'asyncEnd'];
    assert.deepEqual(names(told), [...whole, ...whole]);
    assert.notEqual(told[0][1], told[4][1]);
    assert.ok(told[4][1].waitMs > 0, 'for a new session');
  });

  it('tell of a transaction that was begun when it ends, whoever ends it, and what became of it', async () => {
    const storage = new AsyncLocalStorage();
    const told = watch('hyperiondb:transaction', storage);
    const queries = watch('hyperiondb:query');
    const pool = keep(createPool(options()));
    const begin = (given) => storage.run('who begins', () => pool.begin(given));

    const committed = await begin({ isolation: 'serializable', readOnly: true });
    await committed.query('select 1');
    assert.deepEqual(names(told), ['start', 'end']);
    const [[, context]] = told;
    assert.equal(queries[0][1].transaction, context);
    await committed.commit();
    assert.deepEqual(names(told), ['start', 'end', 'asyncStart', 'asyncEnd']);
    const { host, isolation, readOnly, outcome } = context;
    assert.deepEqual([host, isolation, readOnly], [pool.topology().primary, 'serializable', true]);
    assert.equal(outcome, 'committed');
    for (const [, , stored] of told) assert.equal(stored, 'who begins');
    await committed.commit().catch(() => {});
    assert.equal(told.length, 4, 'it ends once');

    told.length = 0;
    await (await begin()).rollback();
    assert.deepEqual([told.at(-1)[0], told.at(-1)[1].outcome], ['asyncEnd', 'rolled-back']);

    const failing = await begin();
    await failing.query('select 1 / 0').catch(() => {});
    const error = await failing.commit().catch((e) => e);
    assert.equal(error.code, '25P02');
    assert.deepEqual([told.at(-1)[1].error, told.at(-1)[1].outcome], [error, 'rolled-back']);

    const never = await pool.begin({ mode: 'read-write', signal: AbortSignal.abort() }).catch((e) => e);
    assert.deepEqual([told.at(-1)[1].error, told.at(-1)[1].outcome], [never, 'not-sent']);
  });

  it('tell of a transaction that ends by itself', async () => {
    const told = watch('hyperiondb:transaction');
    const pool = keep(createPool(options()));
    await pool.query('select 1'); // so that the time limit does not include a first connect
    const tx = await pool.begin({ timeoutMs: 500 });
    const ended = await until(() => told.at(-1)[0] === 'asyncEnd' && told.at(-1)[1]);
    assert.equal(ended.outcome, 'rolled-back');
    assert.equal(ended.error.code, 'ETIMEDOUT');
    assert.match(ended.error.message, /time limit/);
    await tx.rollback();
    assert.equal(names(told).filter((part) => part === 'asyncEnd').length, 1);

    told.length = 0;
    const lost = await pool.begin();
    const [{ pid }] = await lost.query('select pg_backend_pid() as pid');
    await pool.query('select pg_terminate_backend($1)', [pid]);
    const { outcome, error } = await until(() => told.at(-1)[0] === 'asyncEnd' && told.at(-1)[1]);
    assert.deepEqual([outcome, error.code], ['rolled-back', '57P01']);
    await assert.rejects(lost.commit(), { code: '57P01' });
    assert.equal(names(told).filter((part) => part === 'asyncEnd').length, 1);
  });

  it('say of transaction() what became of it', async () => {
    const told = watch('hyperiondb:transaction');
    const pool = keep(createPool(options()));
    let runs = 0;
    await pool.transaction((tx) => {
      runs += 1;
      return tx.query(runs < 2 ? "do $$ begin raise sqlstate '40001'; end $$" : 'select 1');
    });
    await pool.transaction((tx) => tx.rollback());
    await pool.transaction(() => Promise.reject(new Error('mine'))).catch(() => {});
    await pool.transaction(() => {}, { signal: AbortSignal.abort() }).catch(() => {});
    assert.deepEqual(
      told.filter(([part]) => part === 'asyncEnd').map(([, { outcome, attempts }]) => [outcome, attempts]),
      [
        ['committed', 2],
        ['rolled-back', 1],
        ['rolled-back', 1],
        ['not-sent', 0],
      ],
    );
    assert.equal(told[0][1].host, pool.topology().primary);
  });

  it('tell of sessions that are opened, and that could not be', async () => {
    const told = watch('hyperiondb:connect');
    const pool = keep(createPool(options({ poolSize: 1, minIdle: 0 })));
    await pool.query('select 1');
    const ended = () => told.filter(([part]) => part === 'asyncEnd').map(([, context]) => context);
    await until(() => ended().some(({ host }) => host === pool.topology().primary));
    const context = ended().find(({ host }) => host === pool.topology().primary);
    assert.ok(context.durationMs > 0);
    assert.equal(context.error, undefined);
    const nowhere = keep(createPool(options({ database: 'nowhere' })));
    await assert.rejects(nowhere.query('select 1'), { code: '3D000' });
    await until(() =>
      ended().some(({ database, error }) => database === 'nowhere' && /"nowhere"/.test(error?.message)),
    );
  });

  it('show statements as redact leaves them', async () => {
    const pool = keep(createPool(options({ redact: () => ({ sql: 'hidden' }) })));
    const told = watch('hyperiondb:query');
    await pool.query('select $1::text', ['s3cret']);
    assert.deepEqual([told[0][1].query, told[0][1].values], ['hidden', undefined]);
  });

  it('make nothing of a query while nobody subscribes', async () => {
    const pool = keep(createPool(options()));
    const rows = await pool.query('select 1 as x');
    const { factsOf } = require('../../lib/rows.js');
    assert.equal(factsOf(rows).host, undefined);
    const told = watch('hyperiondb:query');
    const watched = await pool.query('select 1 as x');
    assert.equal(factsOf(watched).host, pool.topology().primary);
    assert.equal(told.length, 4);
  });
});
