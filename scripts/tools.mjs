// tools.mjs: what the scripts share: running programs, saying what takes long, one writer at a time.
// Node alone: these scripts run before anything is installed.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
export const inRoot = (...parts) => path.join(root, ...parts);

/** Whether this module (its import.meta.url) is the program that was started. */
export const isMain = (url) =>
  process.argv[1] !== undefined && fs.realpathSync(process.argv[1]) === fileURLToPath(url);

/** A failure that the reader can act on; printed without a stack. */
export class Problem extends Error {}

/** The comment at the head of a file, which says how it is used. */
const headOf = (file) => {
  const lines = fs
    .readFileSync(file, 'utf8')
    .replace(/^#!.*\n/, '')
    .split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//'));
  return lines
    .slice(0, end)
    .map((line) => line.replace(/^\/\/ ?/, ''))
    .join('\n');
};

/** Ends without a word when nobody reads on, as in `… | head`. */
function endUnread() {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit();
    });
}

/**
 * The command line of the script whose import.meta.url this is. `--help` shows the comment at its head; what it does not
 * know ends it with 2. A script calls this first: neither may begin any work.
 * @param {string} url
 * @param {import('node:util').ParseArgsOptionsConfig} [options]
 * @param {{ words?: string[] | number, args?: string[] }} [more] how many words may stand there, or which one
 */
export function commandLine(url, options = {}, { words = 0, args = process.argv.slice(2) } = {}) {
  const file = fileURLToPath(url);
  endUnread();
  try {
    const { values, positionals } = parseArgs({
      args,
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    });
    if (values.help) {
      console.log(headOf(file));
      process.exit(0);
    }
    const [known, most] = Array.isArray(words) ? [words, 1] : [undefined, words];
    const surplus = positionals.find((word, at) => at >= most || (known && !known.includes(word)));
    if (surplus !== undefined) throw new Error(`Unknown word '${surplus}'`);
    return { ...values, words: positionals };
  } catch (error) {
    const [problem] = error.message.split('. To specify');
    console.error(`${path.basename(file)}: ${problem}\n\n${headOf(file)}`);
    process.exit(2);
  }
}

/** Runs `main` as the body of a script: a Problem is printed as it is, anything else with its stack. */
export async function script(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    console.error(error instanceof Problem ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}

export const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;

/** Prints what is about to take long, and how long it took. */
export async function step(title, work) {
  const start = Date.now();
  console.log(`> ${title}`);
  const result = await work();
  console.log(`  done in ${seconds(start)}`);
  return result;
}

/** Runs a program with our terminal; resolves with its exit code. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], ...options });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(signal ? 128 + os.constants.signals[signal] : code));
  });
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** As much of a line as fits beside the time. @param {string} line */
const fitting = (line) => (line.length > 90 ? `${line.slice(0, 89)}…` : line);

/**
 * Says every few seconds that something goes on, for how long, and what it has said last.
 * @param {number} start
 * @param {() => string} [what]
 * @param {number} [everyMs]
 * @returns {() => void} ends it
 */
export function heartbeat(start, what = () => '', everyMs = 5000) {
  const timer = setInterval(() => console.log(`  … ${seconds(start)} ${fitting(what())}`.trimEnd()), everyMs);
  return () => clearInterval(timer);
}

/** Lines that tell nothing of how far it is: warnings, braces of objects in them, empty ones. */
const isNoise = (line) => /^npm (warn|notice)|^\W*$/i.test(line);

/**
 * Runs a talkative program: its last line every few seconds, the whole of it only when it fails.
 * Throws a Problem with `hint` on a non-zero exit code, and with what it printed as `output`; that is not shown where
 * `isSilent` says so.
 */
export function runQuietly(
  command,
  args,
  { hint = '', env = process.env, cwd = root, isSilent = (_output) => false, everyMs = 5000 } = {},
) {
  return new Promise((resolve, reject) => {
    const start = Date.now();
    const output = [];
    let last = '';
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream.on('data', (chunk) => {
        output.push(chunk);
        const lines = (rest + chunk).split(/[\r\n]/);
        rest = lines.pop();
        last = lines.findLast((line) => !isNoise(line))?.trim() ?? last;
      });
    }
    const quiet = heartbeat(start, () => last, everyMs);
    child.on('error', (error) => {
      quiet();
      reject(error);
    });
    child.on('close', (code) => {
      quiet();
      if (code === 0) return resolve();
      const all = Buffer.concat(output);
      const problem = new Problem(
        `\`${path.basename(command)} ${args.join(' ')}\` failed (exit code ${code}). ${hint}`.trim(),
      );
      problem.output = String(all);
      if (!isSilent(problem.output)) process.stdout.write(all);
      reject(problem);
    });
  });
}

/** The output of a program, or undefined when it is missing or fails. */
export function outputOf(command, args, { cwd = root } = {}) {
  const { status, stdout } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** Where a program is, or undefined. The folders for administrators count too: they are not in every PATH. */
export function which(name) {
  const folders = [
    ...(process.env.PATH ?? '').split(path.delimiter),
    '/usr/local/sbin',
    '/usr/sbin',
    '/sbin',
  ];
  return folders.map((folder) => path.join(folder, name)).find((file) => fs.existsSync(file));
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Runs `work` while no other process of ours does the same in this tree. */
export async function exclusively(name, work) {
  const file = inRoot('build', `.${name}.lock`);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  for (let told = false; ;) {
    try {
      fs.writeFileSync(file, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      let owner = 0;
      try {
        owner = Number(fs.readFileSync(file, 'utf8'));
      } catch {}
      if (owner !== 0 && !isAlive(owner)) fs.rmSync(file, { force: true });
      else if (!told) console.log(`> waiting for process ${owner}, which is at it already`);
      told = told || isAlive(owner);
      await sleep(200);
    }
  }
  const release = () => fs.rmSync(file, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}
