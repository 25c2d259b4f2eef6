'use strict';

// With libpq 17 or newer the rows of a large result are built while the rest is on its way. Callers must not see any
// difference.

const assert = require('node:assert/strict');
const { Worker } = require('node:worker_threads');
const { newPool, options } = require('../support/cluster.js');
const { untilAsleep } = require('../support/asleep');
const { libpqMajor } = require('../support/libpq.js');
const { errorOf } = require('../support/error_of');

const COUNT = 5000;
const PAYLOAD = 'x'.repeat(300); // so that a result is longer than one read of the socket
const NUMBERS = `select i, '${PAYLOAD}' as payload from generate_series(1, $1::int) i`;

const numbers = (rows) => rows.map((row) => row.i);
const upTo = (count) => Array.from({ length: count }, (_, i) => i + 1);

// From 64 KB on, a Buffer that makes up most of its result shares the memory of the answer.
describe('a large Buffer', () => {
  let pool;
  beforeEach(() => {
    pool = newPool({ poolSize: 1 });
  });
  const filled = (byte, size) => `decode(repeat('${byte}', ${size}), 'hex')`;
  const SIZES = [1, 2000, 65_535, 65_536, 1 << 20];

  for (const [what, options, of] of [
    ['alone', {}, ([row]) => row.b],
    ['beside other columns', {}, ([row]) => row.b],
    ['in array mode', { rowMode: 'array' }, ([row]) => row[0]],
  ]) {
    it(`is the bytes of its own answer, ${what}`, async () => {
      const more = what === 'beside other columns' ? ", repeat('x', 70000) as text, 1 as one" : '';
      for (const size of SIZES) {
        const ask = async (byte) =>
          of(await pool.query(`select ${filled(byte, size)} as b${more}`, [], options));
        // The first answer of a statement comes in parts, the others whole.
        const buffers = [await ask('ab'), await ask('ab'), await ask('cd'), await ask('ab')];
        buffers[1].fill(0); // it belongs to the caller
        for (const [i, byte] of [0xab, 0, 0xcd, 0xab].entries()) {
          assert.ok(Buffer.isBuffer(buffers[i]));
          assert.ok(buffers[i].equals(Buffer.alloc(size, byte)), `${size} bytes, answer ${i}`);
        }
      }
    });
  }

  it('outlives its pool, and a copy of it can be sent to a worker', async () => {
    const sql = `select ${filled('ab', 1 << 20)} as b`;
    await pool.query(sql);
    const [{ b }] = await pool.query(sql);
    await pool.end();
    assert.ok(Buffer.from(structuredClone(b)).equals(Buffer.alloc(1 << 20, 0xab)));
    assert.equal(b.length, 1 << 20);
  });

  it('comes from each row where there are several, and from an array', async () => {
    const size = 100_000;
    const rows = await pool.query(
      `select ${filled('ab', size)} as b, array[${filled('cd', size)}] as list from generate_series(1, 3)`,
    );
    for (const { b, list } of rows) {
      assert.ok(b.equals(Buffer.alloc(size, 0xab)));
      assert.ok(list[0].equals(Buffer.alloc(size, 0xcd)));
    }
  });
});

describe('a large result', () => {
  let pool;

  beforeEach(async () => {
    pool = newPool({ poolSize: 1 });
  });

  it('has all its rows in order, each time it is asked for', async () => {
    for (const count of [COUNT, COUNT, 1, 0, 128, 129, 256, COUNT]) {
      const rows = await pool.query(NUMBERS, [count]);
      assert.deepEqual(numbers(rows), upTo(count));
      assert.equal(rows.rowCount, count);
      assert.equal(rows.command, 'SELECT');
      assert.deepEqual(
        rows.fields.map(({ name }) => name),
        ['i', 'payload'],
      );
      assert(rows.every((row) => row.payload === PAYLOAD));
    }
  });

  it('is an array of arrays in array mode', async () => {
    for (let round = 0; round < 3; round++) {
      const rows = await pool.query(NUMBERS, [COUNT], { rowMode: 'array' });
      assert.deepEqual(
        rows.map(([i]) => i),
        upTo(COUNT),
      );
    }
  });

  it('comes whole with other large results beside it', async () => {
    const all = await Promise.all([COUNT, 3000, 1, 700, COUNT].map((count) => pool.query(NUMBERS, [count])));
    assert.deepEqual(
      all.map((rows) => rows.length),
      [COUNT, 3000, 1, 700, COUNT],
    );
    for (const rows of all) assert.deepEqual(numbers(rows), upTo(rows.length));
  });

  it('of a transaction', async () => {
    const rows = await pool.transaction(async (tx) => {
      await tx.query(NUMBERS, [COUNT]);
      return tx.query(NUMBERS, [COUNT]);
    });
    assert.deepEqual(numbers(rows), upTo(COUNT));
  });

  it('that ends in an error gives the error, and no rows', async () => {
    const sql = `select 1000 / (3000 - i) as q, '${PAYLOAD}' as payload from generate_series(1, 4000) i`;
    for (let round = 0; round < 3; round++) {
      const error = await errorOf(pool.query(sql));
      assert.equal(error.code, '22012');
      assert.equal(error.outcome, 'rolled-back');
    }
    assert.deepEqual(numbers(await pool.query(NUMBERS, [COUNT])), upTo(COUNT));
  });

  it('with a value that a parser refuses gives its error when the statement has ended', async () => {
    const refuse = (text) => {
      if (text === '1500') throw new RangeError('no 1500, please');
      return Number(text);
    };
    for (let round = 0; round < 3; round++) {
      const error = await errorOf(pool.query(NUMBERS, [COUNT], { parsers: { int4: refuse } }));
      assert.match(error.message + String(error.cause?.message), /no 1500, please/);
    }
    assert.equal((await pool.query('select 1 as one'))[0].one, 1);
  });

  it('that is not wanted any more is let go of', async () => {
    const slow = `select i, '${PAYLOAD}' as payload, case when i = 2000 then pg_sleep(60) end from generate_series(1, 3000) i`;
    for (let round = 0; round < 2; round++) {
      const controller = new AbortController();
      const query = pool.query(slow, [], { signal: controller.signal });
      const monitor = newPool({ poolSize: 1 });
      await untilAsleep((sql) => monitor.query(sql), 'i = 2000');
      controller.abort();
      assert.equal((await errorOf(query)).name, 'AbortError');
      await monitor.end();
    }
    assert.deepEqual(numbers(await pool.query(NUMBERS, [COUNT])), upTo(COUNT));
  });

  it('has a limit, which is that of all its parts together', async () => {
    const limited = newPool({ poolSize: 1, maxResultBytes: 1_000_000 });
    const sql = `select i, '${PAYLOAD}' as payload from generate_series(1, 100000) i`;
    for (let round = 0; round < 2; round++) {
      const error = await errorOf(limited.query(sql));
      assert.match(`${error.message} ${error.cause?.message}`, /more than 1000000 bytes/);
    }
    assert.equal((await limited.query('select 1 as one'))[0].one, 1);
  });

  it('has a limit, however it comes in', async () => {
    const limited = newPool({ poolSize: 1, maxResultBytes: 100_000 });
    const sql = "select repeat('x', $1) as text";
    for (const size of [100_001, 1_000_000, 20_000_000]) {
      for (let round = 0; round < 2; round++) {
        const error = await errorOf(limited.query(sql, [size]));
        assert.equal(error.code, 'ERR_RESULT', `${size}`);
      }
      assert.equal((await limited.query(sql, [99_000]))[0].text.length, 99_000);
    }
  });

  it('waits in the server while JavaScript has no time for it', async function () {
    if (libpqMajor() < 17) this.skip('libpq before 17 hands over a result as a whole');
    await pool.query(NUMBERS, [COUNT]); // once it is known to be large, it is requested in parts
    const stage = new Int32Array(new SharedArrayBuffer(4));
    const watcher = new Worker(
      `const { workerData } = require('node:worker_threads');
       const { createPool } = require(workerData.module);
       (async () => {
         const pool = createPool(workerData.options);
         await pool.query('select 1');
         Atomics.store(workerData.stage, 0, 1);
         Atomics.notify(workerData.stage, 0);
         for (let seen = 0; seen < 500; ) {
           const [{ waiting }] = await pool.query(
             "select count(*)::int as waiting from pg_stat_activity where wait_event = 'ClientWrite'");
           seen = waiting > 0 ? seen + 1 : 0; // several times: it also waits for a slow reader
         }
         Atomics.store(workerData.stage, 0, 2);
         Atomics.notify(workerData.stage, 0);
         await pool.end();
       })();`,
      {
        eval: true,
        workerData: { module: require.resolve('../..'), options: options({ poolSize: 1 }), stage },
      },
    );
    const ended = new Promise((resolve) => watcher.once('exit', resolve));
    while (Atomics.load(stage, 0) === 0) await new Promise((resolve) => setImmediate(resolve));
    const count = 200_000; // about 60 MB
    const query = pool.query(NUMBERS, [count]);
    assert.equal(Atomics.wait(stage, 0, 1, 60_000), 'ok');
    const rows = await query;
    assert.equal(rows.rowCount, count);
    assert.deepEqual([rows[0].i, rows[count - 1].i], [1, count]);
    await ended;
  });

  describe('whose session is lost on the way', () => {
    const once = `
      select i, '${PAYLOAD}' as payload,
             case when i = 2000 and nextval('large_once') % 2 = 1 then pg_terminate_backend(pg_backend_pid()) end as lost
      from generate_series(1, 3000) i`;

    before(async () => {
      const own = newPool({ poolSize: 1 });
      await own.query('create sequence if not exists large_once');
      await own.query('alter sequence large_once restart');
      await own.end();
    });

    it('has each row once when it may be asked for again', async () => {
      for (let round = 0; round < 2; round++) {
        const rows = await pool.query(once, [], { retry: true });
        assert.equal(rows.length, 3000);
        assert.deepEqual(numbers(rows), upTo(3000));
      }
    });

    it('is an error, and no rows, when it may not', async () => {
      const error = await errorOf(pool.query(once));
      assert.equal(error.code, 'IN_DOUBT');
      const rows = await pool.query(once);
      assert.equal(rows.length, 3000);
    });
  });
});
