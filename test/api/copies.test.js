'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { options } = require('../support/cluster.js');
const { errorOf } = require('../support/error_of.js');

const lib = path.join(__dirname, '../../lib/');

/** Loads another copy over the same addon, as a bundle or a test runner with its own cache does. */
function newCopy() {
  const own = Object.keys(require.cache).filter((key) => key.startsWith(lib) && !key.includes('testing'));
  const before = own.map((key) => [key, require.cache[key]]);
  for (const key of own) delete require.cache[key];
  try {
    return require('../..');
  } finally {
    for (const [key, module] of before) require.cache[key] = module;
  }
}

describe('two copies of lib/ over one addon', () => {
  const copies = [newCopy(), newCopy(), newCopy()];

  for (const [i, copy] of copies.entries()) {
    describe(`in copy ${i + 1} of ${copies.length}`, () => {
      const events = [];
      /** Only the pools of the one copy that all tests have are ended for them. */
      const withPool = async (/** @type {(pool: any) => Promise<void>} */ use) => {
        const pool = copy.createPool(options({ logger: (event) => events.push(event) }));
        await use(pool).finally(() => pool.end({ drainTimeoutMs: 0 }));
      };

      it('errors are of its own classes', () =>
        withPool(async (pool) => {
          const tx = await pool.begin();
          const read = { parsers: { int4: () => assert.fail('mine') } };
          for (const [error, name] of [
            [await errorOf(pool.query('select 1/0')), 'ServerError'],
            [await errorOf(pool.query('select $1::int', [Symbol('x')])), 'ParameterError'],
            [await errorOf(pool.query('select 1', [], { mode: 'odd' })), 'ConfigurationError'],
            [await errorOf(pool.query('select 1', [], read)), 'ResultError'],
            [await errorOf(pool.batch(['select 1/0'])), 'ServerError'],
            [await errorOf(tx.query('select 1/0')), 'ServerError'],
            [(await errorOf(tx.query('select 1'))).cause, 'ServerError'],
            [await errorOf(tx.commit()), 'ServerError'],
            [await errorOf(tx.commit()), 'TransactionClosedError'],
          ]) {
            assert.ok(error instanceof copy[name], `${name}: ${error}`);
            for (const other of copies) assert.equal(error instanceof other[name], other === copy);
          }
          assert.ok(events.some(({ error }) => error instanceof copy.ServerError));
        }));

      it('pieces of SQL of each copy are pieces', () =>
        withPool(async (pool) => {
          for (const { sql } of copies) {
            const piece = copy.sql`${sql`${1}::int`} + ${sql.join([sql`${2}::int`])}`;
            assert.deepEqual(await pool.query(sql`select ${piece} as x`), [{ x: 3 }]);
            assert.deepEqual((await pool.batch([sql`select ${5}::int as x`]))[0], [{ x: 5 }]);
          }
        }));

      it('a serialization failure is run again, parsers are those of the call, and the logger knows the host', () =>
        withPool(async (pool) => {
          let runs = 0;
          const raise = "do $$ begin raise exception 'again' using errcode = '40001'; end $$";
          await pool.transaction(async (tx) => void (++runs < 3 && (await tx.query(raise))));
          assert.equal(runs, 3);
          const parsers = { int4: (text) => `${i}:${text}` };
          assert.deepEqual(await pool.query('select 7 as x', [], { parsers }), [{ x: `${i}:7` }]);
          assert.equal(events.at(-1).host, pool.topology().primary);
        }));
    });
  }
});
