// apt.mjs: installs Debian's packages, and waits while somebody else does.
// Not here: which ones (bootstrap.mjs, services.mjs).
import { Problem, root, runQuietly, seconds, sleep } from './tools.mjs';

const isRoot = process.getuid?.() === 0;
const PATIENCE_MS = 15 * 60_000;
const isBusy = (output) =>
  /Could not get lock|Unable to (acquire|lock)|is another process using it/i.test(output);

/** A command as the administrator. @param {string} command @param {string[]} args @param {object} [options] */
export function asRoot(command, args, options = {}) {
  const quiet = { DEBIAN_FRONTEND: 'noninteractive', ...options.env };
  const env = Object.entries(quiet).map(([name, value]) => `${name}=${value}`);
  return isRoot
    ? runQuietly(command, args, { ...options, env: { ...process.env, ...quiet }, cwd: root })
    : runQuietly('sudo', ['-n', ...env, command, ...args], { ...options, env: process.env, cwd: root });
}

/**
 * `apt-get`, again and again while the package manager is busy with something else.
 * @param {string[]} args
 * @param {{ hint?: string, env?: Record<string, string>, run?: typeof asRoot, pauseMs?: number, patienceMs?: number }} [options]
 */
export async function apt(args, { run = asRoot, pauseMs = 2000, patienceMs = PATIENCE_MS, ...options } = {}) {
  const start = Date.now();
  for (let told = -Infinity; ;) {
    try {
      return await run('apt-get', args, { ...options, isSilent: isBusy });
    } catch (error) {
      const output = error.output ?? '';
      if (!isBusy(output)) throw error;
      const [who = 'Another program'] = output.match(/held by (process \d+( \([^)]*\))?)/)?.slice(1) ?? [];
      if (Date.now() - start > patienceMs)
        throw new Problem(
          `${who} has kept the package manager's lock for ${seconds(start)}. Run this again when it has ended.`,
        );
      if (Date.now() - told > 10_000) {
        told = Date.now();
        console.log(`  … ${seconds(start)} waiting for the package manager: ${who} is using it`);
      }
      await sleep(pauseMs);
    }
  }
}
