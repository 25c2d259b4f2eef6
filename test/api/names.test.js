'use strict';

/* Column names, json of any shape, and the shape of rows: what a database may call its things must not matter. */

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const path = require('node:path');
const { newPool, options } = require('../support/cluster.js');

const names = [
  '__proto__',
  'constructor',
  'a"b',
  'a\nb',
  '\u2028\u2029',
  "'",
  '`${x}',
  '\\',
  'toString',
  '0',
  '😀',
  ' ',
];
const quoted = (name) => `"${name.replaceAll('"', '""')}"`;

describe('names and shapes', () => {
  it('any column name is a property of its own', async () => {
    const pool = newPool();
    const list = names.map((name, i) => `${i} as ${quoted(name)}`).join(', ');
    for (const rows of [1, 12, 200]) {
      for (const more of ['', ', null::inet as text_form']) {
        const result = await pool.query(`select ${list}${more} from generate_series(1, ${rows})`);
        assert.equal(result.length, rows);
        for (const row of result) {
          assert.equal(Object.getPrototypeOf(row), Object.prototype);
          for (const [i, name] of names.entries()) {
            assert.ok(Object.hasOwn(row, name), name);
            assert.equal(Object.getOwnPropertyDescriptor(row, name).value, i);
          }
        }
      }
    }
    assert.equal({}.polluted, undefined);
  });

  it('an empty name is what the server makes of none', async () => {
    const pool = newPool();
    assert.deepEqual(await pool.query('select 1, 2 as b'), [{ '?column?': 1, b: 2 }]);
    await assert.rejects(pool.query('select 1 as ""'), { name: 'ServerError', code: '42601' });
  });

  it('of columns with one name the last wins, in its place; as arrays all are there', async () => {
    const pool = newPool();
    const sql = 'select 1 as a, 2 as "__proto__", 3 as a, 4 as "__proto__", 5 as b';
    const [row] = await pool.query(sql);
    assert.deepEqual(Object.entries(row), [
      ['a', 3],
      ['__proto__', 4],
      ['b', 5],
    ]);
    assert.deepEqual(await pool.query(sql, [], { rowMode: 'array' }), [[1, 2, 3, 4, 5]]);
  });

  it('json keys are properties of their own', async () => {
    const pool = newPool();
    const json =
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}},"":[{"__proto__":null}]}';
    for (const type of ['json', 'jsonb']) {
      for (const more of ['', ', null::inet as x']) {
        const [{ v }] = await pool.query(`select $1::${type} as v${more}`, [json]);
        assert.deepEqual(v, JSON.parse(json));
        assert.ok(Object.hasOwn(v, '__proto__'));
        assert.equal({}.polluted, undefined);
        assert.equal(Object.getPrototypeOf(v), Object.prototype);
      }
    }
  });

  it('json of 100,000 levels is a value or an error, and the pool goes on', async function () {
    this.timeout(20_000);
    const pool = newPool();
    const deep = `repeat('[', 100000) || repeat(']', 100000)`;
    // The server's own parser may refuse that many.
    const outcome = await pool.query(`select (${deep})::json as v`).then(
      ([{ v }]) => Array.isArray(v),
      (error) => ['ServerError', 'ResultError'].includes(error.name),
    );
    assert.equal(outcome, true);
    const own = newPool({ parsers: { text: JSON.parse } });
    await own.query(`select ${deep} as v`).then(
      ([{ v }]) => assert.ok(Array.isArray(v)),
      (error) => assert.equal(error.name, 'ResultError'),
    );
    let value = [];
    for (let i = 0; i < 100_000; i++) value = { value };
    await assert.rejects(pool.query('select $1::json', [value]));
    assert.deepEqual(await pool.query('select 1 as a'), [{ a: 1 }]);
  });

  it('all rows of a result share one hidden class, and so do two runs', () => {
    const script = `
      const { createPool } = require(${JSON.stringify(path.join(__dirname, '../..'))});
      const pool = createPool(${JSON.stringify(options())});
      (async () => {
        for (const columns of ['i', "i, 'x' as b, null::text as c, 1.5 as d", 'i as "__proto__", 2 as "a b"', 'i, null::inet as e']) {
          const sql = 'select ' + columns + ' from generate_series(1, 137) i';
          const [first, ...rest] = [...(await pool.query(sql)), ...(await pool.query(sql))];
          if (!rest.every((row) => %HaveSameMap(row, first))) throw new Error(columns);
          if (!%HasFastProperties(first)) throw new Error('slow: ' + columns);
        }
        await pool.end();
        console.log('same');
      })();`;
    const flags = ['--allow-natives-syntax', '-e', script];
    assert.equal(execFileSync(process.execPath, flags, { encoding: 'utf8', timeout: 20_000 }), 'same\n');
  });
});
