'use strict';

/* A process of one client and one workload. The parent says `{ ms }` or `{ count }` for a round, `'end'` at the end. */

const { CLIENTS } = require('./clients.cjs');
const { WORKLOADS, rows, define } = require('./workloads.cjs');
const { startMeter, peakMb } = require('./meter.cjs');

const { client: id, workload: name, target, ownTypes } = JSON.parse(process.argv[2]);
const workload =
  WORKLOADS.find((one) => one.name === name) ??
  define(name, name, rows(Number(name.replace('rows-', ''))), 1);
const open = () => CLIENTS[id](target, { poolSize: workload.poolSize, ownTypes });
const client = workload.ownClock ? undefined : open();

/** Closed loops, as many as the workload's concurrency, for `ms` or `count` operations; `least`: of each loop. */
async function round({ ms = Infinity, count = Infinity, least = 2 }) {
  const took = [];
  const stop = startMeter(workload);
  const deadline = performance.now() + ms;
  let left = count;
  const loop = async () => {
    for (let done = 0; left > 0 && (done < least || performance.now() < deadline); done += 1) {
      left -= 1;
      const start = performance.now();
      const own = await workload.once(client, open);
      took.push(workload.ownClock ? own : performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: workload.concurrency }, loop));
  const cost = await stop();
  const parts = took.length * workload.parts;
  const elapsedMs = workload.ownClock ? took.reduce((sum, one) => sum + one, 0) : cost.elapsedMs;
  took.sort((a, b) => a - b);
  return {
    operations: took.length,
    perSecond: (parts / elapsedMs) * 1000,
    p50Ms: took[Math.floor(took.length * 0.5)],
    p99Ms: took[Math.floor(took.length * 0.99)],
    jsCpuUs: cost.jsUs / parts,
    cpuUs: cost.allUs / parts,
    utilisation: cost.utilisation,
    stallMs: cost.stallMs,
    peakMb: peakMb(),
    wakeups: cost.wakeups,
  };
}

async function check() {
  if (!workload.check) return;
  const answer = await workload.once(client, open);
  if (!workload.check(answer, ownTypes))
    throw new Error(`${id} gave something else than expected for ${name}`);
}

const report = (work) =>
  work.then(
    (result) => process.send({ result }),
    (error) => process.send({ error: error?.message || String(error) }),
  );

process.on('message', async (message) => {
  if (message !== 'end') return report(round(message));
  await client?.end();
  process.disconnect();
});
process.on('disconnect', () => process.exit());
report(check());
