'use strict';

const assert = require('node:assert/strict');
const { createPool, ParameterError, ServerError } = require('../..');
const { newPool, options } = require('../support/cluster.js');

class Money {
  constructor(cents) {
    this.cents = cents;
  }
  toString() {
    return (this.cents / 100).toFixed(2);
  }
}
const money = (value) => (value instanceof Money ? String(value) : value);
const point = ({ x, y }) => `(${x},${y})`;

describe('serializers', () => {
  it('of a pool, by type name or by OID', async () => {
    const pool = newPool({ serializers: { numeric: money, 600: point } });
    const rows = await pool.query(
      'select $1::numeric as a, $2::point as b, $3::numeric as c, $4::text as d',
      [new Money(1250), { x: 1, y: 2 }, 7n, 'as it is'],
    );
    assert.deepEqual(rows, [{ a: '12.50', b: '(1,2)', c: '7', d: 'as it is' }]);
    const again = await pool.query(
      'select $1::numeric as a, $2::point as b, $3::numeric as c, $4::text as d',
      [new Money(1), { x: 0, y: 0 }, null, undefined],
    );
    assert.deepEqual(again, [{ a: '0.01', b: '(0,0)', c: null, d: null }]);
  });

  it('of a query come before those of the pool', async () => {
    const pool = newPool({ serializers: { text: () => 'pool', numeric: money } });
    const sql = 'select $1::text as a, $2::numeric as b';
    const params = ['x', new Money(5)];
    assert.deepEqual(await pool.query(sql, params, { serializers: { 25: () => 'query' } }), [
      { a: 'query', b: '0.05' },
    ]);
    assert.deepEqual(await pool.query(sql, params), [{ a: 'pool', b: '0.05' }]);
    assert.deepEqual(await pool.query(sql, params, { serializers: {} }), [{ a: 'pool', b: '0.05' }]);
    const plain = newPool();
    assert.deepEqual(await plain.query(sql, params, { serializers: { numeric: money } }), [
      { a: 'x', b: '0.05' },
    ]);
    await assert.rejects(plain.query(sql, params), { name: 'ParameterError', message: /\$2.*numeric/ });
  });

  it('get the value of the caller, and never null or undefined', async () => {
    const seen = [];
    const pool = newPool({ serializers: { json: (value) => (seen.push(value), JSON.stringify([value])) } });
    const value = new Map();
    const rows = await pool.query('select $1::json as a, $2::json as b, $3::json as c', [
      value,
      null,
      undefined,
    ]);
    assert.deepEqual(rows, [{ a: [{}], b: null, c: null }]);
    assert.equal(seen.length, 1);
    assert.equal(seen[0], value);
  });

  it('may return null, and anything that fits the type', async () => {
    const pool = newPool({ serializers: { int4: (value) => (value === '' ? null : Number(value) * 2) } });
    assert.deepEqual(await pool.query('select $1::int4 as a, $2::int4 as b', ['', '21']), [
      { a: null, b: 42 },
    ]);
    await assert.rejects(pool.query('select $1::int4', ['x']), {
      name: 'ParameterError',
      message: /\$1.*int4.*NaN/,
      outcome: 'not-sent',
    });
  });

  it('for arrays are those of the array type, and get the whole array', async () => {
    const pool = newPool({
      serializers: {
        numeric: money,
        _numeric: (list) => list.map(money),
        int4range: ([a, b]) => `[${a},${b})`,
      },
    });
    const rows = await pool.query('select $1::numeric[] as a, $2::int4range as b', [
      [new Money(1), null, new Money(200)],
      [1, 5],
    ]);
    assert.deepEqual(rows, [{ a: ['0.01', null, '2.00'], b: '[1,5)' }]);
    await assert.rejects(
      pool.query('select $1::numeric[] as a', [[new Money(1)]], {
        serializers: { _numeric: (list) => list },
      }),
      { name: 'ParameterError', message: /\$1.*numeric/ },
    );
  });

  it('of a type serve its domains, unless they have their own; enums and composites go by name', async () => {
    const pool = newPool({
      serializers: {
        numeric: money,
        serializers_mood: (mood) => mood.description,
        serializers_inner: () => '1',
        serializers_pair: ({ a, b }) => `(${a},${b})`,
      },
    });
    await pool.query('drop type if exists serializers_mood, serializers_pair cascade');
    await pool.query('drop domain if exists serializers_price, serializers_inner cascade');
    await pool.query(`create type serializers_mood as enum ('happy', 'sad')`);
    await pool.query('create type serializers_pair as (a int, b text)');
    await pool.query('create domain serializers_price as numeric check (value > 0)');
    await pool.query('create domain serializers_inner as numeric');
    await pool.query('create domain serializers_moods as serializers_mood');
    const rows = await pool.query(
      `select $1::serializers_price as a, $2::serializers_inner as b, $3::serializers_mood as c,
              $4::serializers_moods as d, $5::serializers_pair as e`,
      [new Money(99), new Money(99), Symbol('sad'), Symbol('happy'), { a: 1, b: 'x' }],
    );
    assert.deepEqual(rows, [{ a: '0.99', b: '1', c: 'sad', d: 'happy', e: '(1,x)' }]);
    const { params } = await pool.describe('select $1::serializers_price, $2::serializers_moods, $3::int4');
    assert.deepEqual(
      params.map(({ typeName, baseTypeName, baseTypeOid }) => [typeName, baseTypeName, baseTypeOid > 0]),
      [
        ['serializers_price', 'numeric', true],
        ['serializers_moods', 'serializers_mood', true],
        ['int4', 'int4', true],
      ],
    );
    assert.equal(params[0].baseTypeOid, 1700);
  });

  it('that throw refuse the parameter by its position, with the cause', async () => {
    const pool = newPool({ serializers: { numeric: money } });
    const cause = new RangeError('not today');
    const before = pool.status().inUse;
    const refused = pool.query('select $1::text, $2::point', ['x', {}], {
      serializers: {
        point() {
          throw cause;
        },
      },
    });
    await assert.rejects(refused, (error) => {
      assert.ok(error instanceof ParameterError && error instanceof TypeError);
      assert.equal(error.message, 'Parameter $2 was refused by the serializer of point.');
      assert.equal(error.cause, cause);
      assert.equal(error.code, 'ERR_INVALID_ARG_VALUE');
      assert.equal(error.outcome, 'not-sent');
      assert.match(error.stack, /serializers\.test\.js/);
      return true;
    });
    assert.equal(pool.status().inUse, before);
  });

  it('work in transactions, with a pool of one session and with what the transaction has created', async () => {
    const pool = newPool({
      poolSize: 1,
      minIdle: 0,
      acquireTimeoutMs: 3000,
      serializers: { numeric: money },
    });
    const rows = await pool.transaction(async (tx) => {
      await tx.query('create temporary table serializers_tx (price numeric) on commit drop');
      await tx.query('insert into serializers_tx values ($1)', [new Money(301)]);
      await tx.savepoint(() => tx.query('insert into serializers_tx values ($1)', [new Money(302)]));
      await assert.rejects(
        tx.savepoint(() => tx.query('insert into serializers_none values ($1)', [new Money(303)])),
        (error) => error instanceof ServerError && error.code === '42P01',
      );
      const list = { serializers: { _numeric: (all) => all.map(money) } };
      return tx.query(
        'select price from serializers_tx where price = any($1) order by 1',
        [[new Money(301), new Money(302)]],
        list,
      );
    });
    assert.deepEqual(rows, [{ price: '3.01' }, { price: '3.02' }]);
  });

  it('are used by every way to send a value', async () => {
    const pool = newPool({ serializers: { text: (text) => `sealed:${text}` } });
    await pool.query('drop table if exists serializers_ways');
    await pool.query('create table serializers_ways (v text)');
    const sql = 'insert into serializers_ways values ($1)';
    const batch = [
      { sql, params: ['batch'] },
      'select 1',
      { sql, params: [null] },
      { sql, params: ['more'] },
    ];
    await pool.query(sql, ['query']);
    await pool.batch(batch);
    await pool.batch(batch, { timeoutMs: 5000, signal: new AbortController().signal });
    await pool.batch(batch, { atomic: false });
    await pool.insert('serializers_ways', [{ v: 'insert' }]);
    await pool.transaction(async (tx) => {
      await tx.query(sql, ['tx']);
      await tx.insert('serializers_ways', { v: 'tx insert' });
      await tx.savepoint((inner) => inner.query(sql, ['savepoint']));
    });
    const odd = "select v from serializers_ways where v not like 'sealed:%'";
    assert.deepEqual(await pool.query(odd), []);
    const [{ n }] = await pool.query('select count(v)::int as n from serializers_ways');
    assert.equal(n, 11);
    await pool.query('drop table serializers_ways');
  });

  it('may not make NULL of the key of an idempotent insert', async () => {
    const pool = newPool({ serializers: { text: (text) => (text === 'gone' ? null : text) } });
    await pool.query('drop table if exists serializers_key');
    await pool.query('create table serializers_key (id text unique, v text)');
    const once = { idempotency: true, conflictTarget: 'id' };
    const own = (form) => ({ toPostgres: () => form });
    const rows = [{ id: 'kept' }, { id: own(own('mine')), v: 'gone' }];
    for (let i = 0; i < 2; i++) await pool.insert('serializers_key', rows, once);
    for (const id of ['gone', own(null), own(own(undefined)), { toJSON: () => undefined }]) {
      await assert.rejects(pool.insert('serializers_key', [{ id: 'other' }, { id }], once), {
        name: 'ParameterError',
        message: 'Parameter $2 is a key of an idempotent insert, and becomes NULL.',
        outcome: 'not-sent',
      });
    }
    const stored = await pool.query('select * from serializers_key order by id');
    assert.deepEqual(stored, [
      { id: 'kept', v: null },
      { id: 'mine', v: null },
    ]);
    await pool.query('drop table serializers_key');
  });

  it('leave errors of the statement and of the call as they are', async () => {
    const pool = newPool({ serializers: { numeric: money } });
    await assert.rejects(pool.query('select $1 from from', [1]), { name: 'ServerError', code: '42601' });
    await assert.rejects(pool.query('select $1::int4', [1, 2]), { name: 'ParameterError' });
    await assert.rejects(pool.query('select $1::int4', 'no list'), TypeError);
    await assert.rejects(pool.query('select 1', [], 5), TypeError);
    await assert.rejects(pool.query('select 1', [], { nothing: 1 }), TypeError);
    const reason = new Error('enough');
    await assert.rejects(
      pool.query('select $1::numeric', [new Money(1)], { signal: AbortSignal.abort(reason) }),
      { name: 'AbortError', cause: reason },
    );
  });

  it('share the deadline of the call with the statement', async () => {
    const pool = newPool({ serializers: { float8: (value) => value / 1000 } });
    await assert.rejects(pool.query('select pg_sleep($1)', [5000], { timeoutMs: 300 }), {
      name: 'TimeoutError',
    });
    await assert.rejects(pool.query('select pg_sleep($1)', [5000], { signal: AbortSignal.timeout(300) }), {
      name: 'AbortError',
    });
  });

  it('work without prepared statements, and together with parsers', async () => {
    const pool = newPool({
      prepare: false,
      serializers: { numeric: money },
      parsers: { numeric: (text) => new Money(Math.round(Number(text) * 100)) },
    });
    for (let i = 0; i < 3; i++) {
      assert.deepEqual(await pool.query('select $1::numeric as a', [new Money(i)]), [{ a: new Money(i) }]);
    }
  });

  it('keep what was passed when the call was made', async () => {
    const pool = newPool({ serializers: { numeric: money } });
    const params = [new Money(1), 'a'];
    const asked = pool.query('select $1::numeric as a, $2::text as b', params);
    params[0] = null;
    params[1] = 'b';
    assert.deepEqual(await asked, [{ a: '0.01', b: 'a' }]);
  });

  it('must be functions by type', async () => {
    assert.throws(() => createPool(options({ serializers: { numeric: 'x' } })), {
      name: 'ConfigurationError',
      message: /`options\.serializers\.numeric` must be a function/,
    });
    assert.throws(() => createPool(options({ serializers: 5 })), TypeError);
    const pool = newPool();
    await assert.rejects(pool.query('select 1', [], { serializers: { numeric: null } }), TypeError);
    await assert.rejects(pool.query('select 1', [], { serializers: 'numeric' }), TypeError);
  });
});

describe('pool.describe', () => {
  it('tells what a statement takes and gives, and runs nothing', async () => {
    const pool = newPool();
    const asked = await pool.describe('select $1::numeric(4,1) as a, $2::text[] as "b c" where $3');
    assert.deepEqual(
      asked.params.map(({ typeOid, typeName, baseTypeOid }) => [typeOid, typeName, baseTypeOid]),
      [
        [1700, 'numeric', 1700],
        [1009, '_text', 1009],
        [16, 'bool', 16],
      ],
    );
    assert.deepEqual(
      asked.fields.map(({ name, typeName, typeModifier }) => [name, typeName, typeModifier]),
      [
        ['a', 'numeric', 262149],
        ['b c', '_text', -1],
      ],
    );
    const sql = 'select 1 / 0 as never';
    assert.deepEqual(await pool.describe(sql), await pool.describe(sql));
    assert.deepEqual(await pool.describe('create table describe_never (x int)'), { params: [], fields: [] });
    assert.deepEqual(await pool.query(`select to_regclass('describe_never') as x`), [{ x: null }]);
  });

  it('fails as query does', async () => {
    const pool = newPool();
    await assert.rejects(pool.describe('select frm where'), (error) => {
      assert.ok(error instanceof ServerError);
      assert.match(error.stack, /serializers\.test\.js/);
      return true;
    });
    await assert.rejects(pool.describe(5), TypeError);
    await assert.rejects(pool.describe('select 1', 5), TypeError);
    await assert.rejects(pool.describe('select 1', { nothing: 1 }), TypeError);
    await assert.rejects(pool.describe('select 1', { signal: AbortSignal.abort() }), { name: 'AbortError' });
    await pool.end();
    await assert.rejects(pool.describe('select 1'), { name: 'PoolClosedError' });
  });
});
