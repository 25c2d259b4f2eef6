// counting.mjs: what the counters and histograms that are always on cost a query, in instructions of the I/O thread.
// Valgrind attributes each instruction to the line that it was made of, also where it was inlined: those of
// base/meter.hpp, base/snapshot.hpp and of the atomics of the standard library, which nothing else of a query uses as
// much, are an upper bound of what is counted. Debian: apt-get install valgrind
//
//   node bench/counting.mjs [--only point-1,point-100-pool-1] [--count 4000]
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { Problem, commandLine, script, step, which } from '../scripts/tools.mjs';
import { number } from './report.mjs';
import { Worker } from './rounds.mjs';
import { startServer } from './server.mjs';

const options = commandLine(import.meta.url, {
  only: { type: 'string', default: 'point-1,point-100-pool-1' },
  count: { type: 'string', default: '4000' },
});

const count = Number(options.count);
const COUNTING = /\/src\/base\/(meter|snapshot)\.hpp$|\/bits\/atomic_base\.h$/;

/** The instructions of one thread: all of them, and those that count. @param {string} file of callgrind */
function read(file) {
  let here = '';
  let isCall = false;
  const sums = { all: 0, counting: 0, isIo: false };
  for (const line of fs.readFileSync(file, 'utf8').split('\n')) {
    if (/^f[lie]=/.test(line)) {
      here = line.slice(3);
    } else if (line.startsWith('calls=')) {
      isCall = true; // the next line is what was called
    } else if (/^[+\-*\d]/.test(line)) {
      if (!isCall) {
        const cost = Number(line.split(' ')[1] ?? 0);
        sums.all += cost;
        if (COUNTING.test(here)) sums.counting += cost;
        if (here.endsWith('/src/pool/pool_core.cpp')) sums.isIo = true;
      }
      isCall = false;
    }
  }
  return sums;
}

/** @param {string} workload @param {object} target */
async function measure(workload, target) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'counting-'));
  const worker = new Worker({ client: 'ours', workload, target }, [
    'valgrind',
    '--tool=callgrind',
    '--separate-threads=yes',
    '--compress-strings=no',
    '--smc-check=all-non-file',
    `--callgrind-out-file=${folder}/out`,
  ]);
  try {
    await worker.ask({ count });
    execFileSync('callgrind_control', ['--zero', String(worker.pid)], { stdio: 'ignore' });
    const { operations } = await worker.ask({ count });
    execFileSync('callgrind_control', ['--dump', String(worker.pid)], { stdio: 'ignore' });
    const threads = fs.readdirSync(folder).map((name) => read(path.join(folder, name)));
    const io = threads.find(({ isIo }) => isIo);
    if (!io) throw new Problem('The I/O thread was not found: has the addon been built with -g1?');
    return { all: io.all / operations, counting: io.counting / operations };
  } finally {
    await worker.end();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

await script(async () => {
  if (!which('valgrind')) throw new Problem('valgrind is missing: apt-get install valgrind');
  const { target, stop } = await step('starting a server and filling it', startServer);
  try {
    for (const workload of options.only.split(',')) {
      const { all, counting } = await measure(workload, target);
      const share = ((100 * counting) / all).toFixed(1);
      console.log(
        `  ${workload.padEnd(12)} ${number(all)} instructions of the I/O thread for each query, ` +
          `${number(counting)} of them (${share} %) count`,
      );
    }
  } finally {
    await stop();
  }
});
