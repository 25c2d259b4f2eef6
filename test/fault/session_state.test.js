'use strict';

const assert = require('node:assert/strict');
const { needsPostgres, openRig, settle, startServer, until } = require('../support/rig');

describe('a session that was not left as it was found', function () {
  this.timeout(60_000);
  before(needsPostgres);

  let cluster, rig;

  before(async () => {
    cluster = await startServer({
      sql: [
        'create table t (id int4, body text); grant all on t to public',
        'create table shape (a int4); insert into shape values (1); alter table shape owner to app',
      ],
    });
    rig = await openRig(cluster);
    await rig.recovers();
  });

  after(async () => {
    await rig?.close();
    await cluster?.stop();
  });

  const count = async (where) => Number(await rig.value(`select count(*) from t where ${where}`));

  it('is the same session afterwards, unless a test says otherwise', async () => {
    const [{ pid }] = await rig.pool.query('select pg_backend_pid() as pid');
    assert.equal((await rig.pool.query('select pg_backend_pid() as pid'))[0].pid, pid);
  });

  for (const sql of [
    'copy t from stdin',
    'copy t to stdout',
    'copy (select generate_series(1, 100000)) to stdout',
  ]) {
    it(`answers "${sql}" with a typed error; the pool goes on, and nothing is stored`, async () => {
      for (let round = 0; round < 3; round++) {
        const { error } = await settle(rig.pool.query(sql));
        assert.equal(error?.name, 'ServerError');
        assert.match(error.message, /COPY/);
        assert.notEqual(error.outcome, 'unknown');
      }
      await rig.recovers();
      assert.equal(await count('true'), 0);
    });
  }

  it('answers COPY in a transaction with a typed error, and the transaction is rolled back', async () => {
    const tx = await rig.pool.begin();
    await tx.query("insert into t values (1, 'before')");
    const { error } = await settle(tx.query('copy t from stdin'));
    assert.equal(error?.outcome, 'rolled-back');
    await settle(tx.commit());
    await rig.recovers();
    assert.equal(await count('id = 1'), 0);
  });

  it('refuses several statements in one text, and runs none of them', async () => {
    const { error } = await settle(
      rig.pool.query("insert into t values (2, 'a'); insert into t values (2, 'b')"),
    );
    assert.deepEqual([error?.name, error?.code], ['ServerError', '42601']);
    assert.notEqual(error.outcome, 'unknown');
    await rig.recovers();
    assert.equal(await count('id = 2'), 0);
  });

  for (const sql of ['', '   ', '-- nothing', '/* nothing */']) {
    it(`answers ${JSON.stringify(sql)} with no rows`, async () => {
      const rows = await rig.pool.query(sql);
      assert.equal(rows.length, 0);
      await rig.recovers();
    });
  }

  for (const sql of ['deallocate all']) {
    it(`learns that its prepared statements are gone after "${sql}"`, async () => {
      const select = 'select $1::int4 + 1 as n';
      for (let round = 0; round < 3; round++) {
        assert.equal((await rig.pool.query(select, [round]))[0].n, round + 1);
        await rig.pool.query("insert into t values (3, 'x')");
        await rig.pool.query(sql);
        assert.equal((await rig.pool.query(select, [round]))[0].n, round + 1);
        await rig.pool.query("insert into t values (3, 'x')");
      }
      await rig.recovers();
      assert.equal(await count('id = 3'), 6);
      await rig.ask('delete from t where id = 3');
    });
  }

  it('learns it also when a function has done it behind our back', async () => {
    await rig.ask(
      `create or replace function forget() returns void language plpgsql as $$ begin deallocate all; end $$`,
    );
    const insert = 'insert into t values ($1, $2)';
    await rig.pool.query(insert, [4, 'x']);
    await rig.pool.query('select forget()');
    await rig.pool.query(insert, [4, 'y']);
    await rig.pool.query(insert, [4, 'z']);
    await rig.recovers();
    assert.equal(await count('id = 4'), 3);
  });

  it('refuses what would stay with a session, before it is sent', async () => {
    await rig.pool.query("insert into t values (5, 'kept')");
    for (const sql of [
      'begin',
      '/* first */ BEGIN',
      'set local work_mem = 1',
      "set work_mem = '1MB'",
      'reset work_mem',
      'discard all',
      'listen news',
      'prepare x as select 1',
      'create temp table left_over (x int)',
      'select pg_advisory_lock(5)',
      '--\rbegin',
      '/* /* */ */ begin',
      "set client_encoding = 'latin1'",
      "select set_config('DateStyle', 'SQL', true)",
      'select 1 as x into temp left_over',
      'create table pg_temp.left_over (x int)',
      'explain analyze create temp table left_over as select 1',
      'declare c cursor with hold for select 1',
      'select "pg_advisory_lock"(5), Pg_Advisory_Lock(6)',
    ]) {
      for (const call of [() => rig.pool.query(sql), () => rig.pool.batch([sql, 'begin'])]) {
        const { error } = await settle(call());
        assert.deepEqual([error?.name, error?.outcome], ['ConfigurationError', 'not-sent'], sql);
        assert.ok(!rig.gate.sessions.some((each) => each.sql === sql), sql);
      }
    }
    await rig.recovers();
    assert.equal(await count('id = 5'), 1);
  });

  it('refuses in a transaction what would outlive it; what ends with it is fine', async () => {
    const tx = await rig.pool.begin();
    for (const sql of [
      ...['begin', 'commit', 'rollback', '--\rcommit', "prepare transaction 'a'"],
      ...["set work_mem = '1MB'", "set local client_encoding = 'latin1'", "set local datestyle = 'SQL'"],
      ...['select pg_advisory_lock(5)', 'create temp table left_over as select 1 as drop'],
    ])
      await assert.rejects(tx.query(sql), { name: 'ConfigurationError', outcome: 'not-sent' }, sql);
    await tx.query('savepoint s');
    await tx.query("set local work_mem = '1MB'");
    await tx.query('create temp table left_over (x int) on commit drop');
    await tx.query('rollback to savepoint s');
    await tx.query("insert into t values (6, 'kept')");
    await tx.commit();
    assert.equal(await count('id = 6'), 1);
    await rig.recovers();
  });

  it('rolls a transaction back that its owner has forgotten', async () => {
    if (!globalThis.gc) {
      require('node:v8').setFlagsFromString('--expose-gc');
      globalThis.gc = require('node:vm').runInNewContext('gc');
    }
    await (async () => {
      const tx = await rig.pool.begin();
      await tx.query("insert into t values (7, 'forgotten')");
    })();
    await until(
      async () => {
        globalThis.gc();
        return rig.pool.status().inUse === 0;
      },
      { what: 'the forgotten transaction is let go' },
    );
    await rig.recovers();
    assert.equal(await count('id = 7'), 0);
  });

  describe('a table that changes its shape', () => {
    it('shows no error outside a transaction, and always the rows of a shape that it had', async function () {
      const busy = await openRig(cluster, { poolSize: 4, minIdle: 4 });
      await busy.recovers();
      let going = true;
      let answers = 0;
      const seen = new Set();
      const readers = Array.from({ length: 6 }, async (_, i) => {
        const select = i % 2 ? 'select * from shape' : 'select * from shape where a = $1';
        while (going) {
          const [row] = await busy.pool.query(select, i % 2 ? [] : [1]);
          seen.add(Object.keys(row).join());
          answers += 1;
        }
      });
      readers.push(
        (async () => {
          while (going) {
            await busy.pool.query('update shape set a = a returning *');
            answers += 1;
          }
        })(),
      );
      const all = Promise.all(readers);
      all.catch(() => {});
      for (let round = 0; round < 10; round++) {
        for (const change of ['add b text', 'drop b']) {
          await busy.ask(`alter table shape ${change}`);
          const before = answers;
          await until(() => answers > before + 20, { what: 'answers of the new shape' });
        }
      }
      going = false;
      await all;
      assert.deepEqual([...seen].sort(), ['a', 'a,b']);
      await busy.recovers();
      await busy.close();
    });

    it('in a transaction is an error, once; the transaction can be run again', async () => {
      const select = 'select * from shape /* again */';
      await rig.pool.query(select);
      await rig.ask('alter table shape add c text');
      const tx = await rig.pool.begin();
      const { error } = await settle(tx.query(select));
      assert.deepEqual([error?.name, error?.code, error?.outcome], ['ServerError', '0A000', 'rolled-back']);
      await tx.rollback();
      const again = await rig.pool.begin();
      assert.deepEqual(Object.keys((await again.query(select))[0]), ['a', 'c']);
      await again.commit();
      await rig.ask('alter table shape drop c');
      await rig.recovers();
    });

    describe('under a session that had not prepared the statement, while another one had', () => {
      let pair;

      before(async () => {
        pair = await openRig(cluster, { poolSize: 2, minIdle: 2 });
        await pair.recovers();
      });

      beforeEach(() =>
        pair.ask('drop table if exists other; create table other (a int4); grant all on other to public'),
      );

      after(() => pair?.close());

      /** Runs it on one session before the change, on the other one after it. */
      const acrossSessions = async (sql, params, change) => {
        const [first, second] = [await pair.pool.begin(), await pair.pool.begin()];
        await first.query(sql, params);
        await first.rollback();
        await pair.ask(change);
        const { value, error } = await settle(second.query(sql, params));
        await second.rollback();
        await pair.recovers();
        return error ?? [...value];
      };

      it('shows values as what they are now, not as what they were', async () => {
        await pair.ask('insert into other values (7)');
        const change = "alter table other alter a type text using 'abcd'";
        assert.deepEqual(await acrossSessions('select a from other', [], change), [{ a: 'abcd' }]);
        const back = 'alter table other alter a type float8 using 1.5';
        assert.deepEqual(await acrossSessions('select a from other', [], back), [{ a: 1.5 }]);
        const elsewhere = 'alter table other alter a type interval using $$1 day$$';
        assert.deepEqual((await acrossSessions('select a from other', [], elsewhere)).code, 'ERR_RESULT');
        assert.deepEqual([...(await pair.pool.query('select a from other'))], [{ a: '1 day' }]);
      });

      it('shows the names of now', async () => {
        await pair.ask('insert into other values (7)');
        const rename = 'alter table other rename a to b';
        assert.deepEqual(await acrossSessions('select * from other', [], rename), [{ b: 7 }]);
      });

      it('shows what a write returns as what it is now', async () => {
        const change = 'alter table other add b text default $$new$$';
        assert.deepEqual(await acrossSessions('insert into other (a) values ($1) returning *', [1], change), [
          { a: 1, b: 'new' },
        ]);
      });
    });

    it('never stores the bytes of one type as another', async () => {
      const number = 0x61626364; // in binary it reads "abcd"
      await rig.ask('create table bytes (a int4); grant all on bytes to public');
      const insert = 'insert into bytes values ($1) returning a';
      assert.deepEqual([...(await rig.pool.query(insert, [number]))], [{ a: number }]);
      await rig.ask('alter table bytes alter a type text');
      const { value, error } = await settle(rig.pool.query(insert, [number]));
      if (error) assert.deepEqual([error.code, error.outcome], ['0A000', 'not-executed']);
      else assert.deepEqual([...value], [{ a: String(number) }]);
      assert.equal(await rig.value("select count(*) from bytes where a = 'abcd'"), '0');
      assert.deepEqual([...(await rig.pool.query(insert, ['three']))], [{ a: 'three' }]);

      await rig.ask('create table blobs (a bytea); grant all on blobs to public');
      const blob = 'insert into blobs values ($1) returning a';
      await rig.pool.query(blob, [Buffer.from('abcd')]);
      await rig.ask("alter table blobs alter a type text using encode(a, 'hex')");
      const late = await settle(rig.pool.query(blob, [Buffer.from('abcd')]));
      assert.deepEqual([late.error?.code, late.error?.outcome], ['0A000', 'not-executed']);
      assert.equal(await rig.value("select count(*) from blobs where a = 'abcd'"), '0');
      await rig.recovers();
    });
  });

  describe('parameters at the edge', () => {
    it('a NUL in SQL or in a text is refused, never cut short', async () => {
      for (const call of [
        rig.pool.query("insert into t values (8, 'a\0b')"),
        rig.pool.query("insert into t values (8, 'a')\0 returning id"),
        rig.pool.query('insert into t values (8, $1)', ['a\0b']),
        rig.pool.query('insert into t values (8, $1)', ['\0']),
        rig.pool.query('insert into t values (8, ($1::text[])[1])', [['a\0b']]),
        rig.pool.query('insert into t values (8, $1::jsonb)', [{ a: 'b\0c' }]),
      ]) {
        const { error } = await settle(call);
        assert.ok(error, 'refused');
        assert.ok(
          error instanceof TypeError || ['22021', '22P05'].includes(error.code),
          `${error.name} ${error.code}: ${error.message}`,
        );
      }
      await rig.recovers();
      assert.equal(await count('id = 8'), 0);
    });

    it('a text of 64 MB goes there and back', async () => {
      const body = 'x'.repeat(64 * 1024 * 1024);
      const [row] = await rig.pool.query('insert into t values (9, $1) returning length(body) as n, body', [
        body,
      ]);
      assert.equal(row.n, body.length);
      assert.ok(row.body === body);
      await rig.ask('delete from t where id = 9');
      await rig.recovers();
    });

    it('a cut in the middle of a big parameter is not sent, so it is sent again: one row', async () => {
      const body = 'y'.repeat(16 * 1024 * 1024);
      await rig.pool.query('insert into t values ($1, $2)', [10, 'z']);
      let bytes = 0;
      const link = rig.gate.sessions.find((each) => each.sql.startsWith('insert'));
      const before = rig.gate.counts.clientBytes;
      // The message is not complete when it is cut: no order can see it.
      const call = settle(rig.pool.query('insert into t values ($1, $2)', [10, body]));
      await until(() => (bytes = rig.gate.counts.clientBytes - before) > 100_000, {
        everyMs: 0,
        what: 'some of it',
      });
      link.cut('reset');
      const { error } = await call;
      await rig.recovers();
      await rig.gone([link.pid]);
      assert.ok(bytes > 0);
      const rows = (await count('id = 10')) - 1;
      if (error) assert.deepEqual([error.name, error.outcome], ['InDoubtError', 'unknown']);
      assert.ok(rows === 1 || (error && rows === 0), `${rows} rows; ${error ?? 'success'}`);
    });
  });
});
