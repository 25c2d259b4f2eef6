'use strict';

const assert = require('node:assert/strict');
const { AsyncLocalStorage } = require('node:async_hooks');
const { tracingChannel } = require('node:diagnostics_channel');
const { createPool } = require('../..');
const { until } = require('../../lib/testing');
const { options, keep } = require('../support/cluster.js');

const parts = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'];
const subscriptions = [];

/** What a channel tells until the end of the test: [part, context, what was stored where it was told]. */
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
    assert.deepEqual(names(acquired), ['start', 'end', 'asyncStart', 'asyncEnd']);
    assert.equal(acquired[0][1].host, pool.topology().primary);
    assert.deepEqual(
      queries.filter(([part]) => part === 'start').map(([, context]) => context.query),
      ['select 3'],
    );
    const failed = await pool.transaction(() => Promise.reject(new Error('mine'))).catch((e) => e);
    assert.equal(transactions.at(-1)[1].error, failed);
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
