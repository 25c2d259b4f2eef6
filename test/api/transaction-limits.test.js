'use strict';

// The time limit and the signal of a transaction end it at any moment, except after COMMIT was sent.

const assert = require('node:assert/strict');
const { until } = require('../../lib/testing');
const { newPool } = require('../support/cluster.js');
const { untilAsleep } = require('../support/asleep');
const { errorOf } = require('../support/error_of');

describe('a transaction with limits', () => {
  let pool;
  const all = async () => (await pool.query('select x from api_limits order by x')).map(({ x }) => x);
  const insert = (tx, x) => tx.query('insert into api_limits values ($1)', [x]);
  const look = (sql) => pool.query(sql);
  const never = () => new Promise(() => {});
  const isIdle = () => until(() => pool.status().inUse === 0);

  before(async () => {
    const setup = newPool();
    await setup.query('drop table if exists api_limits');
    await setup.query('create table api_limits (x int)');
    await setup.end();
  });
  beforeEach(async () => {
    pool = newPool();
    await pool.query('truncate api_limits');
  });

  it('is rolled back at once when its signal is aborted between two statements', async () => {
    const controller = new AbortController();
    const tx = await pool.begin({ signal: controller.signal });
    await insert(tx, 1);
    controller.abort(new Error('enough'));
    await until(() => !tx.isOpen());
    const error = await errorOf(tx.commit());
    assert.deepEqual([error.name, error.outcome], ['AbortError', 'rolled-back']);
    assert.deepEqual(await all(), []);
    await isIdle();
  });

  for (const exactlyOnce of [false, true]) {
    it(`ends with its signal, whatever its function waits for (exactlyOnce: ${exactlyOnce})`, async () => {
      const controller = new AbortController();
      const { signal } = controller;
      const reason = new Error('enough');
      const running = pool.transaction(
        async (tx) => {
          await insert(tx, 1);
          controller.abort(reason);
          await never();
        },
        { signal, exactlyOnce },
      );
      const error = await errorOf(running);
      assert.deepEqual([error.name, error.outcome, error.cause], ['AbortError', 'rolled-back', reason]);
      assert.deepEqual(await all(), []);
      await isIdle();
    });
  }

  it('cancels what runs when its signal is aborted', async () => {
    const controller = new AbortController();
    const running = pool.transaction((tx) => tx.query('select pg_sleep(60)'), { signal: controller.signal });
    await untilAsleep(look, 'pg_sleep(60)');
    controller.abort();
    const error = await errorOf(running);
    assert.deepEqual([error.name, error.outcome], ['AbortError', 'rolled-back']);
    await isIdle();
  });

  it('ends at its time limit, whatever its function waits for', async () => {
    const error = await errorOf(
      pool.transaction(
        async (tx) => {
          await insert(tx, 1);
          await never();
        },
        { timeoutMs: 300 },
      ),
    );
    assert.deepEqual([error.name, error.outcome], ['TimeoutError', 'rolled-back']);
    assert.deepEqual(await all(), []);
    await isIdle();
  });

  it('a COMMIT that was sent is not aborted: its answer decides', async () => {
    await pool.query(
      `create or replace function api_limits_slow() returns trigger language plpgsql as
       $$ begin perform pg_sleep(0.5); return null; end $$`,
    );
    await pool.query(
      `create constraint trigger slow after insert on api_limits deferrable initially deferred
       for each row execute function api_limits_slow()`,
    );
    try {
      const controller = new AbortController();
      const tx = await pool.begin({ signal: controller.signal });
      await insert(tx, 5);
      const committed = tx.commit();
      await untilAsleep(look, 'commit');
      controller.abort();
      await committed;
      assert.deepEqual(await all(), [5]);
    } finally {
      await pool.query('drop trigger slow on api_limits');
    }
  });
});
