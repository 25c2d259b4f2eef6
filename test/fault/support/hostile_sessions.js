'use strict';

// Works through a mutating proxy, one pool for each seed: `node hostile_sessions.js <from> <to>`. What is wrong is
// printed with its seed; the process prints how it is doing, so that its parent knows which seeds have ended it.

const { createPool } = require('../../..');
const { openMutator } = require('../../support/mutator');

const [from, to] = process.argv.slice(2).map(Number);
const server = JSON.parse(process.env.HOSTILE_SERVER ?? '{}');
const PARALLEL = 32;
const SETTLE_MS = 30_000;

const limits = {
  poolSize: 2,
  minIdle: 0,
  connectTimeoutMs: 250,
  acquireTimeoutMs: 400,
  cancelTimeoutMs: 100,
  suspectAfterMs: 100,
  monitorIntervalMs: 50,
  timeoutMs: 400,
  maxResultBytes: 1 << 20,
  retry: { maxAttempts: 2, baseDelayMs: 1, maxDelayMs: 2 },
};

/** Every kind of exchange on a session. @param {any} pool @returns {Promise<unknown>[]} */
const work = (pool) => [
  pool.query('select $1::int as i, $2::text as t, now() as at', [1, 'two']),
  pool.query('select g, g::text, g::numeric, array[g, null], null as n from generate_series(1, 50) g'),
  pool.query('insert into t (x) values ($1) returning x', [7]),
  pool.query('select * from nowhere'),
  pool.query("select 'a'::bytea, '{\"b\": 1}'::jsonb, interval '1 day', 1.5::float8, true, now()::date"),
  pool.batch(['select 1', { sql: 'select $1::text', params: ['x'] }]),
  pool.transaction(async (tx) => {
    await tx.query('insert into t (x) values (1)');
    await tx.savepoint(() => tx.query('select 1/0')).catch(() => {});
    return tx.query('select count(*) from t');
  }),
  pool.describe('select $1::uuid'),
  pool.query('select pg_sleep(10)', [], { signal: AbortSignal.timeout(20) }),
];

async function hostile(seed) {
  const mutator = await openMutator(server, seed);
  const pool = createPool({
    ...limits,
    ...server.login,
    hosts: [mutator.address],
    mode: seed % 5 === 0 ? 'any' : 'read-write',
  });
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, SETTLE_MS, 'late');
  });
  const all = work(pool);
  const ended = await Promise.race([Promise.allSettled(all), late]);
  if (ended === 'late')
    console.log(`WRONG seed ${seed}: not every promise is settled; ${mutator.done.join('; ')}`);
  else {
    for (const { reason } of ended) {
      if (reason && !reason.outcome && !(reason instanceof Error))
        console.log(`WRONG seed ${seed}: ${reason}`);
      if (reason?.name === 'InternalError')
        console.log(`WRONG seed ${seed}: ${reason.message}; ${mutator.done.join('; ')}`);
    }
  }
  if ((await Promise.race([pool.end({ drainTimeoutMs: 0 }), late])) === 'late') {
    console.log(`WRONG seed ${seed}: end() did not end; ${mutator.done.join('; ')}`);
  }
  clearTimeout(timer);
  await mutator.close();
}

async function main() {
  let next = from;
  let done = 0;
  const rss = () => Math.round(process.memoryUsage().rss / 1048576);
  let early = 0;
  const worker = async () => {
    while (next < to) {
      const seed = next++;
      console.log(`begin ${seed}`);
      await hostile(seed);
      console.log(`end ${seed}`);
      done += 1;
      if (done === Math.min(500, Math.ceil((to - from) / 2))) early = rss();
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  console.log(`memory ${early} ${rss()}`);
}

main();
