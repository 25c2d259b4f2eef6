'use strict';

const assert = require('node:assert/strict');
const { until } = require('../../lib/testing');
const { newPool, options } = require('../support/cluster.js');
const { untilAsleep, untilAwake } = require('../support/asleep');
const { errorOf } = require('../support/error_of');

const closed = { name: 'PoolClosedError', code: 'POOL_CLOSED', outcome: 'not-sent' };

describe('pool.end', () => {
  it('closes every session', async () => {
    const applicationName = `api-end-${process.pid}`;
    const watcher = newPool();
    const pool = newPool({ applicationName, poolSize: 4 });
    const sessions = async () =>
      Number(
        (
          await watcher.query('select count(*) from pg_stat_activity where application_name = $1', [
            applicationName,
          ])
        )[0].count,
      );
    await Promise.all(Array.from({ length: 20 }, () => pool.query('select 1')));
    assert.ok((await sessions()) > 0);
    assert.equal(await pool.end(), undefined);
    assert.deepEqual(pool.status(), { maxSize: 4, size: 0, available: 0, inUse: 0, waiting: 0 });
    await until(async () => (await sessions()) === 0, { what: 'the end of all sessions' });
  });

  it('may be called twice, and at any time', async () => {
    const pool = newPool();
    await Promise.all([pool.end(), pool.end()]);
    await pool.end();
    await newPool().end();
    await newPool({ hosts: ['127.0.0.1:1'] }).end();
  });

  it('lets running and waiting work finish, and takes no more', async () => {
    const pool = newPool({ poolSize: 2, minIdle: 0 });
    const tx = await pool.begin();
    const work = Array.from({ length: 10 }, (_, i) => pool.query('select $1::int as i', [i]));
    let hasEnded = false;
    const ended = pool.end().then(() => {
      hasEnded = true;
    });
    await assert.rejects(pool.query('select 1'), closed);
    await assert.rejects(pool.begin(), closed);
    await assert.rejects(
      pool.transaction(() => {}),
      closed,
    );
    assert.deepEqual(
      (await Promise.all(work)).map(([{ i }]) => i),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
    assert.equal(hasEnded, false, 'a transaction is open');
    assert.deepEqual(await tx.query('select 1 as x'), [{ x: 1 }]);
    await tx.commit();
    await ended;
    await assert.rejects(pool.query('select 1'), closed);
  });

  for (const where of ['a pool', 'a transaction']) {
    it(`cancels what is still running after drainTimeoutMs, in ${where}`, async () => {
      const watcher = newPool();
      const pool = newPool({ poolSize: 1, minIdle: 0 });
      const tx = where === 'a transaction' ? await pool.begin() : undefined;
      const sql = `select pg_sleep(60) /* of ${where} */`;
      const running = errorOf((tx ?? pool).query(sql));
      const waiting = errorOf(pool.query('select 1'));
      const ask = (text) => watcher.query(text);
      await untilAsleep(ask, sql);
      await pool.end({ drainTimeoutMs: 50 });
      assert.equal((await waiting).name, 'PoolClosedError');
      const { name, outcome, host } = await running;
      assert.deepEqual({ name, outcome }, { name: 'PoolClosedError', outcome: 'rolled-back' });
      assert.match(host, /:\d+$/);
      assert.equal(pool.status().size, 0);
      await untilAwake(ask, sql);
    });
  }

  it('rolls back what a transaction has not committed by then', async () => {
    const watcher = newPool();
    await watcher.query('drop table if exists api_end');
    await watcher.query('create table api_end (x int)');
    const pool = newPool();
    const tx = await pool.begin();
    await tx.query('insert into api_end values (1)');
    await pool.end({ drainTimeoutMs: 0 });
    await until(() => !tx.isOpen(), { what: 'the end of the transaction' });
    await assert.rejects(tx.commit(), { outcome: 'rolled-back' });
    assert.deepEqual(await watcher.query('select * from api_end'), []);
  });

  it('goes on when its options were wrong', async () => {
    const pool = newPool();
    await assert.rejects(pool.end({ drainTimeout: 5 }), {
      name: 'ConfigurationError',
      message: /drainTimeoutMs/,
    });
    await assert.rejects(pool.end({ drainTimeoutMs: -5 }), {
      name: 'ConfigurationError',
      message: /drainTimeoutMs/,
    });
    assert.deepEqual(await pool.query('select 1 as x'), [{ x: 1 }]);
    await pool.end();
  });

  it('is what `await using` does; a transaction that is not committed is rolled back', async () => {
    const { createPool } = require('../..');
    const dispose = Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose');
    const pool = createPool(options());
    const tx = await pool.begin();
    await tx[dispose]();
    assert.equal(tx.isOpen(), false);
    await tx[dispose]();
    const done = await pool.begin();
    await done.commit();
    await done[dispose]();
    await pool[dispose]();
    await assert.rejects(pool.query('select 1'), closed);
  });
});
