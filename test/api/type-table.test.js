'use strict';

/* The table of types in the README, row by row, against a server. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { newPool } = require('../support/cluster.js');

const readme = fs.readFileSync(path.join(__dirname, '../../README.md'), 'utf8');
const table = readme.split('<!-- types:begin -->')[1].split('<!-- types:end -->')[0];
const rows = table
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| PostgreSQL'))
  .map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim())); // prettier-ignore

const isString = (value) => typeof value === 'string';
/** Checks for the second column, by the first words of its cell. */
const results = {
  boolean: (value) => typeof value === 'boolean',
  number: (value) => typeof value === 'number',
  bigint: (value) => typeof value === 'bigint',
  string: isString,
  Buffer: (value) => Buffer.isBuffer(value),
  'parsed value': (value) => value !== null && typeof value === 'object',
  'ISO 8601 string': isString,
  null: (value) => value === null,
};

/** SQL type and an example, by the name in the table; a list if the name stands for several types. */
const examples = {
  bool: ['bool', 't'],
  int2: ['int2', '7'],
  int4: ['int4', '7'],
  oid: ['oid', '7'],
  int8: ['int8', '9007199254740993'],
  float4: ['float4', '1.5', 'NaN', 'Infinity'],
  float8: ['float8', '1.5', 'NaN', '-Infinity'],
  numeric: ['numeric', '1.50', 'NaN', '123456789012345678901234567890.5'],
  text: ['text', 'a'],
  varchar: ['varchar', 'a'],
  bpchar: ['bpchar', 'a'],
  name: ['name', 'a'],
  '"char"': ['"char"', 'a'],
  citext: ['citext', 'a'],
  enum: ['table_mood', 'happy'],
  xml: ['xml', '<a/>'],
  unknown: ['unknown', 'a'],
  uuid: ['uuid', '00000000-0000-4000-8000-000000000000'],
  bytea: ['bytea', '\\x00ff'],
  json: ['json', '{"a":[1]}'],
  jsonb: ['jsonb', '{"a": [1]}'],
  timestamptz: ['timestamptz', '2026-06-05 12:00:00+00'],
  timestamp: ['timestamp', '2026-06-05 12:00:00'],
  date: ['date', '2026-06-05'],
  time: ['time', '13:14:15'],
  timetz: ['timetz', '13:14:15+02'],
  interval: ['interval', '1 day'],
  inet: ['inet', '1.2.3.4'],
  cidr: ['cidr', '10.0.0.0/8'],
  macaddr: ['macaddr', '08:00:2b:01:02:03'],
  money: ['money', '$1.50'],
  bit: ['bit(3)', '101'],
  tsvector: ['tsvector', "'a':1"],
  'point…': ['point', '(1,2)'],
  ranges: ['int4range', '[1,5)'],
  hstore: ['hstore', '"a"=>"1"'],
  composites: ['table_pair', '(1,a)'],
  'any extension type': ['pg_lsn', '0/0'],
};
const notHere = new Set(['PostGIS']); // not part of every server
const exact = {
  timestamptz: '2026-06-05T12:00:00+00:00',
  timestamp: '2026-06-05T12:00:00',
  date: '2026-06-05',
  time: '13:14:15',
};

/** Values of a kind of parameter, for a type. */
const accepted = {
  boolean: () => [true, false],
  number: () => [7],
  'safe-integer number': () => [Number.MAX_SAFE_INTEGER],
  bigint: () => [7n],
  'numeric string': () => ['7'],
  string: ([type, example]) => [/^json/.test(type) ? '"text"' : example],
  Buffer: () => [Buffer.from([0, 255])],
  'any ArrayBuffer view': () => [new Uint8Array([1]), new DataView(new ArrayBuffer(2)), new Float64Array(1)],
  object: () => [{ a: { b: null } }],
  array: () => [[1, 'a', null]],
  Date: () => [new Date(0)],
};

describe('the table of types in the README', () => {
  let pool;
  const missing = new Set();
  before(async () => {
    const own = newPool({ user: 'postgres' });
    await own.query('drop type if exists table_mood, table_pair cascade');
    await own.query(`create type table_mood as enum ('happy')`);
    await own.query('create type table_pair as (a int, b text)');
    for (const name of ['citext', 'hstore']) {
      await own.query(`create extension if not exists ${name}`).catch(() => missing.add(name));
    }
    await own.query(`select '<a/>'::xml`).catch(() => missing.add('xml'));
    await own.end();
  });
  beforeEach(() => {
    pool = newPool();
  });

  it('has rows', () => assert.ok(rows.length >= 14));

  for (const [types, result, parameters] of rows) {
    if (types.startsWith('T[]') || types === 'NULL' || types === 'void') continue;
    const shown = Object.keys(results).find((name) => new RegExp(`^${name}(?![\\w-])`).test(result));
    for (const name of types.split(', ').filter((type) => !notHere.has(type))) {
      it(`${name}: ${shown}, from ${parameters}`, async function () {
        if (missing.has(name)) this.skip(`the server does not have the type ${name}`);
        assert.ok(shown, result);
        assert.ok(examples[name], `an example for ${name}`);
        const [type, ...texts] = examples[name];
        for (const text of texts) {
          const literal = `'${text.replaceAll("'", "''")}'`;
          const sql = name === 'unknown' ? `select ${literal} as v` : `select ${literal}::${type} as v`;
          const [{ v }] = await pool.query(sql);
          assert.ok(results[shown](v), `${text} → ${typeof v}`);
          if (exact[name]) assert.equal(v, exact[name]);
          if (/exactly as the server/.test(result)) assert.equal(v, text);
        }
        for (const kind of parameters.split(', ')) {
          assert.ok(accepted[kind], `values of the kind "${kind}"`);
          for (const value of accepted[kind](examples[name])) {
            const cast = name === 'unknown' ? 'text' : type;
            const [row] = await pool.query(`select $1::${cast} as v`, [value]);
            assert.ok(name.startsWith('json') || results[shown](row.v), kind);
          }
        }
      });
    }
  }

  it('void, NULL and arrays', async () => {
    const named = rows.map(([type, shown]) => `${type}: ${shown}`);
    assert.ok(named.includes('void: null') && named.includes('NULL: null'));
    assert.ok(named.some((text) => /^T\[\] .*: nested arrays$/.test(text)));
    assert.deepEqual(
      await pool.query('select pg_sleep(0) as a, $1::int4 as b, $2::int4 as c', [null, undefined]),
      [{ a: null, b: null, c: null }],
    );
    for (const [name, [type, text]] of Object.entries(examples)) {
      if (missing.has(name) || name === 'unknown') continue;
      const [{ list, one }] = await pool.query(
        `select array[array[x, null], array[null, x]] as list, x as one from (select $1::text::${type} as x) s`,
        [text],
      );
      assert.deepEqual(list, [
        [one, null],
        [null, one],
      ]);
    }
    const [asked] = await pool.query('select $1::int4[] as a, $2::jsonb as b, $3::text[] as c', [
      [[1], [null]],
      [1, [2]],
      ['{', null],
    ]);
    assert.deepEqual(asked, { a: [[1], [null]], b: [1, [2]], c: ['{', null] });
  });
});
