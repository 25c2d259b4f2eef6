'use strict';

/*
 * An application under load and an oracle that knows every acknowledged write.
 *
 *   const load = await startLoad(cluster, { writers: 20, readers: 20 })
 *   … break the cluster …
 *   await load.untilAcknowledged()        // the application writes again
 *   const verdict = await load.stop()     // what the application saw, held against what the database holds
 *
 * The table has no unique constraint: a statement that was sent twice shows as two rows.
 */

const assert = require('node:assert/strict');
const { createPool } = require('../../..');
const { until } = require('../../../lib/testing');

/**
 * @param {import('../../../lib/testing').Cluster} cluster
 * @param {{ writers?: number, readers?: number, transactions?: number, pauseMs?: number, pool?: object, readPool?: object, readMode?: string }} [options]
 *   pauseMs: of each of them, after each call
 */
async function startLoad(cluster, options = {}) {
  const { writers = 20, readers = 20, transactions = 0, pauseMs = 0 } = options;
  const pool = createPool({
    ...cluster.connectionOptions(),
    poolSize: 10,
    acquireTimeoutMs: 20_000,
    ...options.pool,
  });
  const reads = options.readPool
    ? createPool({ ...cluster.connectionOptions(), poolSize: 10, ...options.readPool })
    : pool;
  await pool.query('create table if not exists ledger (id bigint not null)');
  await pool.query('truncate ledger');
  if (options.readPool) await cluster.waitForCaughtUp();

  const acknowledged = new Map(); // id → when, in ms
  const doubtful = new Set();
  const errors = [];
  const events = [];
  let stopping = false;
  let nextId = 0;
  let readCount = 0;
  let unsettled = 0;

  for (const name of ['primaryChanged', 'fenced', 'hostDown', 'hostUp', 'splitBrain', 'hold', 'drained']) {
    pool.on(name, (event) => events.push({ at: performance.now(), ...event }));
  }

  const track = async (work) => {
    unsettled++;
    try {
      return await work();
    } finally {
      unsettled--;
    }
  };
  const waits = new Set();
  const failed = (error) => {
    errors.push(error);
    if (error.name === 'PoolClosedError') stopping = true; // nothing else can come
  };
  const wrote = (id, error) => {
    if (!error) {
      acknowledged.set(id, performance.now());
      for (const wait of waits) if (id > wait.from) wait.left--;
    } else if (error.name === 'InDoubtError') doubtful.add(id);
    else failed(error);
  };
  const pause = () => pauseMs > 0 && new Promise((resolve) => setTimeout(resolve, pauseMs));
  const writer = async () => {
    while (!stopping) {
      const id = ++nextId;
      await track(() => pool.query('insert into ledger (id) values ($1)', [id])).then(
        () => wrote(id),
        (error) => wrote(id, error),
      );
      await pause();
    }
  };
  const transactor = async () => {
    while (!stopping) {
      const id = ++nextId;
      await track(() =>
        pool.transaction(async (tx) => {
          await tx.query('select count(*) from ledger where id = $1', [id]);
          await tx.query('insert into ledger (id) values ($1)', [id]);
        }),
      ).then(
        () => wrote(id),
        (error) => wrote(id, error),
      );
      await pause();
    }
  };
  const reader = async () => {
    while (!stopping) {
      await track(() => reads.query('select max(id) as id from ledger')).then(() => readCount++, failed);
      await (pause() || new Promise((resolve) => setImmediate(resolve)));
    }
  };
  const workers = [
    ...Array.from({ length: writers }, writer),
    ...Array.from({ length: readers }, reader),
    ...Array.from({ length: transactions }, transactor),
  ];

  /** Waits until so many writes that began after this call are acknowledged. */
  const untilAcknowledged = async (count = 50, timeoutMs = 30_000) => {
    const wait = { from: nextId, left: count };
    waits.add(wait);
    try {
      await until(() => wait.left <= 0, { timeoutMs, what: `${count} more acknowledged writes` });
    } finally {
      waits.delete(wait);
    }
  };
  const untilRead = async (count = 20, timeoutMs = 30_000) => {
    const from = readCount;
    await until(() => readCount >= from + count, { timeoutMs, what: `${count} more reads` });
  };

  /** Ends the load; every promise must settle. */
  const stop = async () => {
    stopping = true;
    await Promise.race([
      Promise.all(workers),
      until(() => unsettled === 0, { timeoutMs: 30_000, what: 'every promise to settle' }),
    ]);
    const rows = await pool.query('select id, count(*)::int as copies from ledger group by id');
    const stored = new Map(rows.map((row) => [Number(row.id), row.copies]));
    const status = pool.status();
    await pool.end();
    if (reads !== pool) await reads.end();
    return {
      acknowledged: acknowledged.size,
      lost: [...acknowledged.keys()].filter((id) => !stored.has(id)),
      doubled: [...stored].filter(([, copies]) => copies > 1).map(([id]) => id),
      doubtful: doubtful.size,
      doubtfulStored: [...doubtful].filter((id) => stored.has(id)).length,
      unsettled,
      reads: readCount,
      errors,
      events,
      status,
      times: [...acknowledged.values()].sort((a, b) => a - b),
    };
  };
  return { pool, reads, events, errors, acknowledged, untilAcknowledged, untilRead, stop };
}

/** What every failover must fulfill: nothing lost, nothing twice, nothing hanging, no error but a true doubt. */
function assertHonest(verdict) {
  assert.deepEqual(verdict.lost, [], 'acknowledged writes that are not stored');
  assert.deepEqual(verdict.doubled, [], 'statements that ran twice');
  assert.equal(verdict.unsettled, 0, 'promises that did not settle');
  assert.deepEqual(
    verdict.errors.map((error) => `${error.name} ${error.code}: ${error.message}`),
    [],
  );
  assert.ok(verdict.acknowledged > 0, 'the application wrote');
}

module.exports = { startLoad, assertHonest };
