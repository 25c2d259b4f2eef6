'use strict';

/*
 * Every type against servers of every major: decoding the binary and the text form gives the value of the server's own
 * text, and a value that was sent comes back. HYPERION_LONG=1 takes ten times as many random values; HYPERION_SEED
 * repeats a run.
 */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('mocha');
const { createPool } = require('../..');
const { listPostgres, startCluster } = require('../../lib/testing');
const { types, setup, Random } = require('../support/sql_types.js');

const seed = Number(process.env.HYPERION_SEED ?? Math.floor(Math.random() * 1e9));
const count = process.env.HYPERION_LONG ? 6000 : 600;
const installed = listPostgres();
const mustBeThere = installed.some(({ source }) => source === 'npm');

const zones = {
  14: 'Asia/Kolkata',
  15: 'America/St_Johns',
  16: 'Pacific/Kiritimati',
  17: 'Europe/Amsterdam',
  18: 'America/Los_Angeles',
};

for (const version of [14, 15, 16, 17, 18]) {
  describe(`types on PostgreSQL ${version}, seed ${seed}`, () => {
    /** @type {import('../../lib/testing').Cluster} */
    let cluster;
    /** @type {any} */
    let pool;
    const available = new Set();

    before(async function () {
      this.timeout(60_000);
      if (!installed.some(({ major }) => major === version)) {
        assert.ok(!mustBeThere, `PostgreSQL ${version} is not installed, but others of test/servers are`);
        this.skip(`PostgreSQL ${version} is not installed`);
      }
      cluster = await startCluster({
        nodes: 1,
        version,
        superuser: true,
        settings: { timezone: zones[version] },
      });
      pool = createPool(cluster.connectionOptions({ poolSize: 2, minIdle: 1 }));
      for (const sql of setup) await pool.query(sql);
      const rows = await pool.query('select name from pg_available_extensions');
      for (const { name } of rows) available.add(name);
      for (const name of ['hstore', 'citext'])
        if (available.has(name)) await pool.query(`create extension ${name}`);
    });

    after(async function () {
      this.timeout(30_000);
      await pool?.end({ drainTimeoutMs: 0 });
      await cluster?.stop();
    });

    for (const type of types) {
      const { name, form, edges, random, ours } = type;
      const output = type.output ?? `format('%s', v)`;

      /** Compares the server's text with our value in both wire formats, and sends the value back. */
      const check = async (from, params) => {
        const seen = [];
        for (const more of ['', ', null::inet as as_text']) {
          const sql = `with x as materialized (${from}) select v as value, ${output} as text${more} from x`;
          const rows = await pool.query(sql, params);
          for (const { value, text } of rows) assert.deepStrictEqual(value, form(text), text);
          seen.push(...rows);
        }
        await sendBack(
          seen.map(({ value }) => value),
          seen.map(({ text }) => text),
        );
      };

      const sendBack = async (values, texts) => {
        const sql = `select ${output} as got, t as sent from unnest($1::${name}[], $2::text[]) u(v, t) where ${output} is distinct from t`;
        if (name === '"char"' || name === 'int2vector' || name === 'bpchar' || name === 'live_pair')
          return single(values, texts);
        if (form === JSON.parse) return undefined; // numbers and keys of JavaScript are fewer: see sendOurs
        if (name === 'bit(5)') return undefined; // an explicit cast pads
        const wrong = await pool.query(sql, [values, texts]);
        assert.deepEqual([...wrong], []);
        return single(values, texts);
      };

      const single = async (values, texts) => {
        const few = values.slice(0, 40);
        const list = few.map((_, i) => `($${i + 1}::${name})`).join(', ');
        const rows = await pool.query(`select ${output} as text from (values ${list}) x(v)`, few);
        assert.deepEqual(
          rows.map(({ text }) => text),
          texts.slice(0, 40),
        );
      };

      it(name, async function () {
        this.timeout(20_000);
        if (type.extension && !available.has(name))
          this.skip(`PostgreSQL ${version} here has no extension ${name}`);
        if (name === 'xml' && !(await hasXml()))
          this.skip(`PostgreSQL ${version} here was built without XML`);
        await check(`select t::${name} as v from unnest($1::text[]) t`, [edges]);
        assert.deepEqual(await pool.query(`select null::${name} as v`), [{ v: null }]);
        assert.deepEqual(await pool.query(`select $1::${name} is null as v`, [null]), [{ v: true }]);
        if (!random) return;
        await check(
          `select ${random} as v from (select setseed(${(seed % 1000) / 1000}) offset 0) s, generate_series(1, ${count}) i`,
          [],
        );
        await lists();
        if (ours) await sendOurs();
      });

      /** Arrays of it, with NULLs. */
      const lists = async () => {
        const rows = await pool.query(
          `with x as materialized (select i, ${random} as v from generate_series(1, ${count / 3}) i)
           select array_agg(case when i % 7 = 0 then null else v end) as list,
                  array_agg(case when i % 7 = 0 then null else ${output} end) as texts from x group by i % 9`,
        );
        for (const { list, texts } of rows)
          assert.deepStrictEqual(
            list,
            texts.map((t) => (t === null ? null : form(t))),
          );
      };

      const sendOurs = async () => {
        const r = new Random(seed);
        const values = Array.from({ length: count }, () => ours(r));
        const rows = await pool.query(
          `select v, ${output} as text from unnest($1::${name}[]) with ordinality u(v, n) order by n`,
          [values],
        );
        for (const [i, { v, text }] of rows.entries()) {
          assert.deepStrictEqual(v, values[i]);
          assert.deepStrictEqual(form(text), values[i]);
        }
        const few = values.slice(0, 50);
        const list = few.map((_, i) => `$${i + 1}::${name} as c${i}`).join(', ');
        const [row] = await pool.query(`select ${list}`, few);
        assert.deepStrictEqual(Object.values(row), few);
      };
    }

    const hasXml = () =>
      pool.query(`select '<a/>'::xml as x`).then(
        () => true,
        (error) => {
          assert.equal(error.code, '0A000'); // a server that was built without
          return false;
        },
      );

    it('of a Date, and as a Date', async () => {
      const r = new Random(seed);
      const dates = Array.from({ length: count }, () => new Date(r.int(8e15) * (r.int(2) ? 1 : -0.007)));
      const rows = await pool.query('select v from unnest($1::timestamptz[]) v', [dates], {
        timestamps: 'date',
      });
      assert.deepEqual(
        rows.map(({ v }) => v),
        dates,
      );
      const [row] = await pool.query(
        `select v as a, (v at time zone 'UTC')::text as b from (select $1::timestamptz as v) s`,
        [new Date(0)],
      );
      assert.deepEqual(row, { a: '1970-01-01T00:00:00+00:00', b: '1970-01-01 00:00:00' });
    });

    it('domains are as their base type, also of domains and in arrays', async () => {
      const [row] = await pool.query(
        `select $1::live_id as a, $2::live_price as b, $3::live_ids as c, $4::live_id_of_id as d,
                $5::live_id[] as e, row(1, 'x')::live_pair as f`,
        [7n, '1.5', [1, null], 8, [1n, 2n]],
      );
      assert.deepEqual(row, { a: 7n, b: '1.50', c: [1, null], d: 8n, e: [1n, 2n], f: '(1,x)' });
      await assert.rejects(pool.query('select $1::live_id', [1.5]), { name: 'ParameterError' });
      await assert.rejects(pool.query('select $1::live_id', [-1]), { name: 'ServerError', code: '23514' });
    });

    it('arrays of any shape', async () => {
      const [row] = await pool.query(
        `select '{}'::int4[] as a, '{{1,2},{3,null}}'::int4[] as b, '[0:1]={5,6}'::int8[] as c,
                '{{{{{{x}}}}}}'::text[] as d, '{1.2.3.4,NULL}'::inet[] as e, '{"(1,1),(0,0)";(2,2),(1,1)}'::box[] as f,
                '{"{}",NULL,"NULL",""}'::text[] as g, array[row(1, 'a"')::live_pair] as h`,
      );
      const expected = {
        a: [],
        b: [
          [1, 2],
          [3, null],
        ],
        c: [5n, 6n],
        d: [[[[[['x']]]]]],
        e: ['1.2.3.4', null],
        f: ['(1,1),(0,0)', '(2,2),(1,1)'],
        g: ['{}', null, 'NULL', ''],
        h: ['(1,"a""")'],
      };
      assert.deepEqual(row, expected);
      const { a, b, c, d, e, f, g, h } = expected;
      const back = await pool.query(
        `select $1::int4[] as a, $2::int4[] as b, $3::int8[] as c, $4::text[] as d, $5::inet[] as e, $6::box[] as f,
                $7::text[] as g, $8::live_pair[] as h`,
        [a, b, c, d, e, f, g, h],
      );
      assert.deepEqual(back, [expected]);
    });

    it('void is null, and a record is its text', async () => {
      assert.deepEqual(await pool.query(`select pg_sleep(0) as v`), [{ v: null }]);
      assert.deepEqual(await pool.query(`select row(1, 'a b', null) as v`), [{ v: '(1,"a b",)' }]);
    });
  });
}
