/*
 * Worker threads: each has a pool of its own; all pools of the process share one I/O thread and what is known of the
 * cluster. Errors cross to the main thread as what they say, not as classes.
 *
 *   DATABASE_URL=postgres://app@10.0.0.1,10.0.0.2/shop node examples/workers.mjs
 */

import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { createPool } from 'hyperiondb-client';

const WORKERS = 4;

async function main() {
  const pool = createPool(process.env.DATABASE_URL, { poolSize: 2 });
  await pool.query('update accounts set balance = 0');
  const parts = Array.from({ length: WORKERS }, (_, part) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { part, of: WORKERS } });
    return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  });
  const counts = await Promise.all(parts);
  const [{ total }] = await pool.query('select sum(balance)::int4 as total from accounts');
  console.log(`${counts.length} workers paid into ${counts.reduce((a, b) => a + b)} accounts: ${total}`);
  await pool.end();
}

/** Pays one into each account of its share. */
async function work({ part, of }) {
  const pool = createPool(process.env.DATABASE_URL, { poolSize: 2, minIdle: 0 });
  const rows = await pool.query('update accounts set balance = balance + 1 where id % $1 = $2 returning id', [
    of,
    part,
  ]);
  await pool.end();
  parentPort.postMessage(rows.rowCount);
}

if (isMainThread) await main();
else await work(workerData);
