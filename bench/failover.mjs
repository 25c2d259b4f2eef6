// failover.mjs: what applications see of a failover: `npm run bench:failover`. Acknowledged writes per 100 ms, errors, lost
// and doubled writes, for five faults and four clients. About ten minutes; needs Linux and root (networks of their own).
//
//   npm run bench:failover                              docs/images/outages.svg, and the table in docs/COMPARISON.md
//   npm run bench:failover -- --only ours,pg/crash      some of them; nothing is written
//   --seconds N   after the fault (10)      --writers N   at a time (20)
//   --draw        the picture and the table of the results that are there
import { fork } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { installServices } from '../scripts/services.mjs';
import { Problem, commandLine, inRoot, outputOf, script } from '../scripts/tools.mjs';
import { CLIENTS, FAULT_NAMES, picture, table } from './failover-report.mjs';
import { installPeers, peerVersions } from './peers.mjs';

const options = commandLine(import.meta.url, {
  only: { type: 'string' },
  seconds: { type: 'string', default: '10' },
  writers: { type: 'string', default: '20' },
  draw: { type: 'boolean' },
});

const RESULTS = inRoot('bench/results/failover.json');
/** Before the fault, and how much of that is shown. */
const [QUIET_MS, SHOWN_MS] = [3000, 2000];
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** An application in a process of its own. `report()` ends it. */
function startApplication(settings) {
  const child = fork(inRoot('bench/failover-client.cjs'), [JSON.stringify(settings)]);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const report = async () => {
    const reported = new Promise((resolve, reject) => {
      child.once('message', resolve);
      child.once('exit', (code) => reject(new Error(`the application ended with ${code}`)));
    });
    child.send('stop');
    const value = await reported;
    await ended;
    return value;
  };
  return { report, kill: () => child.kill('SIGKILL') };
}

async function runOne(client, fault, { seconds, writers }) {
  const { openStage, openProxies, FAULTS } = await import('./failover-stage.mjs');
  const stage = await openStage();
  const leave = () => stage.close().finally(() => process.exit(130));
  process.once('SIGINT', leave);
  let application;
  try {
    const { cluster } = stage;
    const hosts = client === 'proxied' ? [await openProxies(stage)] : stage.hosts;
    await pause(client === 'proxied' ? 3000 : 0); // HAProxy looks for the primary first
    const { user, database } = cluster;
    application = startApplication({ client, hosts, writers, user, database });
    await pause(QUIET_MS);
    const faultAt = Date.now();
    await FAULTS[fault](stage);
    await pause(seconds * 1000);
    const endAt = Date.now();
    const report = await application.report();
    const primary = await cluster.waitForPrimary();
    const rows = await primary.query('select id, count(*) as times from journal group by id', { database });
    return summary(report, new Map(rows.map(({ id, times }) => [id, Number(times)])), faultAt, endAt);
  } finally {
    process.off('SIGINT', leave);
    application?.kill();
    await stage.close();
  }
}

/** @param {any} report of an application @param {Map<string, number>} stored */
function summary(report, stored, faultAt, endAt) {
  const { began, stepMs, steps, gaps, lastAt, acknowledged, failed, unsettled } = report;
  const first = Math.floor((faultAt - SHOWN_MS - began) / stepMs);
  const count = Math.floor((SHOWN_MS + endAt - faultAt) / stepMs);
  const isOut = endAt - lastAt > 1000; // to the end
  const after = gaps.filter(([from, ms]) => from + ms > faultAt).map(([, ms]) => ms);
  const codes = {};
  for (const [, , code] of failed) codes[code] = (codes[code] ?? 0) + 1;
  return {
    stepMs,
    faultAt: SHOWN_MS,
    writes: Array.from({ length: count }, (_, at) => steps[first + at] ?? 0),
    gapMs: isOut ? null : Math.max(0, ...after),
    acknowledged: acknowledged.length,
    errors: failed.length,
    codes,
    inDoubt: failed.filter(([, outcome]) => outcome === 'unknown').length,
    unsettled,
    lost: acknowledged.filter((id) => !stored.has(id)).length,
    doubled: [...stored.values()].filter((times) => times > 1).length,
    storedInSpite: failed.filter(([id]) => stored.has(id)).length,
  };
}

function write(result) {
  fs.writeFileSync(inRoot('docs/images/outages.svg'), picture(result));
  const file = inRoot('docs/COMPARISON.md');
  const text = fs.readFileSync(file, 'utf8');
  const [begin, end] = ['<!-- outages:begin -->\n', '<!-- outages:end -->'];
  const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
  fs.writeFileSync(file, `${text.slice(0, from)}${table(result)}${text.slice(to)}`);
}

await script(async () => {
  if (options.draw) return write(JSON.parse(fs.readFileSync(RESULTS, 'utf8')));
  if (process.platform !== 'linux' || process.getuid() !== 0)
    throw new Problem('`npm run bench:failover` needs Linux and root: each server has a network of its own.');
  await installPeers();
  await installServices([
    ['pgbouncer', 'pgbouncer'],
    ['haproxy', 'haproxy'],
  ]);
  const settings = { seconds: Number(options.seconds), writers: Number(options.writers) };
  const wanted = options.only?.split(',');
  const runs = {};
  for (const fault of FAULT_NAMES) {
    for (const client of Object.keys(CLIENTS)) {
      if (wanted && !wanted.some((word) => [client, `${client}/${fault}`].includes(word))) continue;
      const run = await runOne(client, fault, settings);
      (runs[fault] ??= {})[client] = run;
      const { gapMs, errors, lost, doubled, codes, acknowledged } = run;
      const gap = gapMs === null ? 'to the end' : `for ${gapMs} ms`;
      console.log(
        `${fault.padEnd(10)} ${client.padEnd(8)} no write ${gap}, ${acknowledged} acknowledged, ${errors} errors ` +
          `${JSON.stringify(codes)}, ${lost} lost, ${doubled} doubled`,
      );
    }
  }
  if (wanted) return 0;
  const { pg, postgres } = peerVersions();
  const result = {
    date: new Date().toISOString().slice(0, 10),
    ...settings,
    versions: {
      pg,
      postgres,
      pgbouncer: outputOf('pgbouncer', ['--version'])?.match(/[\d.]+/)?.[0],
      haproxy: outputOf('haproxy', ['-v'])?.match(/[\d.]+/)?.[0],
      node: process.version,
    },
    machine: { cpus: os.cpus().length, cpu: os.cpus()[0]?.model },
    runs,
  };
  fs.writeFileSync(RESULTS, `${JSON.stringify(result)}\n`);
  write(result);
  return 0;
});
