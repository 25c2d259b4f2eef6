'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { createPool } = require('../..');
const { until } = require('../../lib/testing');
const { options, keep } = require('../support/cluster.js');
const { odd, raise } = require('../support/odd_exceptions.js');

/** A pool, and the events that its logger got. */
function logged(more = {}) {
  const events = [];
  const pool = keep(createPool(options({ logger: (event) => events.push(event), ...more })));
  return { pool, events };
}

describe('logger', () => {
  it('is told of each statement once, with what became of it', async () => {
    const { pool, events } = logged();
    await pool.query('select $1::int4 as x from generate_series(1, 3)', [1]);
    assert.equal(events.length, 1);
    const [{ durationMs, waitMs, ...event }] = events;
    assert.deepEqual(event, {
      sql: 'select $1::int4 as x from generate_series(1, 3)',
      rowCount: 3,
      host: pool.topology().primary,
      attempts: 1,
    });
    assert.ok(durationMs > 0 && waitMs >= 0 && waitMs <= durationMs, `${waitMs} of ${durationMs} ms`);
  });

  it('is told of one row, of none and of a statement without a count', async () => {
    const { pool, events } = logged();
    await pool.query('select 1 as x');
    await pool.query('select 1 where false');
    await pool.transaction(async (tx) => {
      await tx.query('create temp table logged (x int) on commit drop');
      await tx.query('insert into logged values (1), (2)');
    });
    assert.deepEqual(
      events.map(({ rowCount, host }) => [rowCount, host]),
      [1, 0, null, 2].map((count) => [count, pool.topology().primary]),
    );
  });

  it('is told the error and where it was', async () => {
    const { pool, events } = logged();
    const error = await pool.query('select 1 / 0').catch((e) => e);
    assert.equal(events.length, 1);
    assert.equal(events[0].error, error);
    assert.deepEqual([events[0].host, events[0].attempts], [pool.topology().primary, 1]);
    assert.ok(!('rowCount' in events[0]));
  });

  it('is told how long a call waited for a session', async () => {
    const { pool, events } = logged({ poolSize: 1 });
    await Promise.all([pool.query('select pg_sleep(0.1)'), pool.query('select pg_sleep(0.001)')]);
    assert.ok(events[1].waitMs > 0 && events[1].waitMs <= events[1].durationMs, `${events[1].waitMs} ms`);
    const late = pool.query('select pg_sleep(1)');
    await assert.rejects(pool.query('select 2', [], { timeoutMs: 100 }), { code: 'ETIMEDOUT' });
    assert.deepEqual([events[2].host, events[2].attempts], [undefined, 0]);
    assert.ok(events[2].waitMs > 0, `${events[2].waitMs} ms`);
    await late;
  });

  it('is told of a batch once, and of each statement of one that is not atomic', async () => {
    const { pool, events } = logged();
    await pool.batch(['select 1', { sql: 'select $1::int4', params: [2] }]);
    assert.deepEqual(
      events.map(({ sql, host }) => [sql, host]),
      [['select 1;\nselect $1::int4', pool.topology().primary]],
    );
    await pool.batch(['select 3', 'select 4'], { atomic: false });
    assert.deepEqual(new Set(events.slice(1).map(({ sql }) => sql)), new Set(['select 3', 'select 4']));
  });

  it('works with signals, parsers and arrays of rows', async () => {
    const { pool, events } = logged({ rowMode: 'array', parsers: { text: (text) => text.length } });
    const { signal } = new AbortController();
    const rows = await pool.query("select 'abc'::text, 1", [], { signal });
    assert.deepEqual([...rows], [[3, 1]]);
    assert.deepEqual([rows.rowCount, rows.command], [1, 'SELECT']);
    assert.equal(events[0].rowCount, 1);
  });

  it('is harmless when it throws or rejects; that is warned of once', async () => {
    for (const logger of [
      () => {
        throw new Error('a full disk');
      },
      async () => {
        throw new Error('a full disk');
      },
      () => {
        throw Symbol('a full disk');
      },
      () => ({ then: (_, failed) => failed({ message: 'a full disk' }) }),
    ]) {
      const warned = once(process, 'warning');
      const pool = keep(createPool(options({ logger })));
      assert.deepEqual(await pool.query('select 1 as x'), [{ x: 1 }]);
      const [warning] = await warned;
      assert.equal(warning.code, 'HYPERIONDB_LOGGER');
      assert.match(warning.message, /a full disk/);
      let again = 0;
      const count = (one) => (again += one.code === 'HYPERIONDB_LOGGER' ? 1 : 0);
      process.on('warning', count);
      await pool.query('select 1');
      await new Promise(setImmediate);
      process.off('warning', count);
      assert.equal(again, 0);
    }
  });

  for (const [what, thrown] of odd) {
    it(`may throw or reject with ${what}`, async () => {
      for (const logger of [() => raise(thrown), async () => raise(thrown)]) {
        const warned = once(process, 'warning');
        const pool = keep(createPool(options({ logger })));
        assert.deepEqual(await pool.query('select 1 as x'), [{ x: 1 }]);
        assert.equal((await warned)[0].code, 'HYPERIONDB_LOGGER');
      }
    });
  }

  it('may query the same pool and is not told of that', async () => {
    let calls = 0;
    let own;
    const pool = keep(
      createPool(
        options({
          poolSize: 1,
          logger: async () => {
            calls += 1;
            await null;
            own = pool.query('select 2 as y');
            await own;
          },
        }),
      ),
    );
    await pool.query('select 1');
    await until(() => own);
    assert.deepEqual(await own, [{ y: 2 }]);
    assert.equal(calls, 1);
    await pool.query('select 1');
    assert.equal(calls, 2);
  });

  it('may end the pool', async () => {
    let ended;
    const pool = keep(createPool(options({ logger: () => (ended = pool.end()) })));
    assert.deepEqual(await pool.query('select 1 as x'), [{ x: 1 }]);
    await ended;
    await assert.rejects(pool.query('select 1'), { code: 'POOL_CLOSED' });
  });

  it('is told only of what is slow or failed, with slowQueryMs', async () => {
    const { pool, events } = logged({ slowQueryMs: 5_000 });
    await pool.query('select 1');
    await pool.query('select 1 / 0').catch(() => {});
    assert.deepEqual(
      events.map(({ sql }) => sql),
      ['select 1 / 0'],
    );
    const slow = logged({ slowQueryMs: 50 });
    await slow.pool.query('select pg_sleep(0.06)');
    assert.equal(slow.events.length, 1);
  });

  it('sees parameters only with logParams, and of everything only what redact leaves', async () => {
    const plain = logged({ logParams: true });
    await plain.pool.query('select $1::text as secret', ['s3cret']);
    assert.deepEqual(plain.events[0].params, ['s3cret']);

    const redact = ({ sql, params }) => ({
      sql: sql.replace(/'.*?'/g, "'…'"),
      params: params.map(() => '…'),
    });
    const hidden = logged({ logParams: true, redact });
    await hidden.pool.query("select $1::text, 'hush'", ['s3cret']);
    assert.deepEqual(hidden.events[0].params, ['…']);
    assert.equal(hidden.events[0].sql, "select $1::text, '…'");

    const broken = logged({
      logParams: true,
      redact: () => {
        throw new Error('oops');
      },
    });
    await broken.pool.query("select $1::text, 'hush'", ['s3cret']);
    assert.deepEqual([broken.events[0].sql, broken.events[0].params], ['[redacted]', undefined]);
  });

  it('is refused when it is no function, as are the other options that go with it', () => {
    for (const [option, value] of Object.entries({
      logger: 'console',
      redact: true,
      slowQueryMs: -1,
      logParams: 'yes',
      leakDetectionMs: NaN,
      onConnect: 'select 1',
    })) {
      assert.throws(
        () => createPool(options({ [option]: value })),
        (error) => error.name === 'ConfigurationError' && error.message.includes(`options.${option}`),
        option,
      );
    }
  });
});
