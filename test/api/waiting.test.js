'use strict';

const assert = require('node:assert/strict');
const { until } = require('../../lib/testing');
const { newPool } = require('../support/cluster.js');
const { errorOf } = require('../support/error_of');

/** @param {any} pool @param {Partial<ReturnType<any>>} wanted */
const reaches = (pool, wanted) =>
  until(() => Object.entries(wanted).every(([key, value]) => pool.status()[key] === value), {
    what: JSON.stringify(wanted),
  });

describe('a pool under load', () => {
  it('tells how full it is', async () => {
    const pool = newPool({ poolSize: 3, minIdle: 0 });
    assert.deepEqual(pool.status(), { maxSize: 3, size: 0, available: 0, inUse: 0, waiting: 0 });
    const transactions = await Promise.all([pool.begin(), pool.begin(), pool.begin()]);
    assert.deepEqual(pool.status(), { maxSize: 3, size: 3, available: 0, inUse: 3, waiting: 0 });
    const waiting = [pool.query('select 1'), pool.query('select 2')];
    await reaches(pool, { waiting: 2 });
    assert.deepEqual(pool.status(), { maxSize: 3, size: 3, available: 0, inUse: 3, waiting: 2 });
    await Promise.all(transactions.map((tx) => tx.rollback()));
    await Promise.all(waiting);
    await reaches(pool, { available: 3, inUse: 0 });
    assert.deepEqual(pool.status(), { maxSize: 3, size: 3, available: 3, inUse: 0, waiting: 0 });
  });

  it('keeps minIdle sessions open without being asked', async () => {
    const pool = newPool({ poolSize: 5, minIdle: 2 });
    await reaches(pool, { size: 2, available: 2 });
    const none = newPool({ minIdle: 0 });
    await none.query('select 1');
    assert.equal(none.status().size, 1);
  });

  it('never has more than poolSize sessions', async () => {
    const pool = newPool({ poolSize: 4 });
    let most = 0;
    await Promise.all(
      Array.from({ length: 300 }, async () => {
        await pool.query('select 1');
        most = Math.max(most, pool.status().size);
      }),
    );
    assert.ok(most <= 4, `${most} sessions`);
  });

  it('serves who waits in their order', async () => {
    const pool = newPool({ poolSize: 1, minIdle: 0 });
    const tx = await pool.begin();
    const order = [];
    const waiting = [0, 1, 2, 3, 4, 5].map(async (i) => {
      if (i % 2) await pool.query('select $1::int', [i]);
      else await (await pool.begin()).rollback();
      order.push(i);
    });
    await reaches(pool, { waiting: 6 });
    await tx.rollback();
    await Promise.all(waiting);
    assert.deepEqual(order, [0, 1, 2, 3, 4, 5]);
  });

  it('does not let a lock on one table hold up reads of another while sessions are free', async () => {
    const pool = newPool({ poolSize: 20 }); // more connections than requests, so none is shared
    const [locked, open] = ['waiting_locked', 'waiting_open'];
    for (const table of [locked, open]) await pool.query(`create table ${table} (id int)`);
    const read = (table, times) => Array.from({ length: times }, () => pool.query(`select id from ${table}`));
    // On a fast machine these are known to be brief from now on, and share connections.
    for (let i = 0; i < 50; i += 1) await Promise.all([...read(locked, 8), ...read(open, 8)]);

    const tx = await pool.begin();
    await tx.query(`lock table ${locked}`);
    let answered = 0;
    const held = read(locked, 4).map((answer) => answer.then(() => (answered += 1)));
    await Promise.all(read(open, 8)); // sent together with those
    const waits = `select 1 from pg_locks where relation = $1::regclass and not granted`;
    await until(async () => (await tx.query(waits, [locked])).length > 0, { what: 'a read that waits' });
    await Promise.all(read(open, 8));
    assert.equal(answered, 0);
    await tx.rollback();
    await Promise.all(held);
    await pool.query(`drop table ${locked}, ${open}`);
  });

  it('gives up on a free session after acquireTimeoutMs', async () => {
    const pool = newPool({ poolSize: 1, minIdle: 1, acquireTimeoutMs: 80 });
    await reaches(pool, { available: 1 });
    const tx = await pool.begin();
    for (const call of [() => pool.query('select 1'), () => pool.begin()]) {
      const error = await errorOf(call());
      assert.deepEqual(
        {
          name: error.name,
          code: error.code,
          outcome: error.outcome,
          retryable: error.retryable,
          attempts: error.attempts,
        },
        {
          name: 'PoolExhaustedError',
          code: 'POOL_EXHAUSTED',
          outcome: 'not-sent',
          retryable: true,
          attempts: 0,
        },
      );
      assert.match(error.message, /poolSize: 1\).* after \d+ms/);
    }
    await tx.rollback();
    assert.deepEqual(await pool.query('select 1 as x'), [{ x: 1 }]);
  });

  it('refuses more than maxWaiting at once', async () => {
    const pool = newPool({ poolSize: 1, minIdle: 0, maxWaiting: 2 });
    const tx = await pool.begin();
    const waiting = [pool.query('select 1'), pool.begin()];
    await reaches(pool, { waiting: 2 });
    await assert.rejects(pool.query('select 3'), {
      name: 'PoolExhaustedError',
      outcome: 'not-sent',
      message: /maxWaiting: 2/,
    });
    await tx.rollback();
    await waiting[0];
    await (await waiting[1]).rollback();
    assert.deepEqual(await pool.query('select 4 as x'), [{ x: 4 }]);
    const none = newPool({ poolSize: 1, minIdle: 1, maxWaiting: 0 });
    await reaches(none, { available: 1 });
    assert.deepEqual(await none.query('select 5 as x'), [{ x: 5 }]);
  });

  it('refuses nobody for whom a connection may be opened', async () => {
    const pool = newPool({ poolSize: 3, minIdle: 0, maxWaiting: 0 });
    const transactions = await Promise.all([pool.begin(), pool.begin(), pool.begin()]);
    await assert.rejects(pool.query('select 1'), { name: 'PoolExhaustedError', message: /maxWaiting: 0/ });
    await Promise.all(transactions.map((tx) => tx.rollback()));
    assert.deepEqual(await pool.query('select 1 as x'), [{ x: 1 }]);
  });

  it('refuses more than maxWaitingBytes', async () => {
    const pool = newPool({ poolSize: 1, minIdle: 0, maxWaitingBytes: 100_000 });
    const tx = await pool.begin();
    const waiting = pool.query('select length($1)::int as n', ['x'.repeat(50_000)]);
    await reaches(pool, { waiting: 1 });
    await assert.rejects(pool.query('select length($1)::int as n', ['x'.repeat(60_000)]), {
      name: 'PoolExhaustedError',
      message: /maxWaitingBytes/,
    });
    await tx.rollback();
    assert.deepEqual(await waiting, [{ n: 50_000 }]);
  });

  it('closes what nobody used for idleTimeoutMs, down to minIdle', async () => {
    const pool = newPool({ poolSize: 4, minIdle: 1, idleTimeoutMs: 50 });
    await Promise.all(Array.from({ length: 4 }, () => pool.begin())).then((all) =>
      Promise.all(all.map((tx) => tx.rollback())),
    );
    assert.equal(pool.status().size, 4);
    await reaches(pool, { size: 1, available: 1 });
  });

  it('replaces a session after maxLifetimeMs', async () => {
    const pool = newPool({ poolSize: 1, minIdle: 1, maxLifetimeMs: 50 });
    const pid = async () => (await pool.query('select pg_backend_pid() as pid'))[0].pid;
    const first = await pid();
    await until(async () => (await pid()) !== first, { what: 'another session' });
  });
});
