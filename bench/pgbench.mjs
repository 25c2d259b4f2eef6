// pgbench.mjs: the same statements by PostgreSQL's own load generator, on one thread, with the pool's connections.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { median } from './median.mjs';

/** bash's `time` tells what the CPU cost of pgbench was. */
const SCRIPT = 'TIMEFORMAT="cpu %U %S"; time "$@"';

/** One round, of whole seconds. Gives throughput, latency and CPU per operation. */
export async function runPgbench(workload, { target, tools, ms }) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-'));
  const file = path.join(folder, 'script.sql');
  fs.writeFileSync(file, workload.pgbench);
  const seconds = Math.max(1, Math.round(ms / 1000));
  const connections = Math.min(workload.concurrency, workload.poolSize);
  const args = ['-n', '-M', 'prepared', '-c', connections, '-j', 1, '-T', seconds, '-f', file];
  // One line per operation, for the median: at one connection only, where writing them costs little.
  if (connections === 1) args.push('-l', `--log-prefix=${folder}/log`);
  // The superuser logs in without SCRAM: the CPU of 50 such logins would be most of a short run.
  const where = ['-h', target.host, '-p', target.port, '-U', 'postgres', target.database];
  try {
    const output = await outputOf(
      'bash',
      ['-c', SCRIPT, 'bash', path.join(tools, 'pgbench'), ...args, ...where].map(String),
      { ...process.env, LC_ALL: 'C' },
    );
    const number = (pattern) => Number(pattern.exec(output)?.[1]);
    const operations = number(/actually processed: (\d+)/);
    if (!(operations > 0)) throw new Error('pgbench did nothing in its time');
    const [, user, system] = /^cpu ([\d.]+) ([\d.]+)/m.exec(output).map(Number);
    return {
      operations,
      perSecond: number(/^tps = ([\d.]+)/m),
      meanMs: number(/latency average = ([\d.]+)/),
      p50Ms: medianOfLogs(folder),
      cpuUs: ((user + system) * 1e6) / operations,
    };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** In ms; the third column of pgbench's logs is the duration in µs. */
function medianOfLogs(folder) {
  const logs = fs.readdirSync(folder).filter((name) => name.startsWith('log'));
  if (logs.length === 0) return NaN;
  const lines = logs.flatMap((name) => fs.readFileSync(path.join(folder, name), 'latin1').trim().split('\n'));
  return median(lines.map((line) => Number(line.split(' ')[2]))) / 1000;
}

function outputOf(command, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(output) : reject(new Error(output.trim().split('\n').at(-1))),
    );
  });
}
