'use strict';

const assert = require('node:assert/strict');
const { newPool } = require('../support/cluster.js');

describe('pool.query', () => {
  let pool;
  beforeEach(() => {
    pool = newPool();
  });

  describe('its result', () => {
    it('is an array of plain objects by column name, and equal to one', async () => {
      const rows = await pool.query('select 1 as id, $1::text as name union all select 2, null order by 1', [
        'a',
      ]);
      assert.deepEqual(rows, [
        { id: 1, name: 'a' },
        { id: 2, name: null },
      ]);
      assert.ok(Array.isArray(rows));
      assert.equal(Object.getPrototypeOf(rows[0]), Object.prototype);
    });

    it('carries rowCount, command and fields, which are not enumerable', async () => {
      const rows = await pool.query('select 1 as id, $1::varchar(7) as name', ['a']);
      assert.deepEqual(Object.keys(rows), ['0']);
      assert.equal(rows.rowCount, 1);
      assert.equal(rows.command, 'SELECT');
      assert.deepEqual(rows.fields, [
        { name: 'id', typeOid: 23, typeName: 'int4', typeModifier: -1, tableOid: 0, columnNumber: 0 },
        { name: 'name', typeOid: 1043, typeName: 'varchar', typeModifier: 11, tableOid: 0, columnNumber: 0 },
      ]);
    });

    it('tells how many rows a write changed', async () => {
      await pool.query('drop table if exists api_query');
      const created = await pool.query('create table api_query (id int primary key, note text)');
      assert.deepEqual(
        { rows: [...created], count: created.rowCount, command: created.command, fields: created.fields },
        { rows: [], count: null, command: 'CREATE TABLE', fields: [] },
      );
      const inserted = await pool.query('insert into api_query select x, $1 from generate_series(1, 5) x', [
        'n',
      ]);
      assert.deepEqual([inserted.rowCount, inserted.command, inserted.length], [5, 'INSERT', 0]);
      const updated = await pool.query('update api_query set note = null where id > $1 returning id', [3]);
      assert.deepEqual(updated, [{ id: 4 }, { id: 5 }]);
      assert.deepEqual([updated.rowCount, updated.command], [2, 'UPDATE']);
      assert.equal((await pool.query('delete from api_query where id = 99')).rowCount, 0);
      const [field] = (await pool.query('select note from api_query')).fields;
      assert.ok(field.tableOid > 0);
      assert.equal(field.columnNumber, 2);
    });

    it('may be empty', async () => {
      const rows = await pool.query('select 1 as id where false');
      assert.deepEqual(rows, []);
      assert.equal(rows.rowCount, 0);
      assert.equal(rows.fields[0].name, 'id');
      assert.deepEqual(await pool.query('select'), [{}]);
      const nothing = await pool.query('');
      assert.deepEqual([...nothing], []);
    });

    it('keeps any column name harmless', async () => {
      const [row] = await pool.query(
        `select 1 as "__proto__", 2 as "a""b", 3 as "constructor", 4 as "x'];f()//"`,
      );
      assert.deepEqual(Object.entries(row), [
        ['__proto__', 1],
        ['a"b', 2],
        ['constructor', 3],
        [`x'];f()//`, 4],
      ]);
      assert.equal(Object.getPrototypeOf(row), Object.prototype);
    });

    it('of two columns with one name keeps the last; as arrays it keeps both', async () => {
      assert.deepEqual(await pool.query('select 1 as a, 2 as a'), [{ a: 2 }]);
      assert.deepEqual(await pool.query('select 1 as a, 2 as a', [], { rowMode: 'array' }), [[1, 2]]);
    });

    it('has thousands of rows in their order', async () => {
      const rows = await pool.query('select x from generate_series(1, 12345) x order by x');
      assert.equal(rows.length, 12345);
      assert.ok(rows.every(({ x }, i) => x === i + 1));
    });

    it('has up to 1,600 columns', async () => {
      const list = Array.from({ length: 1600 }, (_, i) => `${i} as c${i}`).join(', ');
      const [row] = await pool.query(`select ${list}`);
      assert.equal(Object.keys(row).length, 1600);
      assert.equal(row.c1599, 1599);
    });

    it('shows values by their type, as the table in the README says', async () => {
      const [row] = await pool.query(
        `select true as bool, 1::int2 as int2, 2::int4 as int4, 3::int8 as int8, 1.5::float8 as float8, 1.10::numeric as numeric,
                'x'::text as text, '\\x00ff'::bytea as bytea, '{"a":[1]}'::jsonb as jsonb, '{1,2,null}'::int4[] as list,
                '2026-06-05 14:00:00+02'::timestamptz as at, '2026-06-05'::date as day, '1 day'::interval as interval,
                '1.2.3.4'::inet as inet, '{{a,b},{c,d}}'::text[] as grid`,
      );
      assert.deepEqual(row, {
        bool: true,
        int2: 1,
        int4: 2,
        int8: 3n,
        float8: 1.5,
        numeric: '1.10',
        text: 'x',
        bytea: Buffer.from([0, 255]),
        jsonb: { a: [1] },
        list: [1, 2, null],
        at: '2026-06-05T12:00:00+00:00',
        day: '2026-06-05',
        interval: '1 day',
        inet: '1.2.3.4',
        grid: [
          ['a', 'b'],
          ['c', 'd'],
        ],
      });
    });
  });

  describe('its options', () => {
    const values = `select 9007199254740993::int8 as big, '2026-06-05 12:00:00+00'::timestamptz as at`;

    it('change how values are shown, for a query or for a pool', async () => {
      assert.deepEqual(await pool.query('select 7::int8 as n', [], { int8: 'number' }), [{ n: 7 }]);
      assert.deepEqual(await pool.query(values, [], { int8: 'string', timestamps: 'date' }), [
        { big: '9007199254740993', at: new Date('2026-06-05T12:00:00Z') },
      ]);
      const other = newPool({ int8: 'string', rowMode: 'array', timestamps: 'date' });
      assert.deepEqual(await other.query(values), [['9007199254740993', new Date('2026-06-05T12:00:00Z')]]);
      assert.deepEqual(await other.query('select 1::int8 as n', [], { int8: 'bigint', rowMode: 'object' }), [
        { n: 1n },
      ]);
    });

    it('refuse to round', async () => {
      await assert.rejects(pool.query(values, [], { int8: 'number' }), {
        name: 'ResultError',
        outcome: 'committed',
        message: /big/,
      });
      assert.deepEqual(await pool.query('select 1 as still_alive'), [{ still_alive: 1 }]);
    });

    it('take parsers by type, of the pool and of the query', async () => {
      const other = newPool({ parsers: { numeric: Number, 20: (text) => `#${text}` } });
      const sql = `select 1.5::numeric as n, 7::int8 as big, null::numeric as nothing`;
      assert.deepEqual(await other.query(sql), [{ n: 1.5, big: '#7', nothing: null }]);
      assert.deepEqual(await other.query(sql, [], { parsers: { int8: Number } }), [
        { n: 1.5, big: 7, nothing: null },
      ]);
      await assert.rejects(
        pool.query('select 1.5::numeric as n', [], {
          parsers: {
            numeric: () => {
              throw new Error('mine');
            },
          },
        }),
        (error) =>
          error.name === 'ResultError' && error.outcome === 'committed' && error.cause.message === 'mine',
      );
    });

    it('can leave the statement unprepared', async () => {
      const single = newPool({ poolSize: 1, minIdle: 0 });
      const count = 'select count(*)::int as n from pg_prepared_statements';
      await single.query('select 1 as prepared');
      await single.query('select 2 as not_prepared', [], { prepare: false });
      assert.deepEqual(await single.query(count, [], { prepare: false }), [{ n: 1 }]);
      const plain = newPool({ poolSize: 1, prepare: false });
      await plain.query('select 1 as x where $1::int > 0', [1]);
      assert.deepEqual(await plain.query(count), [{ n: 0 }]);
    });

    it('are those of the typings, not those of the inside', async () => {
      const unknown = (name, struct) => ({
        name: 'ConfigurationError',
        code: 'ERR_UNKNOWN_OPTION',
        message: `\`options.${name}\` is not an option of ${struct}.`,
      });
      for (const name of ['parsersId', 'textTypes', 'isTold', 'onWait', 'onEnd', 'defersBegin']) {
        for (const given of [{ [name]: 1 }, { [name]: undefined }, Object.create({ [name]: 1 })]) {
          await assert.rejects(pool.query('select 1', [], given), unknown(name, 'QueryOptions'));
          await assert.rejects(pool.describe('select 1', given), unknown(name, 'QueryOptions'));
          await assert.rejects(pool.batch(['select 1'], { [name]: 1 }), unknown(name, 'BatchOptions'));
          await assert.rejects(pool.begin(given), unknown(name, 'TransactionOptions'));
          await assert.rejects(
            pool.transaction(() => {}, given),
            unknown(name, 'TransactionOptions'),
          );
        }
      }
      for (const name of ['asksForPassword', 'asksOnConnect', 'parsersId'])
        assert.throws(() => newPool({ [name]: true }), unknown(name, 'PoolOptions'));
    });

    it('choose the node', async function () {
      const sql = 'select pg_is_in_recovery() as standby';
      const hosts = pool.topology().hosts.length;
      assert.deepEqual(await pool.query(sql), [{ standby: false }]);
      if (hosts > 1) {
        assert.deepEqual(await pool.query(sql, [], { mode: 'read-only' }), [{ standby: true }]);
        assert.deepEqual(await pool.query(sql, [], { mode: 'prefer-standby' }), [{ standby: true }]);
      }
      await pool.query(sql, [], { mode: 'any' });
    });

    it('are checked like those of the pool', async () => {
      const about = (message) => ({ name: 'ConfigurationError', outcome: 'not-sent', message });
      await assert.rejects(pool.query('select 1', [], { timeout: 5 }), about(/did you mean `timeoutMs`/));
      await assert.rejects(pool.query('select 1', [], { mode: 'write' }), about(/mode/));
      await assert.rejects(pool.query('select 1', [], { timeoutMs: -1 }), about(/timeoutMs/));
      await assert.rejects(pool.query('select 1', [], { rowMode: 'tuple' }), about(/rowMode/));
      await assert.rejects(pool.query('select 1', [], 5), about(/options/));
      await assert.rejects(pool.query('select 1', [], { signal: {} }), {
        name: 'ConfigurationError',
        message: /signal/,
      });
    });
  });

  describe('its parameters', () => {
    it('come back as they were', async () => {
      const date = new Date('2026-06-05T12:00:00.123Z');
      const [row] = await pool.query(
        `select $1::int4 as a, $2::int8 as b, $3::text as c, $4::bool as d, $5::bytea as e, $6::jsonb as f, $7::timestamptz as g,
                $8::int4[] as h, $9::numeric as i, $10::text as j, $11::text as k, $12::jsonb as l, $13::float8 as m`,
        [
          1,
          2n ** 62n,
          'x',
          false,
          Buffer.from([1, 0, 2]),
          { a: [null, 'é'] },
          date,
          [1, null, 3],
          '1.50',
          null,
          undefined,
          [1, 'a'],
          -0.5,
        ],
      );
      assert.deepEqual(row, {
        a: 1,
        b: 2n ** 62n,
        c: 'x',
        d: false,
        e: Buffer.from([1, 0, 2]),
        f: { a: [null, 'é'] },
        g: '2026-06-05T12:00:00.123+00:00',
        h: [1, null, 3],
        i: '1.50',
        j: null,
        k: null,
        l: [1, 'a'],
        m: -0.5,
      });
    });

    it('that do not fit are refused before anything is sent, by position and type', async () => {
      const circular = {};
      circular.self = circular;
      for (const [type, value, reason] of [
        ['int4', 1.5, /\$1.*int4/],
        ['int4', 2 ** 31, /\$1.*int4/],
        ['int8', 2n ** 63n, /\$1.*int8/],
        ['int8', 2 ** 60, /\$1.*int8/],
        ['bool', 1, /\$1.*bool/],
        ['timestamptz', new Date(NaN), /\$1.*timestamptz/],
        ['jsonb', circular, /\$1.*contains itself/],
        ['jsonb', { a: 1n }, /\$1.*bigint/],
        ['text', Symbol('x'), /\$1/],
        ['text', () => {}, /\$1/],
        ['int4[]', [[1], [2, 3]], /\$1/],
      ]) {
        await assert.rejects(
          pool.query(`select $1::${type} as x`, [value]),
          (error) => {
            assert.ok(error instanceof TypeError);
            assert.equal(error.name, 'ParameterError');
            assert.equal(error.code, 'ERR_INVALID_ARG_VALUE');
            assert.equal(error.outcome, 'not-sent');
            assert.match(error.message, reason);
            return true;
          },
          `${type} ${String(value?.constructor?.name)}`,
        );
      }
      assert.equal(pool.status().inUse, 0);
    });

    it('that hold nothing for JSON are refused, with the way to go', async () => {
      for (const [value, way] of [
        [new Map([[1, 2]]), /is a Map.*Object\.fromEntries/],
        [new Set([1]), /is a Set.*\[\.\.\.set\]/],
        [new SharedArrayBuffer(2), /is a SharedArrayBuffer.*new Uint8Array\(buffer\)/],
        [/x/, /is a RegExp/],
        [new Error('x'), /is an Error.*message/],
        [new Set([1]).values(), /is an iterator/],
        [new WeakMap(), /is weak/],
      ]) {
        for (const params of [[value], [[value]]])
          await assert.rejects(pool.query('select $1::jsonb', params), {
            name: 'ParameterError',
            message: way,
            outcome: 'not-sent',
          });
      }
      const told = Object.assign(new Error('x'), { code: 7 });
      const own = Object.assign(new Map(), { toJSON: () => ({}) });
      const sql = 'select $1::jsonb as a, $2::jsonb as b, $3::bytea as c, $4::jsonb as d';
      const shared = new Uint8Array(new SharedArrayBuffer(2));
      const [row] = await pool.query(sql, [told, own, shared, {}]);
      assert.deepEqual(row, { a: { code: 7 }, b: {}, c: Buffer.alloc(2), d: {} });
    });

    it('must be as many as the statement has', async () => {
      const rejected = (promise) => assert.rejects(promise, { outcome: /not-sent|not-executed|rolled-back/ });
      await rejected(pool.query('select $1::int4 + $2::int4 as x', [1]));
      await rejected(pool.query('select $1::int4 as x', [1, 2]));
      await rejected(pool.query('select $1::int4 as x'));
    });

    it('must be a list', async () => {
      for (const wrong of [5, 'x', { 0: 'x' }, true])
        await assert.rejects(pool.query('select $1', wrong), {
          name: 'ConfigurationError',
          message: /params/,
        });
      assert.deepEqual(await pool.query('select 1 as x', null), [{ x: 1 }]);
      assert.deepEqual(await pool.query('select 1 as x', undefined, undefined), [{ x: 1 }]);
    });

    it('stay what they were when the call was made', async () => {
      const bytes = Buffer.from('before');
      const params = [bytes, 'a'];
      const answer = pool.query('select $1::bytea as x, $2::text as y', params);
      bytes.fill('?');
      params[1] = 'b';
      assert.deepEqual(await answer, [{ x: Buffer.from('before'), y: 'a' }]);
    });
  });

  it('takes a text and nothing else', async () => {
    for (const wrong of [undefined, null, 5, {}, Buffer.from('select 1')])
      await assert.rejects(pool.query(wrong), { name: 'ConfigurationError', message: /sql/ });
    await assert.rejects(pool.query('select 1\0'), { outcome: 'not-sent' });
  });

  it('says how that is written here which other clients write differently', async () => {
    for (const [call, message] of [
      [() => pool.query({ sql: 'select 1' }), /`sql` must be a string, as in query\(sql, params, options\)/],
      [() => pool.query({ text: 'select 1', name: 'x' }), /prepared by themselves/],
      [
        () => pool.query({ text: 'select 1', rowMode: 'array' }),
        /query\(statement, \{ rowMode: 'array' \}\)/,
      ],
      [() => pool.query('select 1', () => {}), /`params` must be an array; there are no callbacks/],
      [() => pool.query('select 1', [], () => {}), /`options` must be an object; there are no callbacks/],
      [() => pool.query('select 1', [], { values: [1] }), /second argument/],
      [async () => pool.connect(), /pool\.transaction\(work\)/],
      [async () => pool.listen('x'), /LISTEN/],
    ])
      await assert.rejects(call, { name: 'ConfigurationError', outcome: 'not-sent', message });
    assert.throws(
      () => pool.unsafe('select 1'),
      ({ stack }) => /^\s+at .*query\.test\.js/m.test(stack.split('\n')[1]),
    );
    for (const [sql, value, message] of [
      ['select 1 where 1 in ($1)', [1, 2], /`= any \(\$1\)`/],
      ['select $1::timestamptz', { $d: 1 }, /a Date or an ISO 8601 string.*dayjs/],
    ])
      await assert.rejects(pool.query(sql, [value]), {
        name: 'ParameterError',
        outcome: 'not-sent',
        message,
      });
  });

  it('runs one statement, not several', async () => {
    await assert.rejects(pool.query('select 1; select 2'), { name: 'ServerError', code: '42601' });
  });

  it('begins no transaction for the next caller', async () => {
    const single = newPool({ poolSize: 1, minIdle: 0 });
    await assert.rejects(single.query('begin'), {
      name: 'ConfigurationError',
      outcome: 'not-sent',
      message: /pool\.transaction\(work\), or pool\.begin\(\)/,
    });
    const [{ id }] = await single.query(
      'select pg_current_xact_id_if_assigned()::text as id, now() as a, clock_timestamp() as b',
    );
    assert.equal(id, null);
    await single.query('drop table if exists api_left');
    await single.query('create table api_left (x int)');
    const [{ there }] = await newPool().query("select to_regclass('api_left') is not null as there");
    assert.equal(there, true, 'what a pool acknowledges is committed');
  });

  it('runs a thousand at a time', async () => {
    const rows = await Promise.all(
      Array.from({ length: 1000 }, (_, i) => pool.query('select $1::int as i', [i])),
    );
    assert.ok(rows.every(([row], i) => row.i === i));
  });
});
