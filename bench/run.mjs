// run.mjs: `npm run bench`: this client beside others, on a server of its own, in turns.
//
//   npm run bench                                     everything, 5 rounds of 2 s: about 20 minutes
//   npm run bench -- --quick                          3 short rounds without `ref`: under two minutes, and rough
//   npm run bench -- --only point-100 --clients ours,pg
//   --rounds N --ms N    how often, how long            --own-types  each client's own defaults for int8 and timestamps
//   --name NAME          of the files in bench/results  --no-build   take the addon as it is
//   HYPERIONDB_NATIVE    the addon to measure, such as the one of `npm run prebuilt`
//   --list               workloads and clients
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import { bootstrap } from '../scripts/bootstrap.mjs';
import { Problem, commandLine, inRoot, outputOf, script, seconds, step } from '../scripts/tools.mjs';
import { installPeers, libpqOf, peerVersions } from './peers.mjs';
import { plot } from './plot.mjs';
import { goalsTable, judge, tableHead, tableOf } from './report.mjs';
import { runWorkload } from './rounds.mjs';
import { startServer } from './server.mjs';

const options = commandLine(import.meta.url, {
  quick: { type: 'boolean' },
  only: { type: 'string' },
  clients: { type: 'string' },
  rounds: { type: 'string' },
  ms: { type: 'string' },
  'own-types': { type: 'boolean' },
  name: { type: 'string', default: 'latest' },
  'no-build': { type: 'boolean' },
  list: { type: 'boolean' },
});

const require = createRequire(import.meta.url);
const { WORKLOADS } = require('./workloads.cjs');
const { CLIENTS } = require('./clients.cjs');
const NAMES = [...Object.keys(CLIENTS), 'pgbench'];
const GOALS = JSON.parse(fs.readFileSync(inRoot('bench/goals.json'), 'utf8'));

/** The entries of `all` that a comma-separated list names; all of them without one. */
function choose(list, all, kind) {
  const wanted = list?.split(',').map((name) => name.trim());
  const unknown = wanted?.filter((name) => !all.includes(name)) ?? [];
  if (unknown.length > 0) {
    throw new Problem(`There is no ${kind} ${unknown.join(', ')}; there are ${all.join(', ')}.`);
  }
  return wanted ? all.filter((name) => wanted.includes(name)) : all;
}

function positive(text, otherwise) {
  if (text === undefined) return otherwise;
  if (Number.isSafeInteger(Number(text)) && Number(text) > 0) return Number(text);
  throw new Problem(`${text} is not a positive number.`);
}

const machine = () => ({
  cpu: os.cpus()[0].model,
  cores: os.cpus().length,
  loadBefore: os.loadavg()[0],
  memoryGb: Math.round(os.totalmem() / 2 ** 30),
  system: `${os.type()} ${os.release()}`,
  node: process.versions.node,
});

/** Runs all workloads and tells as it goes. */
async function measure(workloads, clients, settings, server) {
  const all = {};
  for (const [at, workload] of workloads.entries()) {
    const since = Date.now();
    console.log(`\n[${at + 1}/${workloads.length}] ${workload.name}: ${workload.title}`);
    await server.reset();
    all[workload.name] = await runWorkload(workload, clients, { ...settings, ...server });
    console.log([tableHead(), ...tableOf(all[workload.name])].join('\n'));
    console.log(`  in ${seconds(since)}`);
  }
  return all;
}

function write(report, workloads) {
  const folder = inRoot('bench/results');
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(`${folder}/${options.name}.json`, `${JSON.stringify(report, null, 1)}\n`);
  const { machine, server, settings } = report;
  const subtitle =
    `PostgreSQL ${server} and clients on ${machine.cores} cores (${machine.cpu}), Node ${machine.node}; ` +
    `medians of ${settings.rounds} rounds of ${settings.roundMs} ms`;
  fs.writeFileSync(`${folder}/${options.name}.svg`, plot(workloads, report.workloads, subtitle));
  console.log(`\nbench/results/${options.name}.json and .svg are written.`);
}

await script(async () => {
  if (options.list) {
    console.log(WORKLOADS.map(({ name, title }) => `${name.padEnd(18)} ${title}`).join('\n'));
    console.log(`\nclients: ${NAMES.join(', ')}`);
    return;
  }
  const started = Date.now();
  const chosen = choose(
    options.only,
    WORKLOADS.map(({ name }) => name),
    'workload',
  );
  const workloads = WORKLOADS.filter(({ name }) => chosen.includes(name));
  const usual = options.quick ? NAMES.filter((name) => name !== 'ref').join() : undefined;
  const clients = choose(options.clients ?? usual, NAMES, 'client');
  const settings = {
    rounds: positive(options.rounds, options.quick ? 3 : 5),
    roundMs: positive(options.ms, options.quick ? 150 : 2000),
    warmMs: options.quick ? 150 : 1000,
    least: options.quick ? 1 : 2,
    ownTypes: options['own-types'] ?? false,
  };
  const isBusy = os.loadavg()[0] > os.cpus().length / 2;
  if (!options['no-build']) await bootstrap('demo');
  await installPeers();
  const report = {
    when: new Date().toISOString(),
    commit: outputOf('git', ['rev-parse', '--short', 'HEAD']),
    machine: machine(),
    clients: { ours: `libpq ${libpqOf(process.env.HYPERIONDB_NATIVE)}`, ...peerVersions() },
    settings,
  };
  console.log(`The addon ${process.env.HYPERIONDB_NATIVE} has ${report.clients.ours}.`);
  if (isBusy) console.log('This machine is busy with other things: the figures will mean little.');
  const server = await step('starting a server and filling it', startServer);
  try {
    report.server = server.version;
    report.workloads = await measure(workloads, clients, settings, server);
  } finally {
    await server.stop();
  }
  report.machine.loadAfter = os.loadavg()[0];
  report.goals = judge(GOALS.goals, report.workloads);
  console.log(`\n${goalsTable(GOALS, report.workloads).join('\n')}`);
  write(report, workloads);
  console.log(`Done in ${seconds(started)}.`);
  return Object.values(report.workloads).some((results) => Object.values(results).some(({ error }) => error))
    ? 1
    : 0;
});
