'use strict';

/* What is known of a text is true only as long as the catalogue and the search_path are. */

const assert = require('node:assert/strict');
const { needsPostgres, openRig, settle, startServer } = require('../support/rig');

describe('a text whose meaning changes', function () {
  this.timeout(60_000);
  before(needsPostgres);

  let cluster, rig;

  before(async () => {
    cluster = await startServer({
      sql: ['grant create on schema public to app', 'grant create on database postgres to app'],
    });
  });
  after(() => cluster?.stop());

  afterEach(() => rig?.close());
  const open = async (options) => {
    rig = await openRig(cluster, options);
    await rig.recovers();
  };
  const table = (columns) =>
    rig.ask(`drop table if exists c cascade; create table c (${columns}); grant all on c to public`);
  const stored = () => rig.value('select string_agg(v::text, $$|$$ order by i) from c');

  const types = [
    { from: 'real', to: 'float8', first: 1, then: 0.1 },
    { from: 'real', to: 'numeric', first: 1, then: 1234567 },
    { from: 'float8', to: 'numeric', first: 1, then: '0.12345678901234567890' },
    { from: 'date', to: 'timestamptz', first: '2026-01-01', then: '2026-06-05 12:00:00+00' },
    { from: 'timestamp', to: 'timestamptz', first: '2026-01-01', then: new Date('2026-06-05T12:00:00.000Z') },
    { from: 'int4', to: 'int8', first: 1, then: 3_000_000_000 },
    { from: 'int4', to: 'int8', first: 1, then: '3000000000' },
    { from: 'int4', to: 'numeric', first: 1, then: 1.5 },
    { from: 'int4', to: 'text', first: 1, then: '007' },
    { from: 'bpchar', to: 'text', first: 'a', then: 'b  ' },
    { from: 'jsonb', to: 'text', first: '{}', then: '{"b":1,  "a":2}' },
    { from: 'int4', to: 'bool', first: 1, then: true, using: 'v::int::bool' },
    { from: 'int4[]', to: 'int8[]', first: [1], then: [3_000_000_000] },
  ];
  for (const { from, to, first, then, using = `v::${to}` } of types) {
    for (const how of [
      'on the same session',
      'on another session',
      'with prepare: false',
      'in a transaction',
      'in a batch',
    ]) {
      it(`${from} to ${to}, ${how}: the value ${JSON.stringify(then)} is stored as it is`, async () => {
        await open({ poolSize: 2, minIdle: 2 });
        const options = { prepare: how !== 'with prepare: false' };
        for (const sql of ['insert into c values ($1, $2)', 'insert into c values ($1, $2) returning v']) {
          await table(`i int, v ${from}`);
          const [one, other] = [await rig.pool.begin(), await rig.pool.begin()];
          await one.query(sql, [0, first], options);
          await one.commit();
          if (how !== 'on another session') {
            await other.rollback();
            await rig.pool.query(sql, [1, first], options);
          }
          await rig.ask(`alter table c alter v type ${to} using ${using}`);
          await rig.ask('delete from c');
          if (how === 'on another session') {
            await other.query(sql, [2, then], options);
            await other.commit();
          } else if (how === 'in a batch') {
            await rig.pool.batch([{ sql, params: [2, then] }]);
          } else if (how === 'in a transaction') {
            await rig.pool.transaction((tx) => tx.query(sql, [2, then], options));
          } else {
            await rig.pool.query(sql, [2, then], options);
          }
          const said =
            then instanceof Date ? then.toISOString() : Array.isArray(then) ? `{${then}}` : String(then);
          assert.equal(
            await rig.value(`select v = '${said}'::${to} and v::text = '${said}'::${to}::text from c`),
            't',
            `${sql}: ${await stored()}`,
          );
        }
      });
    }
  }

  it('an enum that is dropped and made again under its name is the new one', async () => {
    await open();
    for (let i = 0; i < 3; i++) {
      await rig.ask('drop schema if exists s cascade; create schema s; grant all on schema s to public');
      await rig.ask("create type s.m as enum ('ok'); create table s.t (m s.m); grant all on s.t to public");
      await rig.pool.query('insert into s.t values ($1)', ['ok']);
      await rig.pool.batch([{ sql: 'insert into s.t values ($1)', params: ['ok'] }]);
      assert.equal(await rig.value('select count(*) from s.t'), '2');
    }
    await rig.recovers();
  });

  it('a column of another kind is not refused for ever', async () => {
    await open();
    for (const [from, to, using, first, then] of [
      ['int4', 'uuid', 'null', 1, '6ecd8c99-4036-403d-bf84-cf8400f67836'],
      ['int4', 'text', 'v::text', 1, 'one'],
      ['int4[]', 'jsonb', 'null', [1], [2]],
      ['jsonb', 'int4[]', 'null', [1], [2]],
    ]) {
      await table(`v ${from}`);
      const sql = 'insert into c values ($1)';
      await rig.pool.query(sql, [first]);
      await rig.ask(`alter table c alter v type ${to} using ${using}`);
      const { error } = await settle(rig.pool.query(sql, [then]));
      if (error) assert.notEqual(error.outcome, 'unknown');
      if (error) await rig.pool.query(sql, [then]);
      assert.equal(await rig.value('select count(*) from c'), '2', `${from} to ${to}`);
      const where = 'select count(*)::int as n from c where v = $1';
      await settle(rig.pool.query(where, [then])); // what is shaped for an array is no json: the server says so
      assert.deepEqual([...(await rig.pool.query(where, [then]))], [{ n: 1 }]);
    }
    await rig.recovers();
  });

  it('an error of the statement itself is told as it is, and it runs once', async () => {
    await open();
    await table('v int');
    await rig.ask('create sequence if not exists seen; grant all on sequence seen to public');
    await rig.ask(`create or replace function odd(int) returns int language plpgsql as
      $$ begin perform nextval('seen'); if $1 > 1 then return 'x'::text::int; end if; return $1; end $$`);
    const sql = 'insert into c values (odd($1))';
    await rig.pool.query(sql, [1]);
    const before = Number(await rig.value('select last_value from seen'));
    await assert.rejects(rig.pool.query(sql, [2]), { code: '22P02', outcome: 'rolled-back' });
    assert.equal(Number(await rig.value('select last_value from seen')), before + 1);
    await rig.recovers();
  });

  for (const [what, set] of [
    ['set local search_path', (tx, s) => tx.query(`set local search_path = ${s}`)],
    ['set_config()', (tx, s) => tx.query("select set_config('search_path', $1, true)", [s])],
  ]) {
    it(`a search_path of each transaction, by ${what}: every statement means its own table`, async () => {
      await open({ poolSize: 2, minIdle: 2, retry: { maxAttempts: 1 } });
      await rig.ask(`drop schema if exists a, b cascade; create schema a; create schema b;
        create table a.item (id int, x text); create table b.item (id real);
        grant usage on schema a, b to public; grant all on all tables in schema a, b to public;
        insert into a.item values (1, 'a'); insert into b.item values (2)`);
      const seen = [];
      for (const s of ['a', 'b', 'a', 'b', 'b', 'a']) {
        await rig.pool.transaction(async (tx) => {
          await set(tx, s);
          seen.push(Object.values((await tx.query('select * from item'))[0]).join());
          await tx.query('update item set id = $1', [s === 'a' ? 1 : 2]);
        });
      }
      assert.deepEqual(seen, ['1,a', '2', '1,a', '2', '2', '1,a']);
      await assert.rejects(rig.pool.query('select * from item'), { code: '42P01' });
      await rig.recovers();
    });
  }

  it('DDL in a transaction counts for its own statements', async () => {
    await open();
    await table('v int');
    await rig.ask('alter table c owner to app');
    await rig.pool.query('select * from c');
    const own = await rig.pool.begin();
    await own.query('select * from c');
    await own.query('alter table c add w int default 7');
    await own.query('insert into c values (1)');
    assert.deepEqual([...(await own.query('select * from c'))], [{ v: 1, w: 7 }]);
    await own.rollback();
    assert.deepEqual([...(await rig.pool.query('select * from c'))], []);
  });

  it('transaction() runs again what a change by somebody else has made stale', async () => {
    await open();
    await table('v int');
    await rig.pool.query('select * from c');
    await rig.ask('alter table c add w int');
    let times = 0;
    await rig.pool.transaction(async (tx) => {
      times += 1;
      await tx.query('select * from c');
    });
    assert.equal(times, 2);
    await rig.recovers();
  });

  it('more parameters than libpq can hear of are refused, and the session stays', async () => {
    await open();
    const [{ pid }] = await rig.pool.query('select pg_backend_pid() as pid');
    const values = Array.from({ length: 8_000 }, (_, i) => `$${i + 1}::int`).join(',');
    const list = `select count(*)::int as n from unnest(array[${values}])`;
    for (const params of [new Array(8_000).fill(1), []]) {
      const { value, error } = await settle(rig.pool.query(list, params, { timeoutMs: 20_000 }));
      if (params.length === 0 || error) {
        assert.deepEqual([error.name, error.outcome], ['ParameterError', 'not-sent']);
      } else {
        assert.deepEqual([...value], [{ n: 8_000 }]); // libpq 18
      }
    }
    assert.equal((await rig.pool.query('select pg_backend_pid() as pid'))[0].pid, pid);
    await rig.recovers();
  });
});
