'use strict';

const assert = require('node:assert/strict');
const { until } = require('../../lib/testing');
const { newPool } = require('../support/cluster.js');
const { untilAsleep } = require('../support/asleep');
const { errorOf } = require('../support/error_of');

const waitingFor = (pool, count) =>
  until(() => pool.status().waiting === count, { what: `${count} waiting` });

describe('a call with a deadline or a signal', () => {
  let pool;
  let watcher;
  beforeEach(() => {
    pool = newPool({ poolSize: 1, minIdle: 0 });
    watcher = newPool();
  });

  describe('that waits for a session', () => {
    it('ends at its timeoutMs', async () => {
      const tx = await pool.begin();
      for (const call of [
        () => pool.query('select 1', [], { timeoutMs: 50 }),
        () => pool.begin({ timeoutMs: 50 }),
      ]) {
        const error = await errorOf(call());
        assert.deepEqual([error.name, error.code, error.outcome], ['TimeoutError', 'ETIMEDOUT', 'not-sent']);
      }
      assert.equal(pool.status().waiting, 0);
      await tx.rollback();
    });

    it('takes the timeoutMs of its pool when it has none', async () => {
      const quick = newPool({ poolSize: 1, minIdle: 0, timeoutMs: 60 });
      const tx = await quick.begin({ timeoutMs: 0 });
      await assert.rejects(quick.query('select 1'), { name: 'TimeoutError', outcome: 'not-sent' });
      const patient = quick.query('select 1 as x', [], { timeoutMs: 20_000 });
      await waitingFor(quick, 1);
      await tx.rollback();
      assert.deepEqual(await patient, [{ x: 1 }]);
    });

    it('leaves the queue when its signal is aborted, and nobody else does', async () => {
      const tx = await pool.begin();
      const controller = new AbortController();
      const { signal } = controller;
      const aborted = [errorOf(pool.query('select 1', [], { signal })), errorOf(pool.begin({ signal }))];
      const other = pool.query('select 2 as x');
      await waitingFor(pool, 3);
      const reason = new Error('the user left');
      controller.abort(reason);
      for (const error of await Promise.all(aborted)) {
        assert.deepEqual([error.name, error.code, error.outcome], ['AbortError', 'ABORT_ERR', 'not-sent']);
        assert.equal(error.cause, reason);
      }
      assert.equal(pool.status().waiting, 1);
      await tx.rollback();
      assert.deepEqual(await other, [{ x: 2 }]);
    });

    it('does not begin with an aborted signal', async () => {
      const signal = AbortSignal.abort(new Error('before'));
      for (const call of [
        () => pool.query('select 1', [], { signal }),
        () => pool.begin({ signal }),
        () => pool.transaction(() => assert.fail('it ran'), { signal }),
      ]) {
        const error = await errorOf(call());
        assert.deepEqual(
          [error.name, error.outcome, error.cause.message],
          ['AbortError', 'not-sent', 'before'],
        );
      }
      assert.equal(pool.status().size, 0);
    });
  });

  describe('that runs', () => {
    it('is cancelled on the server at its timeoutMs, and its session goes on', async () => {
      const [{ pid }] = await pool.query('select pg_backend_pid() as pid');
      const error = await errorOf(pool.query('select pg_sleep(60)', [], { timeoutMs: 100 }));
      assert.deepEqual([error.name, error.code, error.outcome], ['TimeoutError', 'ETIMEDOUT', 'rolled-back']);
      assert.deepEqual(await pool.query('select pg_backend_pid() as pid'), [{ pid }]);
    });

    it('is cancelled on the server when its signal is aborted', async () => {
      const [{ pid }] = await pool.query('select pg_backend_pid() as pid');
      const controller = new AbortController();
      const running = errorOf(
        pool.query('select pg_sleep(60) as to_be_aborted', [], { signal: controller.signal }),
      );
      await untilAsleep((sql) => watcher.query(sql), 'to_be_aborted');
      controller.abort(new Error('enough'));
      const error = await running;
      assert.deepEqual(
        [error.name, error.code, error.outcome, error.cause.message],
        ['AbortError', 'ABORT_ERR', 'rolled-back', 'enough'],
      );
      assert.deepEqual(await pool.query('select pg_backend_pid() as pid'), [{ pid }]);
    });

    for (const how of ['timeoutMs', 'signal']) {
      it(`is cancelled by its ${how} also while it is being prepared, and its session goes on`, async () => {
        await watcher.query('drop table if exists api_held');
        await watcher.query('create table api_held (x int)');
        const [{ pid }] = await pool.query('select pg_backend_pid() as pid');
        const tx = await watcher.begin();
        await tx.query('lock table api_held');
        const controller = new AbortController();
        const limit = how === 'signal' ? { signal: controller.signal } : { timeoutMs: 100 };
        const held = errorOf(pool.query('insert into api_held values (1)', [], limit));
        if (how === 'signal') {
          const waits = "select from pg_stat_activity where wait_event_type = 'Lock' and pid = $1";
          await until(async () => (await watcher.query(waits, [pid])).length > 0, { what: 'it waits' });
          controller.abort();
        }
        const error = await held;
        assert.equal(error.name, how === 'signal' ? 'AbortError' : 'TimeoutError');
        assert.equal(error.outcome, 'not-executed');
        // Still locked, so the cancel has freed the session.
        assert.deepEqual(await pool.query('select pg_backend_pid() as pid'), [{ pid }]);
        await tx.rollback();
        assert.equal((await pool.query('insert into api_held values (1)')).rowCount, 1);
      });
    }

    it('never hits the statement after it', async () => {
      for (let i = 0; i < 100; i += 1) {
        const controller = new AbortController();
        const aborted = pool.query('select 1', [], { signal: controller.signal }).catch((error) => error);
        const next = pool.query('select $1::int as i, pg_sleep(0.0005)::text', [i]);
        setImmediate(() => controller.abort());
        const first = await aborted;
        if (first instanceof Error) assert.equal(first.name, 'AbortError');
        assert.equal((await next)[0].i, i);
      }
    });

    it('resolves when it was done in spite of its abort', async () => {
      const controller = new AbortController();
      const rows = await pool.query('select 1 as x', [], { signal: controller.signal });
      controller.abort();
      assert.deepEqual(rows, [{ x: 1 }]);
    });

    it('in a transaction leaves it to be rolled back', async () => {
      const tx = await pool.begin();
      await assert.rejects(tx.query('select pg_sleep(60)', [], { timeoutMs: 50 }), { name: 'TimeoutError' });
      await assert.rejects(tx.query('select 1'), { code: '25P02' });
      await tx.rollback();
      assert.deepEqual(await pool.query('select 1 as x'), [{ x: 1 }]);
    });

    it('has the deadline of its transaction', async () => {
      await assert.rejects(
        pool.transaction((tx) => tx.query('select pg_sleep(60)'), { timeoutMs: 100 }),
        { name: 'TimeoutError' },
      );
      assert.deepEqual(await pool.query('select 1 as x'), [{ x: 1 }]);
    });
  });

  it('may share one signal with hundreds, which get one listener and leave none', async () => {
    const { getEventListeners } = require('node:events');
    const { signal } = new AbortController();
    const answers = Array.from({ length: 900 }, () => watcher.query('select 1', [], { signal }));
    assert.equal(getEventListeners(signal, 'abort').length, 1);
    await Promise.all(answers);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
    const tx = await watcher.begin({ signal });
    await tx.commit();
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('is told by the server itself with statementTimeoutMs and lockTimeoutMs', async () => {
    const strict = newPool({ statementTimeoutMs: 40, lockTimeoutMs: 40, poolSize: 2 });
    await assert.rejects(strict.query('select pg_sleep(60)'), {
      name: 'ServerError',
      code: '57014',
      outcome: 'rolled-back',
    });
    await watcher.query('drop table if exists api_locked');
    await watcher.query('create table api_locked (x int)');
    const tx = await watcher.begin();
    await tx.query('lock table api_locked');
    const slow = newPool({ lockTimeoutMs: 40 });
    // The server takes the table's lock while parsing, so nothing has run.
    await assert.rejects(slow.query('insert into api_locked values (1)'), {
      name: 'ServerError',
      code: '55P03',
      outcome: 'not-executed',
    });
    await tx.rollback();
  });
});
