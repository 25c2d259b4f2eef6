// rounds.mjs: one process per client, all of the same workload; they take turns, so that a busy minute of the
// machine hits them alike.
import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { median } from './median.mjs';
import { runPgbench } from './pgbench.mjs';

const { PROGRAMS } = createRequire(import.meta.url)('./clients.cjs');

const WORKER = fileURLToPath(new URL('worker.cjs', import.meta.url));

/** A process with a client in it; `ask` gives its answer to one message. */
export class Worker {
  /**
   * @param {{ client: string, workload: string, target: object, ownTypes?: boolean }} choice
   * @param {string[]} [under] a command that runs it
   */
  constructor(choice, under = []) {
    const [execPath, ...execArgv] = [...under, PROGRAMS[choice.client] ?? process.execPath];
    const stdio = ['ignore', 'ignore', 'pipe', 'ipc'];
    this.child = fork(WORKER, [JSON.stringify(choice)], { execPath, execArgv, stdio });
    this.errors = '';
    this.child.stderr.on('data', (chunk) => (this.errors = (this.errors + chunk).slice(-2000)));
    this.ready = this.answer(60_000);
    this.ready.catch(() => {}); // whoever asks first is told
  }

  get pid() {
    return this.child.pid;
  }

  answer(timeoutMs) {
    return new Promise((resolve, reject) => {
      const settle = (how, value) => {
        clearTimeout(timer);
        this.child.off('message', onMessage).off('exit', onExit);
        how(value);
      };
      const onMessage = ({ result, error }) =>
        error === undefined ? settle(resolve, result) : settle(reject, new Error(error));
      const onExit = (code, signal) =>
        settle(reject, new Error(`ended with ${signal ?? code}: ${reason(this.errors)}`));
      const timer = setTimeout(
        () => settle(reject, new Error(`no answer for ${timeoutMs / 1000} s`)),
        timeoutMs,
      );
      this.child.on('message', onMessage).on('exit', onExit);
    });
  }

  async ask(message) {
    await this.ready;
    this.child.send(message);
    return this.answer(60_000 + 2 * (message.ms ?? 0));
  }

  /** Ends the process; one that does not want to is killed. */
  async end() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 5000);
    if (this.child.connected) this.child.send('end');
    await gone;
    clearTimeout(timer);
  }
}

/** What a process that ended said about why. */
const reason = (text) => {
  const lines = text.trim().split('\n');
  return lines.find((line) => /^\S*Error\b/.test(line)) ?? lines.at(-1);
};

function medians(rounds) {
  const result = {};
  for (const key of Object.keys(rounds[0])) {
    if (typeof rounds[0][key] === 'number') result[key] = median(rounds.map((one) => one[key]));
  }
  result.peakMb = Math.max(...rounds.map((one) => one.peakMb ?? NaN));
  return result;
}

/**
 * Runs one workload on all clients.
 * @returns {Promise<Record<string, { rounds: object[], error?: string }>>} by client; with the medians beside `rounds`
 */
export async function runWorkload(
  workload,
  clients,
  { target, rounds, roundMs, warmMs, least, ownTypes, tools },
) {
  const results = {};
  const runners = new Map();
  const attempt = async (client, work) => {
    if (results[client]?.error) return;
    results[client] ??= { rounds: [] };
    try {
      await work();
    } catch (error) {
      results[client].error = error.message;
    }
  };
  try {
    for (const client of clients) {
      if (client !== 'pgbench') {
        runners.set(client, new Worker({ client, workload: workload.name, target, ownTypes }));
      } else if (workload.pgbench) {
        runners.set(client, { ask: ({ ms }) => runPgbench(workload, { target, tools, ms }), end() {} });
      }
    }
    const warmUp = { ms: warmMs, least: Math.ceil(workload.warm / workload.concurrency) };
    for (const [client, runner] of runners) {
      await attempt(client, async () => {
        if (client !== 'pgbench') await runner.ask(warmUp);
      });
    }
    const order = [...runners.keys()];
    for (let round = 0; round < rounds; round += 1) {
      order.push(order.shift());
      for (const client of order) {
        // pgbench cannot do less than a second: one round of that may be as long as all rounds of the others.
        if (client === 'pgbench' && round * Math.max(roundMs, 1000) >= rounds * roundMs) continue;
        await attempt(client, async () => {
          results[client].rounds.push(await runners.get(client).ask({ ms: roundMs, least }));
        });
      }
    }
  } finally {
    await Promise.all([...runners.values()].map((runner) => runner.end()));
  }
  for (const result of Object.values(results)) {
    if (result.rounds.length > 0) Object.assign(result, medians(result.rounds));
  }
  return results;
}
