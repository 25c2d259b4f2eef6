// recovery.mjs: how long the first write takes to reach a new primary that accepts writes already.
//
//   node bench/recovery.mjs                20 failovers, by kill and by fence in turns: about a minute
//   --count N   --writers N   --timeline   the course of each run, too
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import { commandLine, inRoot, script } from '../scripts/tools.mjs';

const options = commandLine(import.meta.url, {
  count: { type: 'string', default: '20' },
  writers: { type: 'string', default: '20' },
  timeline: { type: 'boolean' },
});

const require = createRequire(import.meta.url);
const { distribution } = require('../test/cluster/support/figures.js');
const { openRecoveryRig } = require('../test/cluster/support/recovery.js');

const GOAL_MS = 50;

await script(async () => {
  const count = Number(options.count);
  const runs = [];
  const rig = await openRecoveryRig({ writers: Number(options.writers) });
  let account;
  try {
    for (let i = 0; i < count; i += 1) {
      const run = await rig.failover(i % 2 === 0 ? 'kill' : 'fence', {
        pauseMs: Math.random() * 1000,
      });
      runs.push(run);
      console.log(
        `${String(i + 1).padStart(3)}  ${run.how.padEnd(6)} ${run.ackMs.toFixed(1).padStart(8)} ms`,
      );
      if (options.timeline) {
        for (const { ms, what, event } of run.timeline)
          console.log(
            `     ${ms.toFixed(1).padStart(8)} ms  ${what}${event ? ` ${JSON.stringify(event)}` : ''}`,
          );
      }
    }
  } finally {
    account = await rig.close();
  }
  const of = (how) =>
    distribution(runs.filter((run) => how === undefined || run.how === how).map((run) => run.ackMs));
  const result = {
    what: 'from "the new primary accepts writes" to the first acknowledged write, ms',
    goalMs: GOAL_MS,
    all: of(),
    kill: of('kill'),
    ...(count > 1 && { fence: of('fence') }),
    machine: {
      cpus: os.cpus().length,
      cpu: os.cpus()[0]?.model,
      node: process.version,
      load: os.loadavg()[0],
    },
    acknowledgedWrites: account.acknowledged,
    inDoubt: account.doubtful,
    otherErrors: account.errors.length,
    runs: runs.map(({ how, ackMs }) => ({ how, ackMs: Number(ackMs.toFixed(1)) })),
  };
  fs.mkdirSync(inRoot('bench/results'), { recursive: true });
  fs.writeFileSync(inRoot('bench/results/recovery.json'), `${JSON.stringify(result, null, 2)}\n`);
  const { median, p90, max } = result.all;
  console.log(
    `median ${median.toFixed(0)} ms, p90 ${p90.toFixed(0)} ms, longest ${max.toFixed(0)} ms of ${count}; ` +
      `goal: median at most ${GOAL_MS} ms: ${median <= GOAL_MS ? 'met' : 'MISSED'}`,
  );
  return median <= GOAL_MS ? 0 : 1;
});
