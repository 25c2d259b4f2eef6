'use strict';

const assert = require('node:assert/strict');
const { createPool } = require('../..');
const { until } = require('../../lib/testing');
const { options, keep } = require('../support/cluster.js');

/** The sums of all hosts' counters, and the counts of their histograms. */
function total(pool) {
  const sum = {};
  for (const host of pool.stats().hosts) add(sum, host);
  return sum;
}

function add(sum, record) {
  for (const [key, value] of Object.entries(record)) {
    if (typeof value === 'number') sum[key] = (sum[key] ?? 0) + value;
    else if (typeof value?.count === 'number') sum[key] = (sum[key] ?? 0) + value.count;
    else if (typeof value === 'object') add((sum[key] ??= {}), value);
  }
}

describe('pool.status()', () => {
  it('has exactly five numbers', async () => {
    const pool = keep(createPool(options({ poolSize: 3, minIdle: 0 })));
    assert.deepEqual({ ...pool.status() }, { maxSize: 3, size: 0, available: 0, inUse: 0, waiting: 0 });
    await pool.query('select 1');
    assert.deepEqual({ ...pool.status() }, { maxSize: 3, size: 1, available: 1, inUse: 0, waiting: 0 });
  });
});

describe('pool.stats()', () => {
  it('counts statements on the host that answered, with how long they took', async () => {
    const pool = keep(createPool(options({ poolSize: 2, minIdle: 0 })));
    for (let i = 0; i < 5; i++) await pool.query('select 1');
    const { primary } = pool.topology();
    const host = pool.stats().hosts.find((each) => each.host === primary);
    assert.equal(host.statements.succeeded, 5);
    assert.equal(host.query.count, 5);
    assert.equal(host.acquire.count, 5);
    assert.equal(host.connect.count, 1);
    assert.equal(host.sessions, 1);
    assert.ok(host.query.sumMs > 0 && host.connect.sumMs > 0);
    const { boundsMs, counts, count } = host.query;
    assert.equal(counts.length, boundsMs.length + 1);
    assert.equal(
      counts.reduce((a, b) => a + b),
      count,
    );
    for (const other of pool.stats().hosts) {
      if (other.host !== primary) assert.equal(other.query.count, 0, other.host);
    }
  });

  it('measures what waits for a session, and the whole of a call', async () => {
    const pool = keep(createPool(options({ poolSize: 1, minIdle: 0 })));
    await Promise.all([pool.query('select pg_sleep(0.6)'), pool.query('select pg_sleep(0.01)')]);
    const host = pool.stats().hosts.find((each) => each.query.count > 0);
    const above = ({ boundsMs, counts }, ms) =>
      counts.filter((_, i) => (boundsMs[i - 1] ?? 0) >= ms).reduce((a, b) => a + b, 0);
    assert.equal(host.acquire.count, 2);
    assert.ok(above(host.acquire, 100) >= 1, 'the second one waited for the first');
    assert.equal(above(host.query, 100), 2, 'and that is part of its time');
  });

  it('counts how statements failed, by what happened to the data', async () => {
    const pool = keep(createPool(options({ poolSize: 1 })));
    await assert.rejects(pool.query('select 1 / 0'), (error) => error.outcome === 'rolled-back');
    await assert.rejects(pool.query('select $1::int4', [1.5]), (error) => error.outcome === 'not-sent');
    const { statements, query } = total(pool);
    assert.deepEqual([statements.rolledBack, statements.notSent, statements.succeeded, query], [1, 1, 0, 2]);
  });

  it('counts transactions by how they ended', async () => {
    const pool = keep(createPool(options()));
    await pool.transaction((tx) => tx.query('select 1'));
    await assert.rejects(
      pool.transaction(() => {
        throw new Error('mine');
      }),
    );
    const forgotten = await pool.begin();
    assert.equal(total(pool).transaction, 2, 'an open one is not counted yet');
    await forgotten.rollback();
    await assert.rejects(pool.transaction((tx) => tx.query('select 1 / 0')));
    const { transactions, transaction } = total(pool);
    assert.deepEqual(transactions, { committed: 1, committedLocally: 0, rolledBack: 3, unknown: 0 });
    assert.equal(transaction, 4);
  });

  it('counts statements that the session had prepared before', async () => {
    const pool = keep(createPool(options({ poolSize: 1, minIdle: 0 })));
    for (let i = 0; i < 4; i++) await pool.query('select $1::int4 as x', [i]);
    const { statementCacheHits, statementCacheMisses } = total(pool);
    assert.equal(statementCacheHits + statementCacheMisses, 4);
    assert.ok(statementCacheHits >= 3, `${statementCacheHits} hits`);
  });

  it('counts cancels, and calls that got no session by why', async () => {
    const pool = keep(createPool(options({ poolSize: 1, minIdle: 1, maxWaiting: 1 })));
    const running = new AbortController();
    const slow = assert.rejects(pool.query('select pg_sleep(60)', [], { signal: running.signal }), {
      code: 'ABORT_ERR',
    });
    await until(() => pool.status().inUse === 1);
    const controller = new AbortController();
    const waiting = assert.rejects(pool.query('select 1', [], { signal: controller.signal }), {
      code: 'ABORT_ERR',
    });
    await until(() => pool.status().waiting === 1);
    await assert.rejects(pool.query('select 1'), { code: 'POOL_EXHAUSTED' });
    controller.abort();
    await waiting;
    running.abort();
    await slow;
    const { acquireFailures } = pool.stats();
    assert.deepEqual({ ...acquireFailures }, { noHost: 0, exhausted: 1, timeout: 0, aborted: 1, refused: 0 });
    assert.equal(total(pool).cancels, 1);
  });

  it('counts sessions that were lost, and the statements that were sent again for it', async () => {
    const pool = keep(createPool(options({ poolSize: 2, minIdle: 1 })));
    const killer = keep(createPool(options({ poolSize: 1 })));
    const [{ pid }] = await pool.query('select pg_backend_pid() as pid');
    const answer = pool.query('select pg_sleep(0.5)', [], { retry: true });
    await until(async () => {
      const [{ n }] = await killer.query(
        "select count(*)::int4 as n from pg_stat_activity where pid = $1 and wait_event = 'PgSleep'",
        [pid],
      );
      return n === 1;
    });
    await killer.query('select pg_terminate_backend($1)', [pid]);
    await answer;
    const { retries, evictions, statements } = total(pool);
    assert.equal(evictions.lost, 1);
    assert.equal(retries.lost + retries.shutdown, 1);
    assert.equal(statements.succeeded, 2);
  });

  it('counts sessions that nobody used and that grew old', async () => {
    const pool = keep(createPool(options({ poolSize: 2, minIdle: 0, idleTimeoutMs: 1 })));
    await pool.query('select 1');
    await until(() => total(pool).evictions.idle === 1);
    const old = keep(createPool(options({ poolSize: 1, minIdle: 0, maxLifetimeMs: 1 })));
    await old.query('select pg_sleep(0.01)');
    await until(() => total(old).evictions.lifetime >= 1);
  });
});

describe('pool.health()', () => {
  it('is ready when the mode of the pool has a host', async () => {
    const pool = keep(createPool(options()));
    await pool.query('select 1');
    assert.deepEqual({ ...pool.health() }, { live: true, ready: true, reasons: [] });
  });

  it('says why it is not ready', async () => {
    const [host] = options().hosts;
    const pool = keep(createPool(options({ hosts: [host.replace(/:\d+$/, ':1')] })));
    await until(() => pool.health().reasons.length > 1);
    const { live, ready, reasons } = pool.health();
    assert.deepEqual([live, ready, reasons[0]], [true, false, 'There is no writable primary.']);
    assert.match(reasons[1], /:1: .*refused/i);
  });

  it('is not alive after end()', async () => {
    const pool = keep(createPool(options()));
    await pool.end();
    assert.deepEqual(
      { ...pool.health() },
      { live: false, ready: false, reasons: ['The pool is closed: end() was called.'] },
    );
  });
});
