// syscalls.mjs: system calls and wake-ups per operation of a client. The wake-ups are those of a run that nobody
// watches; the calls are counted in a second one, which strace slows down. Debian: apt-get install strace
//
//   node bench/syscalls.mjs [--clients ours,pg] [--only point-1,point-100] [--count 20000] [--threads]
//   --threads   also the calls of the JavaScript thread alone
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Problem, commandLine, script, step, which } from '../scripts/tools.mjs';
import { installPeers } from './peers.mjs';
import { number } from './report.mjs';
import { Worker } from './rounds.mjs';
import { startServer } from './server.mjs';

const options = commandLine(import.meta.url, {
  clients: { type: 'string', default: 'ours' },
  only: { type: 'string', default: 'point-1,point-10,point-100' },
  count: { type: 'string', default: '20000' },
  threads: { type: 'boolean', default: false },
});

const count = Number(options.count);

/** Counts the calls of a process while `work` runs: name → number. */
async function trace(pid, threads, work) {
  const strace = spawn('strace', ['-c', '-U', 'calls,name', ...threads, '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  const attached = new Promise((resolve, reject) => {
    strace.stderr.on('data', (chunk) => {
      output += chunk;
      if (/attached/.test(output)) resolve();
    });
    strace.on('exit', () => reject(new Problem(`strace: ${output.trim()}`)));
  });
  await attached;
  const result = await work();
  const ended = once(strace, 'close');
  strace.kill('SIGINT');
  await ended;
  const calls = [...output.matchAll(/^\s*(\d+) (\w+)$/gm)].map(([, times, name]) => [name, Number(times)]);
  return { result, calls: calls.filter(([name]) => name !== 'total') };
}

function print(title, calls, operations) {
  const sorted = calls.sort(([, a], [, b]) => b - a);
  const sum = sorted.reduce((total, [, times]) => total + times, 0);
  const each = sorted
    .filter(([, times]) => times / operations >= 0.005)
    .map(([name, times]) => `${name} ${number(times / operations)}`);
  console.log(`    ${title.padEnd(24)} ${number(sum / operations).padStart(7)}   ${each.join(', ')}`);
}

await script(async () => {
  if (!which('strace')) throw new Problem('strace is missing: apt-get install strace');
  await installPeers();
  const { target, stop } = await step('starting a server and filling it', startServer);
  try {
    for (const workload of options.only.split(',')) {
      console.log(`\n${workload}: per operation, of ${count}`);
      for (const client of options.clients.split(',')) {
        const worker = new Worker({ client, workload, target });
        try {
          await worker.ask({ count: Math.min(count, 5000) });
          const { operations, perSecond, cpuUs, wakeups } = await worker.ask({ count });
          console.log(`  ${client}: ${number(perSecond)}/s, ${number(cpuUs)} µs CPU`);
          print('wake-ups, by thread', Object.entries(wakeups), operations);
          const all = await trace(worker.pid, ['-f'], () => worker.ask({ count }));
          print('system calls', all.calls, all.result.operations);
          if (options.threads) {
            const one = await trace(worker.pid, [], () => worker.ask({ count }));
            print('  of the JS thread', one.calls, one.result.operations);
          }
        } finally {
          await worker.end();
        }
      }
    }
  } finally {
    await stop();
  }
});
