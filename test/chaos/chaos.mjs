// chaos.mjs: failovers of a real cluster in every way, in random order, under a mixed load. `npm run test:chaos`.
//
//   npm run test:chaos [-- --failovers 50] [--seed N] [--patroni] [--native FILE] [--preset NAME] [--no-build]
//   npm run test:chaos -- --random [--minutes 30] [--seed N] [--native FILE] [--preset asan-ubsan] [--no-build]
//
// Two processes, each on its main thread and on a worker's, write in every way that there is, read in all modes from one
// pool, let functions raise errors, cancel, change tables, and give a pool other hosts. A book knows what each write was
// told: none that was acknowledged may be lost, none may be there twice, none that was told as undone may be there, every
// promise settles, no session stays. That a process dies is the worst failure: it is shown with its stack.
// How long the application waited for its next write is printed, and drawn in build/chaos/recovery.svg.
//
// --ways: only those, such as `kill,freeze`. --patroni: a cluster under Patroni (Debian, root).
// --random: anything at any time instead of one failover after another, with random options of the pools (random_run.mjs).
// --native: an addon that is there already, such as a prebuilt one.
// --preset: build and take that one; asan-ubsan preloads the sanitizer, and a report of it ends its process.
// The same seed is the same order of faults; what they meet is not.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bootstrap } from '../../scripts/bootstrap.mjs';
import { commandLine, inRoot, outputOf } from '../../scripts/tools.mjs';

const options = commandLine(import.meta.url, {
  failovers: { type: 'string', default: '50' },
  ways: { type: 'string' },
  patroni: { type: 'boolean' },
  random: { type: 'boolean' },
  minutes: { type: 'string', default: '30' },
  seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  preset: { type: 'string', default: 'release' },
  native: { type: 'string' },
  'no-build': { type: 'boolean' },
});
const { preset } = options;
if (!options['no-build'] && !options.native) await bootstrap('demo', { preset });
const native = path.resolve(options.native ?? inRoot('build', preset, 'hyperiondb.node'));
const seed = Number(options.seed);
const folder = fileURLToPath(new URL('../../build/chaos', import.meta.url));

const chosen = options.ways?.split(',');

/** Of the processes under load; the servers and this process want nothing of a sanitizer. */
const env = { HYPERIONDB_NATIVE: native };
if (preset === 'asan-ubsan') {
  Object.assign(env, {
    LD_PRELOAD: outputOf('g++', ['-print-file-name=libasan.so']),
    ASAN_OPTIONS: 'detect_leaks=1:detect_stack_use_after_return=0:exitcode=66:quarantine_size_mb=64',
    LSAN_OPTIONS: `suppressions=${inRoot('cmake/lsan.supp')}:print_suppressions=0`,
    UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
  });
}
process.env.HYPERIONDB_NATIVE = native;

const require = createRequire(import.meta.url);
const { distribution, longestGap } = require('../cluster/support/figures');
const { whyNot } = require('../cluster/support/namespace');
const { until } = require('../../lib/testing');
const { Dice } = require('../support/dice');
const { plot } = await import('./recovery_plot.mjs');
const { Crew } = await import('./crew.mjs');
const { PlainStage } = await import('./plain_stage.mjs');
const dice = new Dice(seed);

/** Each way as often as the others, in an order that is new each time. */
function* ways(names) {
  for (;;) yield* names.map((name) => [dice.unit(), name]).sort((a, b) => a[0] - b[0]);
}

/** So many failovers of one cluster. */
async function failOver(stage, crew, count, runs) {
  const next = ways(Object.keys(stage.failovers).filter((way) => chosen?.includes(way) ?? true));
  for (let i = 0; i < count; i += 1) {
    if (dice.below(3) === 0) {
      const trouble = dice.pick(Object.keys(stage.troubles));
      await stage.troubles[trouble]();
      // Both standbys may be away: then no write is confirmed before they are back.
      await stage.mend();
      await crew.untilAcknowledged(20);
      console.log(`     ${trouble}`);
    }
    const way = next.next().value[1];
    const old = stage.primary;
    const since = Date.now();
    await stage.failovers[way](old);
    await stage.waitForPrimary({ not: old });
    await crew.untilAcknowledged(30);
    const times = crew.times.filter((at) => at > since - 1_000).sort((a, b) => a - b);
    const run = { way, outageMs: longestGap(times) };
    runs.push(run);
    crew.times.length = 0;
    const outage = run.outageMs.toFixed(0).padStart(6);
    console.log(`${String(runs.length).padStart(4)} ${way.padEnd(15)} ${outage} ms without a write`);
    await stage.mend();
  }
}

/** What a stage has gone through, and what the processes on it have seen. */
async function play(stage, settings, work) {
  const crew = new Crew({ connection: stage.connection, seed: dice.below(1 << 30), env, ...settings });
  try {
    crew.start();
    await crew.untilAcknowledged();
    await work(crew);
    await stage.mend();
    await crew.stop();
    return await judge(stage, crew);
  } catch (error) {
    await crew.abandon();
    throw error;
  } finally {
    await stage.close();
  }
}

async function judge(stage, crew) {
  const leaked = await until(async () => ((await stage.sessions()) === 0 ? [] : undefined), {
    timeoutMs: 30_000,
  }).catch(async () => [`${await stage.sessions()} sessions are left on the servers`]);
  const stored = new Map();
  for (const row of await stage.query(
    'select id, count(*) as copies from (select id from ledger union all select id from keyed) as t group by id',
  )) {
    stored.set(Number(row.id), Number(row.copies));
  }
  const fenced = crew.events.filter(({ name, host, at }) => name === 'fenced' && !stage.wasFenced(host, at));
  return {
    kinds: crew.audit(stored),
    counts: crew.counts,
    unsettled: crew.unsettled,
    deaths: crew.deaths,
    wrong: [
      ...leaked,
      ...crew.wrong,
      ...(fenced.length > 0 ? [`${fenced.length} times a node was taken for fenced that was not`] : []),
    ],
  };
}

/** Prints the sum; true when all is as it should be. */
function report(verdicts, head) {
  const kinds = new Map();
  for (const verdict of verdicts) {
    for (const [kind, line] of verdict.kinds) {
      const sum = kinds.get(kind) ?? {};
      for (const key of Object.keys(line)) sum[key] = (sum[key] ?? 0) + line[key];
      kinds.set(kind, sum);
    }
  }
  const columns = [
    'acknowledged',
    'lost',
    'doubled',
    'inDoubt',
    'doubtStored',
    'nothing',
    'denied',
    'halves',
  ];
  const heads = ['stored', 'lost', 'doubled', 'in doubt', '(stored)', 'undone', '(stored)', 'by half'];
  const show = (name, cells) =>
    console.log(`  ${name.padEnd(20)} ${cells.map((cell) => String(cell).padStart(9)).join('')}`);
  console.log('\nwhat writes were told');
  show('', heads);
  for (const [kind, line] of [...kinds].sort())
    show(
      kind,
      columns.map((column) => line[column]),
    );
  const total = (column) => [...kinds.values()].reduce((sum, line) => sum + line[column], 0);
  show('all', columns.map(total));

  const counts = new Map();
  for (const [key, count] of verdicts.flatMap((verdict) => [...verdict.counts]))
    counts.set(key, (counts.get(key) ?? 0) + count);
  console.log('\nwhat other calls were told, and the errors of all');
  for (const [key, count] of [...counts].sort()) console.log(`  ${String(count).padStart(9)} ${key}`);

  const deaths = verdicts.flatMap((verdict) => verdict.deaths);
  const wrong = verdicts.flatMap((verdict) => verdict.wrong);
  const unsettled = verdicts.reduce((sum, verdict) => sum + verdict.unsettled, 0);
  for (const { how, said, stack } of deaths) console.log(`\na process ended with ${how}\n${said}\n${stack}`);
  const examples = new Map();
  for (const text of wrong) {
    const kind = text.split('\n', 1)[0].replaceAll(/\d+/g, 'N');
    examples.set(kind, [...(examples.get(kind) ?? []), text]);
  }
  for (const texts of examples.values()) console.log(`\nWRONG ${texts.length} times, such as ${texts[0]}`);
  console.log(
    `\n${head}: ${deaths.length} crashes, ${total('acknowledged')} acknowledged, ${total('lost')} lost, ` +
      `${total('doubled')} doubled, ${unsettled} unsettled, ${total('inDoubt')} in doubt ` +
      `(${total('doubtStored')} of them stored), ${total('denied')} told as undone and stored, ` +
      `${total('halves')} batches by half, ${wrong.length} wrong`,
  );
  const bad =
    deaths.length +
    wrong.length +
    unsettled +
    total('lost') +
    total('doubled') +
    total('denied') +
    total('halves');
  return bad === 0;
}

const stopWith = (code) => () => process.exit(code); // what is registered for the end of the process cleans up
process.once('SIGINT', stopWith(130));
process.once('SIGTERM', stopWith(143));
process.once('SIGHUP', stopWith(129));

fs.mkdirSync(folder, { recursive: true });
console.log(`seed ${seed}, ${path.relative(process.cwd(), native)}`);
const began = Date.now();
const verdicts = [];
let head;
if (options.random) {
  const { playAtRandom } = await import('./random_run.mjs');
  const minutes = Number(options.minutes);
  const settings = { load: (number) => ({ random: true, actors: 6 + (number % 5) }) };
  const stage = await PlainStage.open(dice, { viaNamespaces: !whyNot() });
  verdicts.push(await play(stage, settings, (crew) => playAtRandom(stage, crew, dice, minutes)));
  head = `random for ${minutes} minutes`;
} else {
  const wanted = Number(options.failovers);
  const runs = [];
  const open = async (options) => {
    if (!options.patroni) return PlainStage.open(dice, options);
    const { PatroniStage } = await import('./patroni_stage.mjs');
    return PatroniStage.open(dice);
  };
  const obstacle = options.patroni ? 'Patroni talks to its nodes over loopback' : whyNot();
  if (obstacle) console.log(`without partitions: ${obstacle}`);
  const direct = obstacle ? wanted : Math.ceil(wanted / 2);
  for (const [count, viaNamespaces] of [
    [direct, false],
    [wanted - direct, true],
  ]) {
    if (count === 0) continue;
    const stage = await open({ viaNamespaces });
    verdicts.push(await play(stage, {}, (crew) => failOver(stage, crew, count, runs)));
  }
  fs.writeFileSync(path.join(folder, 'recovery.json'), `${JSON.stringify({ seed, runs }, null, 2)}\n`);
  fs.writeFileSync(path.join(folder, 'recovery.svg'), plot(runs, `${runs.length} failovers, seed ${seed}`));
  console.log('\nmilliseconds without an acknowledged write');
  for (const way of [...new Set(runs.map((run) => run.way)), 'all']) {
    const of = runs.filter((run) => way === 'all' || run.way === way).map((run) => run.outageMs);
    const { count, min, median, p90, max } = distribution(of);
    const figures = [min, median, p90, max].map((value) => value.toFixed(0).padStart(6)).join(' ');
    console.log(`  ${way.padEnd(15)} ${String(count).padStart(4)}   min/median/p90/max ${figures}`);
  }
  console.log(`drawn in ${path.relative(process.cwd(), path.join(folder, 'recovery.svg'))}`);
  head = `${runs.length} failovers`;
}
const isFine = report(verdicts, `${head} in ${((Date.now() - began) / 1000).toFixed(0)} s`);
if (!isFine) {
  const given = process.argv.includes('--seed') ? '' : ` --seed ${seed}`;
  console.log(`again: npm run test:chaos -- ${process.argv.slice(2).join(' ')}${given}`);
}
process.exitCode = isFine ? 0 : 1;
