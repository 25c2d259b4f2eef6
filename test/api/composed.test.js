'use strict';

// Composed statements and `{ text, values }` on a real server: every call that takes SQL takes them.

const assert = require('node:assert/strict');
const { sql } = require('../..');
const { newPool } = require('../support/cluster.js');
const { Dice } = require('../support/dice.js');
const { errorOf } = require('../support/error_of.js');

describe('composed statements', () => {
  const names = ['plain', 'Upper', 'a "quoted" one', "it's; --", '$1', 'ünï', 'a.b', 'select'];
  let pool;
  before(async () => {
    const setup = newPool();
    await setup.query('drop schema if exists "Composed ""x""" cascade');
    await setup.query('create schema "Composed ""x"""');
    const columns = sql.join(names.map((name) => sql`${sql.id(name)} text`));
    await setup.query(sql`create table ${sql.id('Composed "x"', 'T')} (id int primary key, ${columns})`);
    await setup.query('drop table if exists composed');
    await setup.query(
      'create table composed (id int primary key, name text, ok bool, doc jsonb, at timestamptz default now())',
    );
    await setup.end();
  });
  beforeEach(async () => {
    pool = newPool({ poolSize: 1, minIdle: 0 });
    await pool.query('truncate composed');
  });

  it('run by the tag, and as an object with text and values', async () => {
    const [no, x] = [false, 3];
    const rows = await pool.query(
      sql`select n from generate_series(1, ${5}) n where n = any(${[2, 4, 5]}) ${no && sql`and n < ${x}`} ${x > 2 && sql`and n > ${x}`}`,
    );
    assert.deepEqual([[...rows], rows.rowCount, rows.command], [[{ n: 4 }, { n: 5 }], 2, 'SELECT']);
    assert.deepEqual(await pool.query({ text: 'select $1::int as x', values: [7] }), [{ x: 7 }]);
    assert.deepEqual(await pool.query({ text: 'select 1 as x' }), [{ x: 1 }]);
    assert.deepEqual(await pool.query({ text: 'select 1 as x', values: undefined }), [{ x: 1 }]);
    assert.deepEqual(await pool.query(Object.assign(Object.create(null), { text: 'select 1 as x' })), [
      { x: 1 },
    ]);
  });

  it('keep the value of each type', async () => {
    const at = new Date(Date.UTC(2026, 5, 5));
    const [row] = await pool.query(
      sql`select ${1}::int as int, ${2n}::int8 as big, ${"'; drop table composed; --"}::text as text, ${null}::text as nothing,
        ${false} = ${false} as bool, ${at}::timestamptz as at, ${Buffer.from([0, 255])}::bytea as raw, ${['a', null]}::text[] as list,
        ${{ text: 'drop', values: [] }}::jsonb as doc, ${[1, { a: 2 }]}::jsonb as items, ${1.5}::float8 as float`,
    );
    assert.deepEqual(row, {
      int: 1,
      big: 2n,
      text: "'; drop table composed; --",
      nothing: null,
      bool: true,
      at: '2026-06-05T00:00:00+00:00',
      raw: Buffer.from([0, 255]),
      list: ['a', null],
      doc: { text: 'drop', values: [] },
      items: [1, { a: 2 }],
      float: 1.5,
    });
  });

  it('find every name as it is', async () => {
    const table = sql.id('Composed "x"', 'T');
    const row = Object.fromEntries(names.map((name, i) => [name, `v${i}`]));
    await pool.query(sql`insert into ${table} ${sql.values([{ id: 1, ...row }])}`);
    for (const name of names)
      assert.deepEqual(
        await pool.query(sql`select ${sql.id(name)} from ${table} where ${sql.id('T', name)} = ${row[name]}`),
        [{ [name]: row[name] }],
      );
    for (const name of ['"; drop table composed; --', 'plain", (select 1) as "x'])
      assert.equal((await errorOf(pool.query(sql`select ${sql.id(name)} from ${table}`))).code, '42703');
    assert.deepEqual(await pool.query('select count(*)::int as n from composed'), [{ n: 0 }]);
  });

  it('insert lists of values', async () => {
    await pool.query(
      sql`insert into composed (id, name) ${sql.values([
        [1, 'a'],
        [2, sql`upper(${'b'})`],
      ])}`,
    );
    const rows = [
      { id: 3, ok: false },
      { id: 4, doc: ['x'], at: undefined },
    ];
    await pool.query(sql`insert into composed ${sql.values(rows)}`);
    assert.deepEqual(
      await pool.query('select id, name, ok, doc, at is not null as at from composed order by id'),
      [
        { id: 1, name: 'a', ok: null, doc: null, at: true },
        { id: 2, name: 'B', ok: null, doc: null, at: true },
        { id: 3, name: null, ok: false, doc: null, at: true },
        { id: 4, name: null, ok: null, doc: ['x'], at: true },
      ],
    );
    const joined = sql`select v.a from (${sql.values([
      [1, 'x'],
      [2, 'y'],
    ])}) as v (a, b) where v.b in (${sql.join(['y', 'z'])})`;
    assert.deepEqual(await pool.query(joined, { rowMode: 'array' }), [['2']]);
  });

  it('are prepared once for each shape', async () => {
    const nested = (/** @type {string} */ name) =>
      sql`select ${sql.id('x')}, 'once' from (select 1 as x) t ${name !== '' && sql`where ${name} <> ''`}`;
    for (let i = 0; i < 20; i++) {
      await pool.query(sql`select ${i}::int, 'once'`);
      await pool.query(nested(`n${i}`));
      await pool.query(nested(''));
      await pool.query({ text: "select $1::int + 1, 'once'", values: [i] });
    }
    const asked = "select statement from pg_prepared_statements where statement like '%''once''%'";
    const known = await pool.query(asked, [], { prepare: false });
    assert.deepEqual(known.map(({ statement }) => statement).sort(), [
      `select "x", 'once' from (select 1 as x) t `,
      `select "x", 'once' from (select 1 as x) t where $1 <> ''`,
      "select $1::int + 1, 'once'",
      "select $1::int, 'once'",
    ]);
  });

  it('run in batches, beside the other forms', async () => {
    const list = [
      sql`insert into composed (id, name) values (${1}, ${'a'})`,
      { text: 'insert into composed (id, name) values ($1, $2)', values: [2, 'b'] },
      { sql: 'insert into composed (id, name) values ($1, $2)', params: [3, 'c'] },
      'select count(*)::int as n from composed',
    ];
    assert.deepEqual((await pool.batch(list)).at(-1), [{ n: 3 }]);
    const [, settled] = await pool.batch([sql`select ${1}`, sql`select 1 / ${0}::int`], { atomic: false });
    assert.equal(settled.reason.code, '22012');
  });

  it('run in transactions and savepoints', async () => {
    await pool.transaction(async (tx) => {
      await tx.query(sql`insert into composed (id) values (${1})`);
      await tx.savepoint((inner) =>
        inner.query({ text: 'insert into composed (id) values ($1)', values: [2] }),
      );
      const undone = tx.savepoint((inner) => inner.query(sql`insert into composed (id) values (${2})`));
      assert.equal((await errorOf(undone)).code, '23505');
      assert.deepEqual(await tx.query(sql`select id from composed order by id`, { rowMode: 'array' }), [
        [1],
        [2],
      ]);
    });
    const tx = await pool.begin();
    await tx.query(sql`delete from composed where id = ${1}`);
    await tx.rollback();
    assert.deepEqual(await pool.query(sql`select count(*)::int as n from composed`), [{ n: 2 }]);
  });

  it('are described, prepare new sessions, and are logged by their text', async () => {
    const logged = [];
    const own = newPool({
      poolSize: 1,
      minIdle: 0,
      onConnect: async (session) => {
        await session.query(sql`select set_config(${'my.name'}, ${'x'}, false)`);
        assert.deepEqual(await session.query({ text: 'select $1::int as x', values: [1] }), [{ x: 1 }]);
      },
      logParams: true,
      logger: ({ sql: text, params }) => logged.push([text, params]),
    });
    assert.deepEqual(await own.query(sql`select current_setting(${'my.name'}) as name`), [{ name: 'x' }]);
    assert.deepEqual(logged, [['select current_setting($1) as name', ['my.name']]]);
    for (const statement of [sql`select ${1}::int as x`, { text: 'select $1::int as x' }]) {
      const { params, fields } = await own.describe(statement);
      assert.deepEqual([params[0].typeName, fields[0].name], ['int4', 'x']);
    }
  });

  it('take the options of a statement in second place', async () => {
    const statement = sql`select ${1}::int as x`;
    for (const options of [
      [{ rowMode: 'array' }],
      [undefined, { rowMode: 'array' }],
      [[], { rowMode: 'array' }],
      [null, { rowMode: 'array' }],
    ])
      assert.deepEqual(await pool.query(statement, ...options), [[1]]);
    assert.deepEqual(await pool.query(statement, null), [{ x: 1 }]);
    assert.deepEqual(await pool.query(statement, []), [{ x: 1 }]);
    const parsers = { int4: (/** @type {string} */ text) => `parsed ${text}` };
    assert.deepEqual(await pool.query(statement, { parsers }), [{ x: 'parsed 1' }]);
    const aborted = await errorOf(pool.query(statement, { signal: AbortSignal.abort() }));
    assert.equal(aborted.name, 'AbortError');
  });

  it('are refused where they are none, before anything is sent', async () => {
    const tx = await pool.begin();
    const tag = (/** @type {any} */ strings) => strings;
    for (const [args, message] of [
      [[sql`select ${1}`, [1]], /values are in the statement already/],
      [[{ text: 'select $1', values: [1] }, [1]], /values are in the statement already/],
      [[sql`select 1`, { mode: 'any' }, {}], /values are in the statement already/],
      [[tag`select 1`], /no tag: write query\(sql`…`\)/],
      [[['select 1']], /`sql` must be a string/],
      [[JSON.parse('{"0": "select 1", "length": 1}')], /`sql` must be a string/],
      [[Object.create({ text: 'select 1', values: [] })], /`sql` must be a string/],
      [[{ text: 5 }], /`statement\.text` must be a string/],
      [[{ text: 'select 1', values: {} }], /`statement\.values` must be an array/],
      [[{ text: 'select 1', values: null }], /`statement\.values` must be an array/],
      [[{ text: 'select 1', name: 'x' }], /`statement\.name` .* prepared by themselves/],
      [[{ text: 'select 1', constructor: 'x' }], /possible are `text` and `values`/],
      [[{ text: 'select 1', params: [] }], /called `values` here/],
    ])
      for (const target of [pool, tx]) {
        const error = await errorOf(target.query(...args));
        assert.deepEqual([error.name, error.outcome], ['ConfigurationError', 'not-sent'], String(error));
        assert.match(error.message, message);
        assert.match(error.stack, /composed\.test\.js/);
      }
    assert.match((await errorOf(pool.batch([{ text: 5 }]))).message, /`statements\[0\]\.text`/);
    assert.match((await errorOf(pool.describe({ text: 5 }))).message, /`statement\.text`/);
    assert.deepEqual(await tx.query('select 1 as x'), [{ x: 1 }]);
    await tx.rollback();
  });

  it('are no values', async () => {
    const error = await errorOf(pool.query('select $1::text', [sql`now()`]));
    assert.equal(error.name, 'ParameterError');
    assert.match(error.message, /is a piece of SQL, not a value/);
    assert.match(
      (await errorOf(pool.insert('composed', { id: 1, name: sql`now()` }))).message,
      /piece of SQL/,
    );
    assert.match(
      (await errorOf(pool.query({ text: 'select $1', values: [sql`1`] }))).message,
      /piece of SQL/,
    );
  });

  it('show where they are wrong, with their placeholders', async () => {
    const error = await errorOf(pool.query(sql`select ${1}::int, nothing from ${sql.id('composed')}`));
    assert.equal(error.code, '42703');
    assert.match(
      error.stack,
      /line 1: select \$1::int, nothing from "composed"\n +\^\n[^]*composed\.test\.js/,
    );
  });

  it('mean the same on the server, however they are nested', async () => {
    const seed = Number(process.env.HYPERION_SEED ?? 20_261_202);
    const dice = new Dice(seed);
    /** @param {number} depth @returns {{ piece: any, text: string }} an expression, and its value */
    const random = (depth) => {
      if (depth === 0) {
        const text = dice.pick([
          'a',
          "'",
          '"',
          '$1',
          '--',
          '/*',
          '\\',
          "'; drop table composed; --",
          'ü',
          '',
        ]);
        return { piece: sql`${text}::text`, text };
      }
      const parts = Array.from({ length: 1 + dice.below(3) }, () => random(depth - 1));
      const text = parts.map((part) => part.text).join('');
      const [first, ...rest] = parts.map((part) => part.piece);
      return dice.pick([
        () => ({ piece: sql`(${sql.join([first, ...rest], sql` || `)})`, text }),
        () => ({ piece: sql`concat(${sql.join([first, ...rest])})`, text }),
        () => ({ piece: sql`(${first}${rest.length > 0 && sql` || ${sql.join(rest, sql`||`)}`})`, text }),
        () => ({
          piece: sql`(case when ${false} then ${'no'} else concat(${sql.join([first, ...rest])}, ${''}::text) end)`,
          text,
        }),
      ])();
    };
    for (let run = 0; run < 40; run++) {
      const trees = Array.from({ length: 5 }, () => random(1 + dice.below(4)));
      const rows = await pool.query(sql`select ${sql.join(trees.map(({ piece }) => piece))}`, {
        rowMode: 'array',
      });
      assert.deepEqual(
        rows[0],
        trees.map(({ text }) => text),
        `seed ${seed}`,
      );
    }
  });
});
