// chaos.mjs: failovers of a real cluster in every way, in random order, under load. `npm run test:chaos`.
//
//   npm run test:chaos [-- --failovers 50] [--seed N] [--no-build]
//
// An application writes, reads and runs transactions all the while, and an oracle knows every write that was
// acknowledged: none may be lost, none may be there twice, every promise settles. How long the application waited is
// printed, and drawn in build/chaos/recovery.svg. The same seed is the same order of faults; what they meet is not.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bootstrap } from '../../scripts/bootstrap.mjs';
import { commandLine } from '../../scripts/tools.mjs';

commandLine(import.meta.url, {
  failovers: { type: 'string' },
  seed: { type: 'string' },
  'no-build': { type: 'boolean' },
});

if (!process.argv.includes('--no-build')) await bootstrap('demo');
const require = createRequire(import.meta.url);
const { startCluster } = require('../../lib/testing');
const { startLoad, longestGap } = require('../cluster/support/load');
const { distribution } = require('../cluster/support/recovery');
const { openRemote, whyNot } = require('../cluster/support/namespace');
const { Dice } = require('../support/dice');
const { plot } = await import('./recovery_plot.mjs');

const valueOf = (name, fallback) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};
const wanted = valueOf('--failovers', 50);
const seed = valueOf('--seed', Date.now() % 1_000_000);
const folder = fileURLToPath(new URL('../../build/chaos', import.meta.url));
const dice = new Dice(seed);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Each leaves the old primary in a state from which `mend` or the supervisor makes a standby of it. */
const FAILOVERS = {
  kill: (node) => node.kill(),
  'fast stop': (node, { stopped }) => {
    stopped.add(node);
    return node.stop({ mode: 'fast' });
  },
  'immediate stop': (node, { stopped }) => {
    stopped.add(node);
    return node.stop({ mode: 'immediate' });
  },
  freeze: (node) => node.freeze(),
  fence: (node) => node.fence(),
  switchover: (node, { cluster }) => cluster.switchover(),
  // Its clients reach it no longer; the cluster does, and replaces it.
  partition: (node, { cluster, remotes }) => {
    remotes.get(node).drop();
    return cluster.switchover();
  },
};
/** What a cluster goes through without another primary. */
const TROUBLES = {
  'standby loss': async ({ cluster }) => {
    const node = dice.pick(cluster.standbys);
    await node.kill();
  },
  'frozen standby': async ({ cluster }) => {
    const node = dice.pick(cluster.standbys);
    node.freeze();
    await pause(300);
    node.thaw();
  },
  'slow primary': async ({ cluster }) => {
    const node = cluster.primary;
    cluster.supervisor.pause(); // it is slow, not gone, however slow this machine is
    for (let i = 0; i < 5; i += 1) {
      node.freeze();
      await pause(100);
      node.thaw();
      await pause(50);
    }
    cluster.supervisor.resume();
  },
  'cut sessions': ({ cluster }) =>
    cluster.primary.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app' and pid <> pg_backend_pid()",
    ),
};

/** All nodes run, and the two that are not the primary stream from it. What died by itself the supervisor starts. */
async function mend({ cluster, remotes, stopped }) {
  for (const node of stopped) await node.start();
  stopped.clear();
  for (const node of cluster.nodes) {
    if (node.frozen) node.thaw();
  }
  for (const remote of remotes.values()) remote.restore();
  await cluster.waitForPrimary({ timeoutMs: 60_000 });
  await cluster.waitForStandbys({ timeoutMs: 60_000 });
}

/** So many failovers of one cluster, reached directly or over network namespaces. */
async function play(failovers, viaNamespaces, runs) {
  const cluster = await startCluster({
    nodes: 3,
    synchronous: true,
    failover: { promoteOnFence: true, restartAfterMs: 500 },
  });
  const remotes = new Map();
  let load;
  try {
    if (viaNamespaces) {
      for (const node of cluster.nodes) {
        const remote = await openRemote({ socketDir: node.socketDir, port: node.port });
        let isDropped = false;
        remotes.set(node, {
          ...remote,
          drop: () => ((isDropped = true), remote.drop()),
          restore: () => isDropped && ((isDropped = false), remote.restore()),
        });
      }
    }
    const hosts = [...remotes.values()].map(({ host, port }) => `${host}:${port}`);
    load = await startLoad(cluster, {
      writers: 12,
      readers: 4,
      transactions: 4,
      pauseMs: 5,
      pool: { timeoutMs: 60_000, acquireTimeoutMs: 30_000, ...(viaNamespaces && { hosts }) },
    });
    await load.untilAcknowledged();
    const ways = Object.keys(FAILOVERS).filter((way) => way !== 'partition' || viaNamespaces);
    let deck = [];
    const scene = { cluster, remotes, stopped: new Set() };
    for (let i = 0; i < failovers; i += 1) {
      if (dice.below(3) === 0) {
        const trouble = dice.pick(Object.keys(TROUBLES));
        await TROUBLES[trouble](scene);
        await load.untilAcknowledged(20, 60_000);
        await mend(scene);
        console.log(`     ${trouble}`);
      }
      // Each way as often as the others, in an order that is new each time.
      if (deck.length === 0) deck = ways.map((way) => [dice.unit(), way]).sort((a, b) => a[0] - b[0]);
      const way = deck.pop()[1];
      const old = cluster.primary;
      const since = performance.now();
      await FAILOVERS[way](old, scene);
      await cluster.waitForPrimary({ not: old, timeoutMs: 60_000 });
      await load.untilAcknowledged(30, 60_000);
      const times = [...load.acknowledged.values()].filter((at) => at > since - 1_000).sort((a, b) => a - b);
      const run = { way, outageMs: longestGap(times) };
      runs.push(run);
      console.log(
        `${String(runs.length).padStart(4)} ${way.padEnd(15)} ${run.outageMs.toFixed(0).padStart(6)} ms without a write`,
      );
      await mend(scene);
    }
    return await load.stop();
  } finally {
    for (const remote of remotes.values()) await remote.close();
    await cluster.stop();
  }
}

console.log(`seed ${seed}`);
const obstacle = whyNot();
if (obstacle) console.log(`without partitions: ${obstacle}`);
const runs = [];
const verdicts = [];
const direct = obstacle ? wanted : Math.ceil(wanted / 2);
const since = Date.now();
verdicts.push(await play(direct, false, runs));
if (direct < wanted) verdicts.push(await play(wanted - direct, true, runs));

fs.mkdirSync(folder, { recursive: true });
fs.writeFileSync(path.join(folder, 'recovery.json'), `${JSON.stringify({ seed, runs }, null, 2)}\n`);
fs.writeFileSync(path.join(folder, 'recovery.svg'), plot(runs, `${runs.length} failovers, seed ${seed}`));

console.log('\nmilliseconds without an acknowledged write');
for (const way of [...new Set(runs.map((run) => run.way)), 'all']) {
  const of = runs.filter((run) => way === 'all' || run.way === way).map((run) => run.outageMs);
  const { count, min, median, p90, max } = distribution(of);
  const figures = [min, median, p90, max].map((value) => value.toFixed(0).padStart(6)).join(' ');
  console.log(`  ${way.padEnd(15)} ${String(count).padStart(4)}   min/median/p90/max ${figures}`);
}
const sum = (what) => verdicts.reduce((total, verdict) => total + what(verdict), 0);
const told = new Map();
for (const error of verdicts.flatMap((verdict) => verdict.errors)) {
  const name = `${error.name} ${error.code}`;
  told.set(name, (told.get(name) ?? 0) + 1);
}
const lost = sum((verdict) => verdict.lost.length);
const doubled = sum((verdict) => verdict.doubled.length);
const unsettled = sum((verdict) => verdict.unsettled);
console.log(
  `\n${runs.length} failovers in ${((Date.now() - since) / 1000).toFixed(0)} s: ` +
    `${sum((verdict) => verdict.acknowledged)} acknowledged, ${lost} lost, ${doubled} doubled, ${unsettled} unsettled, ` +
    `${sum((verdict) => verdict.doubtful)} in doubt (${sum((verdict) => verdict.doubtfulStored)} of them stored), ` +
    `other errors: ${[...told].map(([name, count]) => `${count} ${name}`).join(', ') || 'none'}`,
);
console.log(`drawn in ${path.relative(process.cwd(), path.join(folder, 'recovery.svg'))}`);
const isWrong =
  lost + doubled + unsettled > 0 || [...told.keys()].some((name) => /^InternalError/.test(name));
if (isWrong) console.log(`again: npm run test:chaos -- --failovers ${wanted} --seed ${seed}`);
process.exitCode = isWrong ? 1 : 0;
