'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { createPool } = require('../..');
const { until } = require('../../lib/testing');
const { options, keep } = require('../support/cluster.js');

describe('settings of the sessions', () => {
  it('are those of the options, on every session', async () => {
    const pool = keep(
      createPool(
        options({
          poolSize: 3,
          statementTimeoutMs: 41_000,
          idleInTransactionTimeoutMs: 42_000,
          lockTimeoutMs: 43_000,
          applicationName: 'seen by the server',
        }),
      ),
    );
    const sql = `select pg_backend_pid() as pid, current_setting('statement_timeout') as statement,
      current_setting('idle_in_transaction_session_timeout') as idle, current_setting('lock_timeout') as lock,
      current_setting('application_name') as name, pg_sleep(0.2) is null as slept`;
    const all = await Promise.all(Array.from({ length: 3 }, () => pool.query(sql)));
    assert.equal(new Set(all.map(([{ pid }]) => pid)).size, 3);
    for (const [{ statement, idle, lock, name }] of all) {
      assert.deepEqual([statement, idle, lock, name], ['41s', '42s', '43s', 'seen by the server']);
    }
  });

  it('end a statement and an idle transaction on the server', async () => {
    const pool = keep(createPool(options({ statementTimeoutMs: 500, idleInTransactionTimeoutMs: 100 })));
    await assert.rejects(pool.query('select pg_sleep(60)'), { code: '57014' });
    const tx = await pool.begin();
    await until(() => !tx.isOpen());
    await assert.rejects(tx.query('select 1'), (error) => error.outcome === 'rolled-back' || error.retryable);
  });
});

describe('onConnect', () => {
  it('prepares each session before anybody gets it', async () => {
    const hosts = [];
    const pool = keep(
      createPool(
        options({
          poolSize: 3,
          onConnect: async (session) => {
            hosts.push(session.host);
            await session.query("select set_config('app.tenant', $1, false)", ['acme']);
          },
        }),
      ),
    );
    const all = await Promise.all(
      Array.from({ length: 6 }, () =>
        pool.query(
          "select pg_backend_pid() as pid, current_setting('app.tenant') as tenant, pg_sleep(0.05) is null as s",
        ),
      ),
    );
    assert.deepEqual(new Set(all.map(([{ tenant }]) => tenant)), new Set(['acme']));
    assert.ok(hosts.includes(pool.topology().primary));
    await pool.transaction(async (tx) => {
      assert.equal((await tx.query("select current_setting('app.tenant') as tenant"))[0].tenant, 'acme');
    });
  });

  it('gets rows, and errors of the server', async () => {
    const seen = [];
    const pool = keep(
      createPool(
        options({
          poolSize: 1,
          minIdle: 0,
          onConnect: async (session) => {
            const rows = await session.query('select 1 as x');
            const code = await session.query('select 1 / 0').catch((error) => error.code);
            seen.push([session.host, rows, code]);
          },
        }),
      ),
    );
    await pool.query('select 1');
    const { primary } = pool.topology();
    assert.deepEqual(
      seen.find(([host]) => host === primary),
      [primary, [{ x: 1 }], '22012'],
    );
  });

  it('does not hand on an open transaction', async () => {
    const pool = keep(
      createPool(options({ poolSize: 1, onConnect: (session) => session.query('begin').then(() => {}) })),
    );
    const [{ at: first }] = await pool.query('select now() as at');
    const [{ at: second }] = await pool.query('select now() as at');
    assert.notEqual(first, second, 'the time of a transaction stands still');
  });

  it('that fails makes the calls fail, and says why', async () => {
    const pool = keep(
      createPool(
        options({
          onConnect: () => {
            throw new Error('no tenant');
          },
        }),
      ),
    );
    await assert.rejects(
      pool.query('select 1'),
      (error) =>
        error.name === 'ConnectError' &&
        error.code === 'ERR_ON_CONNECT' &&
        /onConnect.*no tenant/.test(error.message),
    );
    const { primary, hosts } = { ...pool.topology(), hosts: pool.stats().hosts };
    const { connect, connectFailures } = hosts.find(({ host }) => host === primary);
    assert.ok(connectFailures > 0);
    assert.equal(connect.count, 0);
  });

  it('is tried again, and the pool works when it does', async () => {
    let isReady = false;
    const pool = keep(
      createPool(
        options({
          minIdle: 1,
          onConnect: () => {
            if (!isReady) throw new Error('not yet');
          },
        }),
      ),
    );
    await assert.rejects(pool.query('select 1'), { code: 'ERR_ON_CONNECT' });
    isReady = true;
    await until(async () => (await pool.query('select 1 as x').catch(() => [])).length === 1);
  });

  it('that never ends is given up after connectTimeoutMs', async () => {
    const pool = keep(
      createPool(options({ connectTimeoutMs: 1500, onConnect: () => new Promise(() => {}) })),
    );
    await assert.rejects(pool.query('select 1'), (error) =>
      /did not end within the connect timeout/.test(error.message),
    );
  });

  it('may keep its session for too long: then that is refused', async () => {
    let kept;
    const pool = keep(
      createPool(
        options({
          poolSize: 1,
          minIdle: 0,
          onConnect: (session) => {
            kept = session;
          },
        }),
      ),
    );
    await pool.query('select 1');
    await assert.rejects(kept.query('select 1'), /no longer being prepared/);
  });

  it('that is running does not keep the pool from ending', async () => {
    let release;
    let begun = 0;
    const pool = keep(
      createPool(
        options({
          minIdle: 1,
          connectTimeoutMs: 30_000,
          onConnect: () => {
            begun += 1;
            return new Promise((resolve) => (release = resolve));
          },
        }),
      ),
    );
    await until(() => begun > 0);
    await pool.end({ drainTimeoutMs: 0 });
    release();
  });
});

describe('leak detection', () => {
  it('may be patient for longer than a timer can be', async () => {
    for (const leakDetectionMs of [2 ** 31, Infinity]) {
      const pool = keep(createPool(options({ leakDetectionMs })));
      pool.on('leak', ({ heldMs }) => assert.fail(`a leak after ${heldMs} ms`));
      await pool.transaction((tx) => tx.query('select pg_sleep(0.05)'));
    }
  });

  it('tells of a transaction that is open for too long, with who began it', async () => {
    const pool = keep(createPool(options({ leakDetectionMs: 50 })));
    const leaked = once(pool, 'leak');
    async function forgetsToCommit() {
      return await pool.begin();
    }
    const tx = await forgetsToCommit();
    const [event] = await leaked;
    assert.deepEqual([event.type, event.host], ['leak', tx.host()]);
    assert.ok(event.heldMs > 0, `${event.heldMs}`);
    assert.match(event.stack, /forgetsToCommit.*sessions\.test\.js/s);
    await tx.rollback();
  });

  it('tells of transaction(), and warns the process where nobody listens', async () => {
    const pool = keep(createPool(options({ leakDetectionMs: 50 })));
    const warned = once(process, 'warning');
    let release;
    async function worksForLong() {
      await pool.transaction(() => new Promise((resolve) => (release = resolve)));
    }
    const work = worksForLong();
    const [warning] = await warned;
    assert.equal(warning.code, 'HYPERIONDB_LEAK');
    assert.match(warning.detail, /worksForLong/);
    release();
    await work;
  });

  it('is silent about one that ended in time', async () => {
    const pool = keep(createPool(options({ leakDetectionMs: 1000 })));
    let leaks = 0;
    pool.on('leak', () => (leaks += 1));
    await pool.transaction((tx) => tx.query('select 1'));
    const slow = await pool.begin(); // leaks after the first one would have
    await until(() => leaks > 0);
    assert.equal(leaks, 1);
    await slow.rollback();
  });
});
