'use strict';

const assert = require('node:assert/strict');
const { AsyncLocalStorage } = require('node:async_hooks');
const { Transaction } = require('../..');
const { newPool } = require('../support/cluster.js');
const { errorOf } = require('../support/error_of');

describe('savepoints of a transaction', () => {
  let pool;
  const all = async () => (await pool.query('select x from api_savepoint order by x')).map(({ x }) => x);
  const insert = (where, x) => where.query('insert into api_savepoint values ($1)', [x]);

  before(async () => {
    const setup = newPool();
    await setup.query('drop table if exists api_savepoint');
    await setup.query('create table api_savepoint (x int)');
    await setup.end();
  });
  beforeEach(async () => {
    pool = newPool();
    await pool.query('truncate api_savepoint');
  });

  it('keeps what was before one that failed', async () => {
    await pool.transaction(async (tx) => {
      await insert(tx, 1);
      const failed = await errorOf(
        tx.savepoint(async () => {
          await insert(tx, 2);
          await tx.query('select nonsense');
        }),
      );
      assert.equal(failed.code, '42703');
      await insert(tx, 3);
    });
    assert.deepEqual(await all(), [1, 3]);
  });

  it('may nest', async () => {
    await pool.transaction(async (tx) => {
      const inner = await tx.savepoint(async (outer) => {
        await insert(outer, 1);
        await errorOf(
          outer.savepoint(async (deep) => {
            await insert(deep, 2);
            throw new Error('inner');
          }),
        );
        return outer.savepoint(async (deep) => {
          await insert(deep, 3);
          return 'deep';
        });
      });
      assert.equal(inner, 'deep');
      await errorOf(
        tx.savepoint(async (outer) => {
          await outer.savepoint((deep) => insert(deep, 4));
          throw new Error('outer');
        }),
      );
    });
    assert.deepEqual(await all(), [1, 3]);
  });

  describe('at once', () => {
    const states = (all) => all.map(({ status }) => status);
    const failing = (x) => async (inner) => {
      await insert(inner, x);
      await pool.query('select pg_sleep(0.05)');
      throw new Error('undo me only');
    };

    it('has them one after the other, and what is asked beside them in its turn', async () => {
      await pool.transaction(async (tx) => {
        const settled = await Promise.allSettled([
          insert(tx, 1),
          tx.savepoint(failing(2)),
          insert(tx, 3),
          tx.savepoint(() => insert(tx, 4)),
          tx.savepoint(failing(5)),
          insert(tx, 6),
        ]);
        const [kept, undone] = ['fulfilled', 'rejected'];
        assert.deepEqual(states(settled), [kept, undone, kept, kept, undone, kept]);
      });
      assert.deepEqual(await all(), [1, 3, 4, 6]);
    });

    it('knows by whom something is asked, whichever handle is used', async () => {
      await pool.transaction(async (tx) => {
        const settled = await Promise.allSettled([
          tx.savepoint(async (a) => {
            await Promise.allSettled([
              tx.savepoint(async (b) => {
                await Promise.all([insert(tx, 1), insert(a, 2), insert(b, 3)]);
                throw new Error('inner');
              }),
              insert(tx, 4),
              insert(a, 5),
            ]);
          }),
          tx.savepoint(async () => {
            await tx.savepoint(() => insert(tx, 6));
            throw new Error('outer');
          }),
        ]);
        assert.deepEqual(states(settled), ['fulfilled', 'rejected']);
      });
      assert.deepEqual(await all(), [4, 5]);
    });

    it('ends one only after those in it that nobody waits for', async () => {
      await pool.transaction(async (tx) => {
        const inner = [];
        await errorOf(
          tx.savepoint(async (outer) => {
            inner.push(
              outer.savepoint(() => insert(outer, 1)),
              insert(outer, 2),
            );
            throw new Error('outer');
          }),
        );
        assert.deepEqual(states(await Promise.allSettled(inner)), ['fulfilled', 'fulfilled']);
        await insert(tx, 3);
      });
      assert.deepEqual(await all(), [3]);
    });

    it('commits only when they have ended, and rolls back at once', async () => {
      const late = (tx) =>
        tx.savepoint(async (inner) => void (await insert(inner, 1), await insert(inner, 2)));
      await pool.transaction((tx) => void late(tx));
      assert.deepEqual(await all(), [1, 2]);
      const tx = await pool.begin();
      const [isOpen, gate] = [defer(), defer()];
      const calls = [
        tx.savepoint(async (inner) => {
          isOpen.resolve(await insert(inner, 3));
          await gate.promise;
          await insert(inner, 4);
        }),
        insert(tx, 5),
      ].map(errorOf);
      await isOpen.promise;
      await tx.rollback();
      gate.resolve();
      for (const { name, outcome } of await Promise.all(calls))
        assert.deepEqual([name, outcome], ['TransactionClosedError', 'not-sent']);
      assert.deepEqual(await all(), [1, 2]);
    });

    it('has no use for the handle of one that has ended', async () => {
      await pool.transaction(async (tx) => {
        const gate = defer();
        let later;
        const handle = await tx.savepoint((inner) => {
          later = gate.promise.then(() => insert(tx, 1));
          return inner;
        });
        assert.ok(handle instanceof Transaction);
        const closed = {
          name: 'TransactionClosedError',
          message: 'The savepoint of this handle has ended.',
        };
        await assert.rejects(handle.query('select 1'), closed);
        await assert.rejects(
          handle.savepoint(() => {}),
          closed,
        );
        gate.resolve();
        await later; // is in the transaction now
      });
      assert.deepEqual(await all(), [1]);
    });

    it('leaves what was asked where it was asked', async () => {
      const who = new AsyncLocalStorage();
      await pool.transaction(async (tx) => {
        const seen = ['a', 'b'].map((name) =>
          who.run(name, () => tx.savepoint(async () => (await insert(tx, 1), who.getStore()))),
        );
        assert.deepEqual(await Promise.all(seen), ['a', 'b']);
      });
    });
  });

  it('wants a function', async () => {
    const tx = await pool.begin();
    await assert.rejects(tx.savepoint('x'), {
      name: 'ConfigurationError',
      message: '`work` must be a function.',
    });
    await tx.rollback();
  });
});

function defer() {
  let resolve;
  const promise = new Promise((r) => {
    resolve = r;
  });
  return { promise, resolve };
}
