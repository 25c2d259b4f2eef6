// memory.mjs: what this client keeps in memory, against its goals. Each measurement has a process of its own.
//
//   npm run bench:memory [-- --rows 1000000] [--queries 10000000]      about ten minutes
//
//   result   peak of a large result, as a multiple of what its values take once they are there; goal: at most 2
//   queries  RSS after many small queries, against RSS after the first tenth; goal: within 5 %
//   idle     an idle pool of 10 beyond what libpq takes for ten connections of its own; goal: under 2 MB
import { fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { Problem, commandLine, inRoot, script, step } from '../scripts/tools.mjs';
import { startServer } from './server.mjs';

const options = commandLine(import.meta.url, {
  rows: { type: 'string', default: '1000000' },
  queries: { type: 'string', default: '10000000' },
});

const CHILD = fileURLToPath(new URL('memory.cjs', import.meta.url));

/** One measurement: the answer of a process of its own. */
async function measure(what, choice) {
  const child = fork(CHILD, [JSON.stringify({ what, ...choice })], {
    execArgv: ['--expose-gc', '--max-old-space-size=8192'],
  });
  const [answer] = await Promise.race([once(child, 'message'), once(child, 'exit').then(() => [])]);
  if (!answer) throw new Problem(`The measurement of "${what}" ended without an answer.`);
  if (answer.error) throw new Problem(answer.error);
  if (child.exitCode === null) await once(child, 'exit');
  return answer;
}

const mb = (bytes) => `${(bytes / (1 << 20)).toFixed(1)} MB`;

await script(async () => {
  const { target, stop, version } = await step('starting a server and filling it', startServer);
  const results = {};
  let missed = 0;
  const judge = (name, text, met) => {
    console.log(`  ${met ? 'met   ' : 'MISSED'}  ${name.padEnd(8)} ${text}`);
    missed += met ? 0 : 1;
  };
  try {
    const rows = Number(options.rows);
    const result = await step(`a result of ${rows} rows`, () => measure('result', { target, rows }));
    const ratio = result.peak / result.values;
    results.result = { rows, ...result, ratio };
    judge(
      'result',
      `${mb(result.peak)} at most for values of ${mb(result.values)}: ${ratio.toFixed(2)} ×, goal ≤ 2 ×`,
      ratio <= 2,
    );

    const idle = await step('an idle pool of 10', () => measure('idle', { target }));
    results.idle = idle;
    judge('idle', `${mb(idle.pool)}, libpq's part included, goal < 2 MB`, idle.pool < 2 << 20);

    const queries = Number(options.queries);
    const many = await step(`${queries} small queries`, () => measure('queries', { target, queries }));
    const growth = many.last / many.first - 1;
    results.queries = { queries, ...many, growth };
    judge(
      'queries',
      `${mb(many.first)} after a tenth, ${mb(many.last)} at the end: ${(growth * 100).toFixed(1)} %, goal within 5 %`,
      Math.abs(growth) <= 0.05,
    );
  } finally {
    await stop();
  }
  const machine = {
    cpus: os.cpus().length,
    cpu: os.cpus()[0]?.model,
    node: process.version,
    postgresql: version,
  };
  fs.mkdirSync(inRoot('bench/results'), { recursive: true });
  fs.writeFileSync(
    inRoot('bench/results/memory.json'),
    `${JSON.stringify({ what: 'bytes', machine, ...results }, null, 2)}\n`,
  );
  return missed === 0 ? 0 : 1;
});
