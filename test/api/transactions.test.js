'use strict';

const assert = require('node:assert/strict');
const { inspect } = require('node:util');
const { Transaction, TransactionClosedError } = require('../..');
const { until } = require('../../lib/testing');
const { newPool } = require('../support/cluster.js');
const { errorOf } = require('../support/error_of');

describe('a transaction', () => {
  let pool;
  const all = async () => (await pool.query('select x from api_tx order by x')).map(({ x }) => x);
  const insert = (where, ...values) => where.query('insert into api_tx select unnest($1::int[])', [values]);

  const fail40001 = (tx) => tx.query('select api_tx_fail()');

  before(async () => {
    const setup = newPool();
    await setup.query(
      `create or replace function api_tx_fail() returns void language plpgsql as
       $$ begin raise exception 'again' using errcode = '40001'; end $$`,
    );
    await setup.query('drop table if exists api_tx');
    await setup.query('create table api_tx (x int)');
    await setup.end();
  });
  beforeEach(async () => {
    pool = newPool();
    await pool.query('truncate api_tx');
  });

  describe('by begin()', () => {
    it('shows its writes to others only after commit()', async () => {
      const tx = await pool.begin();
      assert.ok(tx instanceof Transaction);
      await insert(tx, 1, 2);
      assert.deepEqual(await tx.query('select count(*)::int as n from api_tx'), [{ n: 2 }]);
      assert.deepEqual(await all(), []);
      assert.equal(await tx.commit(), undefined);
      assert.deepEqual(await all(), [1, 2]);
    });

    it('leaves nothing after rollback()', async () => {
      const tx = await pool.begin();
      await insert(tx, 1);
      await tx.rollback();
      assert.deepEqual(await all(), []);
    });

    it('knows whether it is open, and its host', async () => {
      const tx = await pool.begin();
      assert.equal(tx.isOpen(), true);
      assert.equal(tx.host(), pool.topology().primary);
      assert.match(inspect(tx), /^Transaction \{.*isOpen: true/);
      await tx.commit();
      assert.equal(tx.isOpen(), false);
    });

    it('takes nothing more once it has ended', async () => {
      for (const end of ['commit', 'rollback']) {
        const tx = await pool.begin();
        await tx[end]();
        const closed = { name: 'TransactionClosedError', code: 'TRANSACTION_CLOSED', outcome: 'not-sent' };
        assert.ok((await errorOf(tx.query('select 1'))) instanceof TransactionClosedError);
        await assert.rejects(tx.query('select 1'), closed);
        await assert.rejects(tx.commit(), closed);
        await assert.rejects(tx.rollback(), closed);
        await assert.rejects(
          tx.savepoint(() => {}),
          closed,
        );
      }
      assert.equal(pool.status().inUse, 0);
    });

    it('runs its statements one after the other, also when nobody waits', async () => {
      const tx = await pool.begin();
      const answers = [1, 2, 3, 4, 5].map((x) => insert(tx, x));
      const count = tx.query('select count(*)::int as n from api_tx');
      const committed = tx.commit();
      await Promise.all(answers);
      assert.deepEqual(await count, [{ n: 5 }]);
      await committed;
      assert.deepEqual(await all(), [1, 2, 3, 4, 5]);
    });

    it('can only be rolled back after an error; commit() says that nothing is stored', async () => {
      const tx = await pool.begin();
      await insert(tx, 1);
      const first = await errorOf(tx.query('select nonsense'));
      const second = await errorOf(tx.query('select 1'));
      assert.deepEqual([second.code, second.outcome], ['25P02', 'not-executed']);
      assert.equal(second.cause.message, first.message);
      const commit = await errorOf(tx.commit());
      assert.equal(commit.outcome, 'rolled-back');
      assert.equal(commit.cause.message, first.message);
      assert.deepEqual(await all(), []);
      const other = await pool.begin();
      await errorOf(other.query('select nonsense'));
      await other.rollback();
    });

    it('fails at commit() when a deferred constraint does', async () => {
      await pool.query('drop table if exists api_tx_deferred');
      await pool.query('create table api_tx_deferred (x int unique deferrable initially deferred)');
      const tx = await pool.begin();
      await tx.query('insert into api_tx_deferred values (1), (1)');
      await assert.rejects(tx.commit(), { name: 'ServerError', code: '23505', outcome: 'rolled-back' });
    });

    it('has the isolation and the access that was asked for', async () => {
      const settings = `select current_setting('transaction_isolation') as i, current_setting('transaction_read_only') as r,
                               current_setting('transaction_deferrable') as d`;
      for (const [options, expected] of [
        [undefined, { i: 'read committed', r: 'off', d: 'off' }],
        [{ isolation: 'repeatable-read' }, { i: 'repeatable read', r: 'off', d: 'off' }],
        [
          { isolation: 'serializable', readOnly: true, deferrable: true },
          { i: 'serializable', r: 'on', d: 'on' },
        ],
      ]) {
        const tx = await pool.begin(options);
        assert.deepEqual(await tx.query(settings), [expected]);
        await tx.rollback();
      }
      const reading = await pool.begin({ readOnly: true });
      await assert.rejects(insert(reading, 1), { code: '25006' });
      await reading.rollback();
    });

    it('runs on a standby where that is asked for', async function () {
      if (pool.topology().hosts.length < 2) this.skip('the cluster that was named has no standby');
      const tx = await pool.begin({ mode: 'read-only' });
      assert.deepEqual(await tx.query('select pg_is_in_recovery() as standby'), [{ standby: true }]);
      await tx.commit();
    });

    it('refuses wrong options', async () => {
      for (const [options, message] of [
        [{ isolated: true }, /isolat/],
        [{ isolation: 'chaos' }, /isolation/],
        [{ readOnly: 'yes' }, /readOnly/],
        [{ timeoutMs: -5 }, /timeoutMs/],
        [5, /options/],
      ])
        await assert.rejects(pool.begin(options), { name: 'ConfigurationError', message });
    });

    it('gives its session back when nobody ends it in time', async () => {
      const single = newPool({ poolSize: 1, minIdle: 0 });
      await single.query('select 1');
      const tx = await single.begin({ timeoutMs: 200 });
      await until(() => !tx.isOpen(), { what: 'the end of the transaction' });
      await assert.rejects(tx.query('select 1'), { name: 'TimeoutError', outcome: 'rolled-back' });
      assert.deepEqual(await single.query('select 1 as x'), [{ x: 1 }]);
    });

    it('survives no loss of its session', async () => {
      const tx = await pool.begin();
      await insert(tx, 1);
      const [{ pid }] = await tx.query('select pg_backend_pid() as pid');
      await pool.query('select pg_terminate_backend($1)', [pid]);
      await until(() => !tx.isOpen(), { what: 'the news of the loss' });
      await assert.rejects(tx.query('select 1'), {
        name: 'ConnectionLostError',
        outcome: 'rolled-back',
        retryable: true,
      });
      await assert.rejects(tx.commit(), { outcome: 'rolled-back' });
      await tx.rollback();
      assert.deepEqual(await all(), []);
    });
  });

  describe('by transaction()', () => {
    it('commits and gives what its work gave', async () => {
      const given = await pool.transaction(async (tx) => {
        await insert(tx, 1);
        return 'given';
      });
      assert.equal(given, 'given');
      assert.deepEqual(await all(), [1]);
    });

    it('rolls back and throws what its work threw', async () => {
      const mine = new Error('mine');
      const thrown = await errorOf(
        pool.transaction(async (tx) => {
          await insert(tx, 1);
          throw mine;
        }),
      );
      assert.equal(thrown, mine);
      const sync = await errorOf(
        pool.transaction(() => {
          throw mine;
        }),
      );
      assert.equal(sync, mine);
      assert.deepEqual(await all(), []);
      assert.equal(pool.status().inUse, 0);
    });

    it('leaves a transaction alone that its work has ended', async () => {
      await pool.transaction(async (tx) => {
        await insert(tx, 1);
        await tx.commit();
      });
      await pool.transaction(async (tx) => {
        await insert(tx, 2);
        await tx.rollback();
      });
      assert.deepEqual(await all(), [1]);
    });

    it('runs its work again after a serialization failure', async () => {
      await insert(pool, 1);
      let runs = 0;
      const gate = Promise.withResolvers?.() ?? defer();
      const add = (isFirst) =>
        pool.transaction(
          async (tx) => {
            runs += 1;
            const [{ sum }] = await tx.query('select sum(x)::int as sum from api_tx');
            if (isFirst && runs === 1) await gate.promise;
            await insert(tx, sum);
          },
          { isolation: 'serializable' },
        );
      const first = add(true);
      await until(() => runs === 1, { what: 'the first run' });
      await add(false);
      gate.resolve();
      await first;
      assert.equal(runs, 3, 'one of the two ran twice');
      assert.deepEqual(await all(), [1, 1, 2], 'as if one had run after the other');
    });

    it('runs it as often as it may, and not after other errors', async () => {
      const few = newPool({ retry: { maxAttempts: 4, baseDelayMs: 1, maxDelayMs: 2 } });
      let runs = 0;
      const fail = (code) => (tx) => {
        runs += 1;
        return tx.query(`do $$ begin raise exception 'again' using errcode = '${code}'; end $$`);
      };
      await assert.rejects(few.transaction(fail('40001')), {
        code: '40001',
        outcome: 'rolled-back',
        retryable: true,
      });
      assert.equal(runs, 4);
      runs = 0;
      await assert.rejects(few.transaction(fail('40P01')), { code: '40P01' });
      assert.equal(runs, 4);
      runs = 0;
      await assert.rejects(few.transaction(fail('23505')), { code: '23505', retryable: false });
      assert.equal(runs, 1);
    });

    it('takes undefined in `retry` as the default', async () => {
      const patient = newPool({
        retry: { maxAttempts: undefined, baseDelayMs: undefined, maxDelayMs: undefined },
      });
      let runs = 0;
      const work = (tx) => {
        if (++runs > 3) throw new Error('once more than the default says');
        return fail40001(tx);
      };
      await assert.rejects(patient.transaction(work), { code: '40001' });
      assert.equal(runs, 3);
    });

    describe('whose work fails for a reason of its own', () => {
      /** A retryable error that belongs to no transaction. */
      const foreignError = async () => {
        const other = newPool({ hosts: ['127.0.0.1:1'], minIdle: 0, acquireTimeoutMs: 20 });
        const error = await errorOf(other.query('select 1'));
        assert.equal(error.retryable, true);
        return error;
      };

      it('is never run again after a COMMIT of its own', async () => {
        const error = await foreignError();
        let runs = 0;
        const thrown = await errorOf(
          pool.transaction(async (tx) => {
            await insert(tx, ++runs);
            await tx.commit();
            throw error;
          }),
        );
        assert.equal(thrown, error);
        assert.deepEqual([runs, await all()], [1, [1]]);
      });

      it('is not run again for the error of another pool', async () => {
        const error = await foreignError();
        let runs = 0;
        const thrown = await errorOf(
          pool.transaction(async (tx) => {
            await insert(tx, ++runs);
            throw error;
          }),
        );
        assert.equal(thrown, error);
        assert.deepEqual([runs, await all()], [1, []]);
      });

      it('is not run again after a COMMIT for an error that a savepoint has undone', async () => {
        let runs = 0;
        const thrown = await errorOf(
          pool.transaction(async (tx) => {
            await insert(tx, ++runs);
            const error = await errorOf(tx.savepoint(() => fail40001(tx)));
            await tx.commit();
            throw error;
          }),
        );
        assert.equal(thrown.retryable, true);
        assert.deepEqual([runs, await all()], [1, [1]]);
      });

      it('is run again for an error of its own that is thrown on', async () => {
        let runs = 0;
        await pool.transaction(async (tx) => {
          await insert(tx, ++runs);
          if (runs === 1) await tx.savepoint(() => fail40001(tx));
        });
        assert.deepEqual([runs, await all()], [2, [2]]);
      });
    });

    it('runs it again when its session was lost before the commit', async () => {
      let runs = 0;
      await pool.transaction(async (tx) => {
        runs += 1;
        await insert(tx, runs);
        if (runs > 1) return;
        const [{ pid }] = await tx.query('select pg_backend_pid() as pid');
        await pool.query('select pg_terminate_backend($1)', [pid]);
        await until(() => !tx.isOpen(), { what: 'the news of the loss' });
      });
      assert.deepEqual([runs, await all()], [2, [2]]);
    });

    it('wants a function', async () => {
      for (const wrong of [undefined, null, 'select 1', {}])
        await assert.rejects(pool.transaction(wrong), {
          name: 'ConfigurationError',
          message: '`work` must be a function.',
        });
    });
  });

  describe('with an answer that cannot be shown', () => {
    const refused = { parsers: { int4: () => assert.fail('a parser that throws') } };
    const write = (tx, x, options) => tx.query('insert into api_tx values ($1) returning x', [x], options);
    const says = { name: 'ResultError', outcome: 'rolled-back' };

    it('says that nothing is stored, and nothing is', async () => {
      await assert.rejects(
        pool.transaction((tx) => write(tx, 1, refused)),
        says,
      );
      await assert.rejects(
        pool.transaction((tx) => tx.query("select 'infinity'::date", [], { timestamps: 'date' })),
        says,
      );
      await assert.rejects(
        pool.transaction((tx) => tx.insert('api_tx', { x: 1 }, refused), { exactlyOnce: true }),
        says,
      );
      assert.deepEqual(await all(), []);
    });

    it('cannot be committed', async () => {
      const tx = await pool.begin();
      const error = await errorOf(write(tx, 1, refused));
      await write(tx, 2);
      assert.equal(await errorOf(tx.commit()), error);
      assert.equal(tx.isOpen(), false);
      assert.deepEqual(await all(), []);
    });

    it('is undone with its savepoint, and the rest is kept', async () => {
      await pool.transaction(async (tx) => {
        await write(tx, 1);
        await assert.rejects(
          tx.savepoint((inner) => write(inner, 2, refused)),
          says,
        );
        await assert.rejects(
          tx.savepoint((inner) => write(inner, 3, refused).catch(() => {})),
          says,
        );
        await write(tx, 4);
      });
      assert.deepEqual(await all(), [1, 4]);
    });
  });

  for (const [what, given] of Object.entries({
    'a signal': { signal: new AbortController().signal },
    parsers: { parsers: { int4: Number } },
    serializers: { serializers: { int4: String } },
  })) {
    it(`keeps the order of its calls when one has ${what}`, async () => {
      const tx = await pool.begin();
      const note = 'insert into api_tx_order (x) values ($1::int)';
      await tx.query('create temp table api_tx_order (n serial, x int) on commit drop');
      const bytes = Buffer.from('7');
      const calls = [
        tx.query(note, [1], given),
        tx.query(note, [2]),
        tx.savepoint((inner) => inner.query(note, [3], given)),
        tx.query(note, [4], given),
        tx.query("insert into api_tx_order (x) values (convert_from($1, 'utf8')::int)", [bytes]),
        tx.query('select array_agg(x order by n) as order from api_tx_order'),
      ];
      const committed = tx.commit();
      bytes.fill('0');
      const last = await Promise.all(calls);
      assert.deepEqual(last.at(-1)[0].order, [1, 2, 3, 4, 7]);
      await committed;
    });
  }
});

function defer() {
  let resolve;
  const promise = new Promise((r) => {
    resolve = r;
  });
  return { promise, resolve };
}
