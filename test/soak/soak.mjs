// soak.mjs: many queries of all kinds while the sessions are cut every ten seconds. Memory, descriptors and threads stay
// where they are.
//
//   npm run test:soak [-- --queries 10000000] [--cut-every-ms 10000] [--no-build]
//
// Run with --expose-gc (npm does): the memory is looked at after the garbage is gone.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { bootstrap } from '../../scripts/bootstrap.mjs';
import { commandLine } from '../../scripts/tools.mjs';

const options = commandLine(import.meta.url, {
  queries: { type: 'string', default: '10000000' },
  'cut-every-ms': { type: 'string', default: '10000' },
  'no-build': { type: 'boolean' },
});
if (!options['no-build']) await bootstrap('demo');
const require = createRequire(import.meta.url);
const { createPool } = require('../../lib/index.js');
const { startCluster } = require('../../lib/testing/index.js');

const total = Number(options.queries);
const cutEveryMs = Number(options['cut-every-ms']);
const CONCURRENCY = 100;
/** How much more at the end than after the first tenth is still flat. */
const FLAT = 1.05;

const cluster = await startCluster({
  nodes: 2,
  sql: [
    'create table t (id bigint primary key, x text)',
    'insert into t select g, md5(g::text) from generate_series(1, 1000) g',
    'grant all on t to public',
  ],
});
const pool = createPool(cluster.connectionOptions({ poolSize: 10, applicationName: 'soak' }));

const counts = { done: 0, errors: new Map() };
const statements = [
  (i) => pool.query('select x from t where id = $1', [(i % 1000) + 1]),
  (i) =>
    pool.query('select $1::int as i, $2::text as t, $3::jsonb as j', [
      i % 1000,
      `text ${i % 77}`,
      { a: i % 10 },
    ]),
  (i) => pool.query(`select ${i % 500} as literal`),
  (i) =>
    pool.query('select g, now(), array[g, g] as a from generate_series(1, 5) g', [], {
      mode: i % 2 ? 'any' : 'read-write',
    }),
  (i) => pool.query('select 1 / $1::int', [0], { timeoutMs: 30_000 }).catch(expect('22012')),
  () => pool.query('select $1::int', [1], { signal: AbortSignal.timeout(30_000) }), // fires when all is done
  (i) =>
    pool.transaction((tx) =>
      tx.query('update t set x = md5($1::text) where id = $2', [String(i), (i % 1000) + 1]),
    ),
  () => pool.batch(['select 1', 'select 2']),
];
const expect = (code) => (error) => {
  if (error.code !== code) throw error;
};
/** Of a hundred, so many are of each kind. */
const MIX = [60, 18, 8, 4, 2, 1, 5, 2];
const kinds = MIX.flatMap((share, kind) => Array(share).fill(kind));

/** What was on the wire when the session was cut, or the server went; 57P0x: it says so itself. */
const isOfACut = ({ name, code }) =>
  ['InDoubtError', 'ConnectionLostError'].includes(name) || /^57P0[123]$/.test(code);

for (const [i, statement] of statements.entries()) await statement(i); // each of them works

let next = 0;
async function worker() {
  while (next < total) {
    const i = next++;
    try {
      await statements[kinds[i % kinds.length]](i);
    } catch (error) {
      counts.errors.set(error.code, (counts.errors.get(error.code) ?? 0) + 1);
      if (!isOfACut(error)) throw error;
    }
    counts.done += 1;
  }
}

const countIn = (folder) => fs.readdirSync(`/proc/self/${folder}`).length;
async function sample() {
  globalThis.gc?.();
  await new Promise(setImmediate);
  globalThis.gc?.();
  return {
    done: counts.done,
    rss: process.memoryUsage().rss / 1048576,
    heap: process.memoryUsage().heapUsed / 1048576,
    descriptors: countIn('fd'),
    threads: countIn('task'),
  };
}

const began = Date.now();
const samples = [];
let cuts = 0;
let isOver = false;
async function cutter() {
  while (!isOver) {
    for (let waited = 0; waited < cutEveryMs && !isOver; waited += 100)
      await new Promise((resolve) => setTimeout(resolve, 100));
    if (isOver) return;
    const one = await sample();
    samples.push(one);
    console.log(
      `${((Date.now() - began) / 1000).toFixed(0).padStart(6)} s ${String(one.done).padStart(9)} done, ` +
        `RSS ${one.rss.toFixed(1)} MB, heap ${one.heap.toFixed(1)} MB, ${one.descriptors} descriptors, ${one.threads} threads, ` +
        `${cuts} cuts, ${JSON.stringify(Object.fromEntries(counts.errors))}`,
    );
    cuts += 1;
    if (cuts % 6 === 0) {
      await cluster.primary.restart({ mode: 'immediate' });
    } else {
      await cluster.primary.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'soak'",
      );
    }
  }
}

const cutting = cutter();
await Promise.all(Array.from({ length: CONCURRENCY }, worker));
isOver = true;
await cutting;
await cluster.waitFor(() => pool.status().inUse === 0 && pool.status().size >= 2, {
  what: 'the pool comes to rest',
});
samples.push(await sample());
const seconds = (Date.now() - began) / 1000;
await pool.end();
await cluster.stop();

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
const settled = samples.filter(({ done }) => done >= total / 10);
const third = Math.max(1, Math.floor(settled.length / 3));
const verdicts = ['rss', 'descriptors', 'threads'].map((what) => {
  const early = median(settled.slice(0, third).map((one) => one[what]));
  const late = median(settled.slice(-third).map((one) => one[what]));
  const isFlat = late <= (what === 'rss' ? early * FLAT : early + 2);
  console.log(
    `${isFlat ? 'flat  ' : 'GROWS '} ${what}: ${early.toFixed(1)} at first, ${late.toFixed(1)} in the end`,
  );
  return isFlat;
});
console.log(
  `${counts.done} queries in ${seconds.toFixed(0)} s, ${cuts} cuts, errors of the cuts: ${JSON.stringify(Object.fromEntries(counts.errors))}`,
);
const failed = verdicts.filter((isFlat) => !isFlat).length;
console.log(`${verdicts.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 || counts.done !== total ? 1 : 0;
