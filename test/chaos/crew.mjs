// crew.mjs: processes under load, and the book of what they were told. A process that dies is the worst that can happen: it
// is reported with its last words and, where gdb is there, with the stack of its core.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const { until } = require('../../lib/testing');
const { FATE } = require('./fate');

const child = fileURLToPath(new URL('support/load_child.mjs', import.meta.url));
const folder = fileURLToPath(new URL('../../build/chaos', import.meta.url));
/** Ids of one process. */
const IDS = 1_000_000_000;
/** How long a process that was told to stop may take to be gone. */
const GONE_MS = 180_000;

/** The stacks in a core; nothing where there is no core or no gdb. */
function stackOf(cwd) {
  const core = fs.readdirSync(cwd).find((name) => name.startsWith('core'));
  if (!core) return '';
  const file = path.join(cwd, core);
  try {
    const args = ['-batch', '-ex', 'bt 30', process.env.CHAOS_NODE ?? process.execPath, file];
    const output = execFileSync('gdb', args, { stdio: ['ignore', 'pipe', 'ignore'], timeout: 120_000 });
    const lines = output.toString().split('\n');
    return [...new Set(lines.filter((line) => line.startsWith('#')))].join('\n');
  } catch {
    return `(its core: ${file})`;
  } finally {
    fs.rmSync(file, { force: true });
  }
}

export class Crew {
  /** What each write was told: id → [kind, fate, number of the write]. @type {Map<number, any[]>} */
  #book = new Map();
  #writes = 0;
  #waits = new Set();
  #members = new Set();
  #started = 0;
  #settings;
  /** When writes were acknowledged, in ms since 1970. @type {number[]} */
  times = [];
  counts = new Map();
  wrong = [];
  events = [];
  deaths = [];
  unsettled = 0;
  #isOver = false;

  /** @param {{ connection: any, seed: number, processes?: number, env?: any, load?: (number: number) => any,
   *   log?: (text: string) => void }} settings */
  constructor(settings) {
    this.#settings = { processes: 2, env: {}, load: () => ({}), log: console.log, ...settings };
    this.#onExit = () => {
      for (const { process: one } of this.#members) one.kill('SIGKILL');
    };
    process.on('exit', this.#onExit);
  }
  #onExit;

  start() {
    for (let i = 0; i < this.#settings.processes; i += 1) this.startOne();
  }

  startOne() {
    const number = ++this.#started;
    const cwd = path.join(folder, `process-${process.pid}-${number}`);
    fs.mkdirSync(cwd, { recursive: true });
    const command = ['-c', 'ulimit -c unlimited; exec "$0" "$@"', process.execPath, child];
    const one = spawn('sh', command, {
      cwd,
      env: { ...process.env, ...this.#settings.env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const member = { process: one, isStopping: false, said: '', gone: undefined };
    this.#members.add(member);
    for (const stream of [one.stdout, one.stderr])
      stream.on('data', (chunk) => (member.said = (member.said + chunk).slice(-20_000)));
    one.on('message', (what) => this.#hear(what));
    member.gone = new Promise((resolve) => {
      one.on('close', (code, signal) => {
        this.#members.delete(member);
        const isFine = member.isStopping && code === 0;
        if (!isFine && !this.#isOver) {
          const how = signal ? `signal ${signal}` : `code ${code}`;
          const death = { how, said: member.said.trim().slice(-6_000), stack: stackOf(cwd) };
          this.deaths.push(death);
          this.#settings.log(`!!!! a process ended with ${how}`);
        }
        fs.rmSync(cwd, { recursive: true, force: true });
        if (!member.isStopping && !this.#isOver) this.startOne();
        resolve(undefined);
      });
    });
    const { connection, seed, load } = this.#settings;
    one.send({ begin: { connection, seed: seed + 2 * number, firstId: number * IDS, ...load(number) } });
    return member;
  }

  #hear(what) {
    if (what.hanging) this.unsettled += what.hanging;
    for (const [kind, fate, began, ended, ...ids] of what.told ?? []) {
      const write = ++this.#writes;
      for (const id of ids) this.#book.set(id, [kind, fate, write]);
      if (fate !== FATE.acknowledged) continue;
      this.times.push(ended);
      for (const wait of this.#waits) if (began > wait.from) wait.left -= 1;
    }
    for (const [key, count] of what.counts ?? []) this.counts.set(key, (this.counts.get(key) ?? 0) + count);
    this.wrong.push(...(what.wrong ?? []));
    this.events.push(...(what.events ?? []));
  }

  /** Waits until so many writes that began after this call are acknowledged. */
  async untilAcknowledged(count = 50, timeoutMs = 60_000) {
    const wait = { from: Date.now(), left: count };
    this.#waits.add(wait);
    try {
      await until(() => wait.left <= 0, { timeoutMs, what: `${count} more acknowledged writes` });
    } finally {
      this.#waits.delete(wait);
    }
  }

  /** @param {any} member */
  async stopOne(member) {
    member.isStopping = true;
    if (member.process.connected) member.process.send({ stop: true });
    const late = setTimeout(() => {
      this.wrong.push(`a process does not end though all has ended in it\n${member.said}`);
      member.process.kill('SIGKILL');
    }, GONE_MS);
    await member.gone;
    clearTimeout(late);
  }

  async stop() {
    await Promise.all([...this.#members].map((member) => this.stopOne(member)));
    process.removeListener('exit', this.#onExit);
  }

  /** At once, whatever they do: the run has failed. */
  async abandon() {
    this.#isOver = true;
    this.#onExit();
    await Promise.all([...this.#members].map((member) => member.gone));
    process.removeListener('exit', this.#onExit);
  }

  get members() {
    return [...this.#members];
  }

  /**
   * The book against the database, one line for each kind.
   * @param {Map<number, number>} stored how many rows there are of each id
   */
  audit(stored) {
    const kinds = new Map();
    const halves = new Map();
    for (const [id, [kind, fate, write]] of this.#book) {
      const rows = stored.get(id) ?? 0;
      let line = kinds.get(kind);
      if (!line) kinds.set(kind, (line = newLine()));
      if (rows > 1) line.doubled += 1;
      if (fate === FATE.acknowledged) line.acknowledged += 1;
      if (fate === FATE.acknowledged && rows === 0) line.lost += 1;
      if (fate === FATE.unknown) line.inDoubt += 1;
      if (fate === FATE.unknown && rows > 0) line.doubtStored += 1;
      if (fate === FATE.nothing) line.nothing += 1;
      if (fate === FATE.nothing && rows > 0) line.denied += 1;
      const half = halves.get(write);
      if (half !== undefined && half !== rows) line.halves += 1;
      halves.set(write, rows);
    }
    return kinds;
  }
}

const newLine = () => ({
  acknowledged: 0,
  lost: 0,
  doubled: 0,
  inDoubt: 0,
  doubtStored: 0,
  nothing: 0,
  denied: 0,
  halves: 0,
});
