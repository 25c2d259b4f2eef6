// native.mjs: configures and builds the native code with CMake and Ninja.
// Not here: what must be installed first (bootstrap.mjs), the command line (build.mjs).
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { Problem, exclusively, heartbeat, inRoot, runQuietly, seconds, step, which } from './tools.mjs';

/** The value of each variable in a CMake cache. */
function readCache(file) {
  if (!fs.existsSync(file)) return {};
  return Object.fromEntries(
    [...fs.readFileSync(file, 'utf8').matchAll(/^([A-Za-z]\w*):\w+=(.*)$/gm)].map((m) => [m[1], m[2]]),
  );
}

/**
 * Builds `targets` (all when empty) of a preset into build/<preset>. `tests` adds GoogleTest's binary; once it is
 * configured, it stays.
 */
export async function build({ preset = 'release', targets = [], tests = false } = {}) {
  await exclusively(preset, async () => {
    const folder = inRoot('build', preset);
    const cache = readCache(path.join(folder, 'CMakeCache.txt'));
    // A folder that was copied or moved remembers where it was.
    if (cache.CMAKE_HOME_DIRECTORY && cache.CMAKE_HOME_DIRECTORY !== inRoot()) {
      fs.rmSync(folder, { recursive: true, force: true });
    }
    const wantsTests = tests || (cache.HDB_TESTS === 'ON' && fs.existsSync(inRoot('test/unit')));
    const settings = { HDB_TESTS: wantsTests ? 'ON' : 'OFF' };
    if (preset === 'fuzz') delete settings.HDB_TESTS;
    const configured =
      fs.existsSync(path.join(folder, 'build.ninja')) &&
      Object.entries(settings).every(([name, value]) => cache[name] === value);
    if (!configured) {
      await step(`configuring build/${preset}`, () =>
        runQuietly(which('cmake') ?? 'cmake', [
          '--preset',
          preset,
          ...Object.entries(settings).map(([name, value]) => `-D${name}=${value}`),
        ]),
      );
    }
    const jobs = process.env.CMAKE_BUILD_PARALLEL_LEVEL ?? String(os.availableParallelism());
    const args = ['-C', folder, '-j', jobs, ...targets];
    await runNinja(args, `building build/${preset} (${targets.join(', ') || 'everything'})`);
  });
}

/** How far ninja is, as it begins a line with NINJA_STATUS. */
const STATUS = /^\[(\d+)\/(\d+)\] (.*)/;

/** Runs ninja; prints nothing when there was nothing to do. */
async function runNinja(args, title) {
  const start = Date.now();
  const env = { ...process.env, NINJA_STATUS: '[%f/%t] ' };
  const child = spawn(which('ninja') ?? 'ninja', args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  let isTold = false;
  let at = '';
  const quiet = heartbeat(start, () => at);
  const tell = () => {
    if (!isTold) console.log(`> ${title}`);
    isTold = true;
  };
  for await (const line of readline.createInterface({ input: child.stdout })) {
    if (/Re-checking globbed directories|Entering directory|no work to do/.test(line)) continue;
    tell();
    const [, done, all, what] = STATUS.exec(line) ?? [];
    if (what === undefined)
      console.log(line); // of a compiler
    else at = `${done} of ${all} steps: ${path.basename(what.split(' ').at(-1)).replace(/\.o$/, '')}`;
  }
  quiet();
  if ((await ended) !== 0)
    throw new Problem('The native code did not build; the first error above says why.');
  if (isTold) console.log(`  done in ${seconds(start)}`);
}
