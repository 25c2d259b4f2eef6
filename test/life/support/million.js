'use strict';

// Very many requests wait while there is no primary: `node million.js <how many> <time limit of half of them, in ms>`.
// Controlled by messages from its parent.

const { newPool } = require('./pool.js');

const [count, timeoutMs] = process.argv.slice(2).map(Number);
const told = (word) =>
  new Promise((resolve) => process.on('message', (message) => message === word && resolve(undefined)));
const settledMemory = async () => {
  for (let i = 0; i < 4; i += 1) {
    global.gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return process.memoryUsage();
};

async function main() {
  const pool = newPool({
    poolSize: 1, // one session answers in order
    minIdle: 1,
    acquireTimeoutMs: 3_600_000,
    maxWaiting: 10_000_000,
    maxWaitingBytes: 8 * 2 ** 30,
    monitorIntervalMs: 200,
  });
  await pool.query('select 1');
  const isGone = told('gone');
  process.send('ready');
  await isGone;

  // One half waits until the primary is back, the other one's time passes before.
  const order = [];
  const outcomes = new Map();
  const note = (what) => outcomes.set(what, (outcomes.get(what) ?? 0) + 1);
  const before = await settledMemory();
  const waiting = [];
  for (let i = 0; i < count; i += 1) {
    const isPatient = i % 2 === 0;
    const call = pool.query('select $1::int as i', [i], isPatient ? undefined : { timeoutMs });
    waiting.push(
      call.then(
        ([row]) => order.push(row.i),
        (error) => note(error.name),
      ),
    );
    if (i % 10_000 === 0) await new Promise(setImmediate);
  }
  while (pool.status().waiting < count && outcomes.size === 0)
    await new Promise((resolve) => setTimeout(resolve, 20));
  const after = await settledMemory();
  const perRequest = (what) => Math.round((after[what] - before[what]) / count);
  process.send({ ofJs: perRequest('heapUsed'), all: perRequest('rss') });

  const isBack = told('back');
  while ((outcomes.get('TimeoutError') ?? 0) < Math.floor(count / 2))
    await new Promise((resolve) => setTimeout(resolve, 20));
  process.send({ timedOut: outcomes.get('TimeoutError') });
  await isBack;
  await Promise.all(waiting);
  const isFifo = order.every((number, i) => i === 0 || number > order[i - 1]);
  process.send({ answered: order.length, isFifo, outcomes: [...outcomes.keys()] });
  await pool.end();
  process.disconnect();
}

main();
