'use strict';

const assert = require('node:assert/strict');
const { createPool } = require('../..');
const { openGate } = require('../support/gate');
const { message } = require('../support/protocol');
const { QUIET, needsPostgres, openRig, settle, startServer, until } = require('../support/rig');

const SETUP = [
  'create table t (id int4, n int4); alter table t owner to app',
  `create function fail(state text) returns int4 language plpgsql as
     $$ begin raise exception 'on purpose' using errcode = state; end $$`,
  // Also counts how often it runs, whatever becomes of its transaction.
  'create sequence runs; grant all on runs to public',
  `create function fail_counted(state text) returns int4 language plpgsql as
     $$ begin perform nextval('runs'); raise exception 'on purpose' using errcode = state; end $$`,
  `create procedure store_and_fail(id int4, state text) language plpgsql as
     $$ begin insert into t values (id, 0); commit; raise exception 'on purpose' using errcode = state; end $$`,
  // Fails with what it holds when its transaction commits.
  'create table late (state text); grant all on late to public',
  `create function fail_late() returns trigger language plpgsql as
     $$ begin raise exception 'on purpose' using errcode = new.state; end $$`,
  `create constraint trigger late after insert on late deferrable initially deferred
     for each row execute function fail_late()`,
  'grant pg_read_server_files to app',
  'create procedure store(id int4) language sql as $$ insert into t values (id, 0) $$',
  'create table parent (id int4 primary key); grant all on parent to public',
  `create table child (parent int4 references parent deferrable initially deferred); grant all on child to public`,
];

describe('what the server refuses', () => {
  before(needsPostgres);

  let cluster, rig;
  let id = 0;

  before(async () => {
    cluster = await startServer({ sql: SETUP, settings: { deadlock_timeout: '50ms' } });
    rig = await openRig(cluster);
    await rig.recovers();
  });

  after(async () => {
    await rig?.close();
    await cluster?.stop();
  });

  beforeEach(() => {
    id += 1;
  });

  const stored = async () => Number(await rig.value(`select count(*) from t where id = ${id}`));
  const runs = async () => Number(await rig.value('select last_value - (not is_called)::int from runs'));
  const facts = (error) => ({
    name: error?.name,
    code: error?.code,
    outcome: error?.outcome,
    retryable: error?.retryable,
    attempts: error?.attempts,
  });

  const rolledBack = { name: 'ServerError', outcome: 'rolled-back' };
  const inDoubt = { name: 'InDoubtError', outcome: 'unknown' };
  /* An ERROR ends no session, whatever its class: a function, or a foreign server, may raise any. */
  const table = [
    { what: 'a serialization failure', codes: ['40001', '40P01'], ...rolledBack, retryable: true },
    {
      what: 'a lock, a limit or a timeout of the server',
      codes: ['55P03', '57014', '53100', '53200', '53400', '54000', '54001'],
      ...rolledBack,
    },
    {
      what: 'a mistake of the statement',
      codes: [
        '22003',
        '22007',
        '22008',
        '22012',
        '22P02',
        '23502',
        '23505',
        '23514',
        '42P01',
        '42501',
        '44000',
        'P0001',
        'P0002',
        '0A000',
      ],
      ...rolledBack,
    },
    { what: 'a name of a statement that is not ours', codes: ['26000', '42P05'], ...rolledBack },
    {
      what: 'raised inside, by a session that lives on',
      codes: [
        ...['57P01', '57P02', '57P03', '57P04', '58000', '58030', '58P01', 'XX000', 'XX001', '08001'],
        ...['08006', '08P01', '03000', '20000', '21000', '24000', '25P03', '28P01', '2D000', '38000'],
        ...['39000', '3D000', '3F000', '53300', '72000', 'F0000', 'HV000'],
      ],
      ...rolledBack,
    },
    { what: 'which says that it is open', codes: ['40003'], name: 'ServerError', outcome: 'unknown' },
  ];

  for (const { what, codes, name, outcome, retryable = false } of table) {
    for (const code of codes) {
      it(`of a write: ${code}, ${what}, is a ${name} with outcome ${outcome}, sent once`, async () => {
        const before = await runs();
        const { error } = await settle(
          rig.pool.query('insert into t select $1, fail_counted($2)', [id, code]),
        );
        assert.deepEqual(facts(error), { name, code, outcome, retryable, attempts: 1 });
        assert.equal(error.host, rig.gate.address);
        assert.equal((await runs()) - before, 1);
        assert.equal(await stored(), 0);
        await rig.recovers();
      });

      it(`of a batch and of a COMMIT: ${code} is a ServerError, and the session lives on`, async () => {
        const [{ pid }] = await rig.pool.query('select pg_backend_pid() as pid');
        const insert = { sql: 'insert into t values ($1, 0)', params: [id] };
        const expected = { name: 'ServerError', code, retryable, attempts: 1 };
        const batch = await settle(rig.pool.batch([insert, { sql: 'select fail($1)', params: [code] }]));
        assert.deepEqual(facts(batch.error), { ...expected, outcome });
        const tx = await rig.pool.begin();
        await tx.query(insert.sql, insert.params);
        await tx.query('insert into late values ($1)', [code]);
        const commit = await settle(tx.commit());
        assert.deepEqual(facts(commit.error), { ...expected, outcome });
        assert.equal((await rig.pool.query('select pg_backend_pid() as pid'))[0].pid, pid);
        assert.equal(await stored(), 0);
      });
    }
  }

  it('a plain read is sent once, too', async () => {
    await assert.rejects(rig.pool.query("copy t from '/no/such/file'"), {
      name: 'ServerError',
      code: '58P01',
      outcome: 'rolled-back',
      attempts: 1,
    });
    const { error } = await settle(rig.pool.query('select fail($1)', ['XX000'], { mode: 'prefer-standby' }));
    assert.deepEqual(facts(error), { ...rolledBack, code: 'XX000', retryable: false, attempts: 1 });
    await rig.recovers({ size: rig.pool.status().size });
  });

  for (const severity of ['FATAL', 'PANIC']) {
    for (const code of ['57P01', '58030', 'XX000', '08006', '22012', '42P01', '53200']) {
      it(`${severity} ${code} instead of the answer ends the session: what was sent is in doubt`, async () => {
        const end = message(
          'E',
          [`S${severity}`, `V${severity}`, `C${code}`, 'Mon purpose', '', ''].join('\0'),
        );
        /** Its answer has become the server's last word. @param {(sql: string) => boolean} isIts */
        const replaced = (isIts) =>
          rig.gate.when(
            { from: 'server', type: 'C', match: ({ link }) => isIts(link.sql) },
            async (_, link) => {
              await link.inject(end);
              return 'close';
            },
          );
        const insert = `insert into t values ($1, 0) -- ${severity} ${code}`;
        replaced((sql) => sql === insert);
        const write = await settle(rig.pool.query(insert, [id]));
        assert.deepEqual(facts(write.error), { ...inDoubt, code: 'IN_DOUBT', retryable: false, attempts: 1 });
        assert.equal(write.error.cause.code, code);
        await rig.recovers();

        replaced((sql) => sql.includes('not writable')); // its guard, which is bound last
        const batch = await settle(rig.pool.batch([{ sql: insert, params: [id] }, 'select 1']));
        assert.deepEqual([batch.error?.name, batch.error?.outcome], ['InDoubtError', 'unknown']);
        await rig.recovers();

        const tx = await rig.pool.begin();
        await tx.query(insert, [id]);
        replaced((sql) => sql === 'commit');
        const commit = await settle(tx.commit());
        assert.deepEqual([commit.error?.name, commit.error?.outcome], ['InDoubtError', 'unknown']);
        await rig.recovers();
      });
    }
  }

  for (const code of ['40001', '40P01']) {
    it(`of a write that may be run again: ${code} is tried maxAttempts times`, async () => {
      const before = await runs();
      const { error } = await settle(
        rig.pool.query('insert into t select $1, fail_counted($2)', [id, code], {
          retry: true,
          timeoutMs: 20_000,
        }),
      );
      assert.equal(error?.code, code);
      assert.equal(error.attempts, 3);
      assert.equal((await runs()) - before, 3);
      await rig.recovers();
    });
  }

  describe('at connect', () => {
    let gate, pool;

    afterEach(async () => {
      await pool?.end({ drainTimeoutMs: 0 });
      await gate?.close();
      gate = pool = undefined;
    });

    /** A pool whose first host answers each startup with this. */
    const open = async (code, { hosts = [], ...options } = {}) => {
      gate = await openGate(cluster.primary);
      const report = ['SFATAL', 'VFATAL', `C${code}`, 'Mon purpose', '', ''].join('\0');
      const refusals = gate.when({ from: 'client', type: 'startup', nth: 'every' }, async (_, link) => {
        await link.inject(message('E', report));
        return 'close';
      });
      pool = createPool({
        ...QUIET,
        ...cluster.connectionOptions(),
        hosts: [gate.address, ...hosts],
        ...options,
      });
      return refusals;
    };
    const insert = () => settle(pool.query('insert into t values ($1, 0)', [id]));

    for (const code of ['08001', '08004', '53300', '57P03']) {
      it(`${code}: it is asked again, with nothing sent, until the deadline`, async () => {
        const refusals = await open(code, { acquireTimeoutMs: 1_000 });
        const { error } = await insert();
        assert.deepEqual(facts(error), {
          name: 'NoPrimaryError',
          code: 'NO_PRIMARY',
          outcome: 'not-sent',
          retryable: true,
          attempts: 0,
        });
        assert.ok(
          error.message.includes(gate.address) && error.message.includes('on purpose'),
          error.message,
        );
        assert.ok(refusals.hits >= 2, `it was asked ${refusals.hits} times`);
        assert.equal(await stored(), 0);
      });

      it(`${code}: what waits is sent once when it lets us in`, async () => {
        const refusals = await open(code, { acquireTimeoutMs: 60_000 });
        const write = insert();
        await until(() => refusals.hits >= 3, { what: 'some refusals' });
        refusals.remove();
        assert.equal((await write).error, undefined);
        assert.equal(await stored(), 1);
      });

      it(`${code}: another host is asked meanwhile`, async () => {
        const refusals = await open(code, {
          acquireTimeoutMs: 60_000,
          hosts: cluster.connectionOptions().hosts,
        });
        assert.equal((await insert()).error, undefined);
        await until(() => refusals.hits >= 1, { what: 'a refusal' });
        assert.equal(await stored(), 1);
      });
    }

    for (const code of ['28000', '28P01', '3D000', '42501']) {
      it(`${code}: it ends the call at once, and names the host`, async () => {
        const refusals = await open(code, { acquireTimeoutMs: 3_600_000 });
        const { error } = await insert();
        assert.deepEqual(
          { ...facts(error), attempts: 0, host: error?.host },
          {
            name: 'ConnectError',
            code,
            outcome: 'not-sent',
            retryable: false,
            attempts: 0,
            host: gate.address,
          },
        );
        assert.ok(error.message.includes('on purpose'), error.message);
        assert.ok(refusals.hits >= 1);
        assert.equal(await stored(), 0);
      });

      it(`${code}: not where another host lets us in`, async () => {
        await open(code, { acquireTimeoutMs: 60_000, hosts: cluster.connectionOptions().hosts });
        assert.equal((await insert()).error, undefined);
        assert.equal(await stored(), 1);
      });
    }
  });

  it('what a procedure has committed before its error is told as open, and it is not run again', async () => {
    for (const code of ['26000', '42P05', '0A000', '40001', 'XX000', '22012', '25006', '25P02', '57014']) {
      id += 1;
      const call = await settle(rig.pool.query('call store_and_fail($1, $2)', [id, code]));
      const retryable = false;
      assert.deepEqual(facts(call.error), {
        name: 'ServerError',
        code,
        outcome: 'unknown',
        retryable,
        attempts: 1,
      });
      assert.equal(await stored(), 1, code);
    }
    id += 1;
    const block = `do $$ begin insert into t values (${id}, 0); commit; perform 1/0; end $$`;
    await assert.rejects(rig.pool.query(block), { name: 'ServerError', code: '22012', outcome: 'unknown' });
    assert.equal(await stored(), 1);
    await rig.recovers();
  });

  it('also where its time limit passes behind what it has committed', async () => {
    const block = `do $$ begin insert into t values (${id}, 0); commit; perform pg_sleep(60); end $$`;
    const { error } = await settle(rig.pool.query(block, [], { timeoutMs: 300 }));
    assert.deepEqual([error?.name, error?.outcome], ['TimeoutError', 'unknown']);
    assert.equal(await stored(), 1);
    await rig.recovers();
  });

  it('in a transaction a procedure cannot commit: its error is rolled back', async () => {
    const tx = await rig.pool.begin();
    const { error } = await settle(tx.query('call store_and_fail($1, $2)', [id, '22012']));
    assert.deepEqual([error?.code, error?.outcome], ['2D000', 'rolled-back']);
    await tx.rollback();
    assert.equal(await stored(), 0);
  });

  it('a statement that the server refuses to prepare did not run', async () => {
    for (const [sql, code] of [
      ['call no_such_procedure($1)', '42883'],
      ['select no_such_column', '42703'],
      ['selct 1', '42601'],
    ]) {
      const { error } = await settle(rig.pool.query(sql, sql.includes('$1') ? [1] : []));
      assert.deepEqual([error?.code, error?.outcome], [code, 'not-executed']);
    }
  });

  for (const sql of [
    'call store(7)',
    "do $$ begin perform nextval('runs'); end $$",
    'vacuum t',
    'create index concurrently on t (id)',
  ]) {
    it(`and what may commit by itself is in doubt when its answer is lost, and not run again: ${sql}`, async () => {
      let sent = 0;
      const stop = rig.gate.watch(({ from, type, sql: of }) => {
        if (from === 'client' && type === 'E' && of === sql) sent += 1;
      });
      const isIts = ({ link }) => link.sql === sql;
      const rule = rig.gate.when({ from: 'server', type: 'C', match: isIts }, 'reset');
      const { error } = await settle(rig.pool.query(sql));
      stop();
      assert.deepEqual([error?.name, error?.outcome, error?.attempts], ['InDoubtError', 'unknown', 1]);
      assert.equal(error.retryable, false);
      assert.deepEqual([rule.hits, sent], [1, 1]);
      await rig.recovers();
    });
  }

  it('in a transaction, every statement after it says 25P02 and names the first error as its cause', async () => {
    const tx = await rig.pool.begin();
    await tx.query('insert into t values ($1, 1)', [id]);
    await assert.rejects(tx.query("select fail('22012')"), { name: 'ServerError', code: '22012' });
    for (let i = 0; i < 2; i++) {
      const { error } = await settle(tx.query('insert into t values ($1, 2)', [id]));
      assert.deepEqual(
        { ...facts(error), cause: error.cause?.code },
        { ...facts(error), code: '25P02', outcome: 'not-executed', retryable: false, cause: '22012' },
      );
    }
    const { error } = await settle(tx.commit());
    assert.deepEqual([error?.outcome, error?.cause?.code], ['rolled-back', '22012']);
    await rig.recovers();
    assert.equal(await stored(), 0);
  });

  it('a deferred constraint rejects the write, not only the transaction', async () => {
    const { error } = await settle(rig.pool.query('insert into child values ($1) returning parent', [id]));
    assert.deepEqual(facts(error), { ...rolledBack, code: '23503', retryable: false, attempts: 1 });
    const tx = await rig.pool.begin();
    await tx.query('insert into child values ($1)', [id]);
    const late = await settle(tx.commit());
    assert.deepEqual(
      [late.error?.name, late.error?.code, late.error?.outcome],
      ['ServerError', '23503', 'rolled-back'],
    );
    assert.equal(tx.isOpen(), false);
    await rig.recovers();
    assert.equal(await rig.value('select count(*) from child'), '0');
  });

  describe('by other sessions', () => {
    let pair;

    before(async () => {
      pair = await openRig(cluster, { poolSize: 3, minIdle: 3 });
      await pair.recovers();
    });

    after(() => pair?.close());

    it('a serialization failure at COMMIT is rolled back, and transaction() runs it again', async () => {
      await pair.ask('insert into t values (1000, 10), (1001, 10)');
      const serializable = { isolation: 'serializable' };
      const transfer = async (tx, from, to) => {
        const [{ sum }] = await tx.query('select sum(n) as sum from t where id = $1', [from]);
        await tx.query('update t set n = $1 where id = $2', [Number(sum), to]);
      };
      const [a, b] = [await pair.pool.begin(serializable), await pair.pool.begin(serializable)];
      await transfer(a, 1000, 1001);
      await transfer(b, 1001, 1000);
      await a.commit();
      const { error } = await settle(b.commit());
      assert.deepEqual(
        [error?.name, error?.code, error?.outcome, error?.retryable],
        ['ServerError', '40001', 'rolled-back', true],
      );

      let times = 0;
      await pair.pool.transaction(async (tx) => {
        times += 1;
        await transfer(tx, 1000, 1001);
        if (times === 1) {
          const other = await pair.pool.begin(serializable);
          await transfer(other, 1001, 1000);
          await other.commit();
        }
      }, serializable);
      assert.equal(times, 2);
      await pair.recovers();
    });

    it('a deadlock rolls one of two back, and transaction() runs that one again', async () => {
      await pair.ask('insert into t values (1010, 0), (1011, 0)');
      const meeting = { count: 0 };
      let runs = 0;
      const both = (first, second) =>
        pair.pool.transaction(async (tx) => {
          runs += 1;
          await tx.query('update t set n = n + 1 where id = $1', [first]);
          meeting.count += 1;
          await until(() => meeting.count >= 2, { everyMs: 5, what: 'both hold their first row' });
          await tx.query('update t set n = n + 1 where id = $1', [second]);
        });
      await Promise.all([both(1010, 1011), both(1011, 1010)]);
      assert.equal(runs, 3);
      assert.equal(await pair.value('select sum(n) from t where id in (1010, 1011)'), '4');
      await pair.recovers();
    });

    it('statement_timeout and lock_timeout of the pool are errors of the server, and cancel nothing else', async () => {
      const strict = await openRig(cluster, { statementTimeoutMs: 100, lockTimeoutMs: 50 });
      await strict.recovers();
      const slow = await settle(strict.pool.query('select pg_sleep(30)'));
      assert.deepEqual(facts(slow.error), { ...rolledBack, code: '57014', retryable: false, attempts: 1 });
      const tx = await pair.pool.begin();
      await tx.query('update t set n = 0 where id = 1000');
      const locked = await settle(strict.pool.query('update t set n = 1 where id = 1000'));
      assert.deepEqual(facts(locked.error), { ...rolledBack, code: '55P03', retryable: false, attempts: 1 });
      await tx.rollback();
      assert.equal(strict.gate.counts.cancelRequests, 0);
      await strict.recovers();
      await strict.close();
      await pair.recovers();
    });

    it('a session that the server ends for being idle (57P05) is replaced before anybody gets it', async () => {
      const [{ pid }] = await rig.pool.query('select pg_backend_pid() as pid');
      await rig.pool.query("select set_config('idle_session_timeout', '20ms', false)");
      await rig.gone([pid]);
      await rig.settled();
      const [row] = await rig.pool.query('insert into t values ($1, 0) returning pg_backend_pid() as pid', [
        id,
      ]);
      assert.notEqual(row.pid, pid);
      assert.equal(await stored(), 1);
    });

    it('a transaction that the server ends for being idle is rolled back, and the pool goes on', async () => {
      const strict = await openRig(cluster, { idleInTransactionTimeoutMs: 100 });
      await strict.recovers();
      const tx = await strict.pool.begin();
      await tx.query('insert into t values (1020, 1)');
      await until(() => !tx.isOpen(), { what: 'the session is gone' });
      const { error } = await settle(tx.commit());
      assert.deepEqual([error?.code, error?.outcome, error?.retryable], ['25P03', 'rolled-back', true]);
      await strict.recovers();
      assert.equal(await strict.value('select count(*) from t where id = 1020'), '0');
      await strict.close();
    });
  });
});
