// sim.mjs: simulated failovers, as many as are asked for, on all cores. `npm run test:sim`.
//
//   npm run test:sim [-- --failovers 1000000] [--seed SEED] [--preset release|dev|asan-ubsan|tsan|coverage] [--built]
//
// --seed plays that one and shows what happens in it. --built: the binary is there and fresh.
// After the failovers, one rule after another is broken on purpose, and the simulation has to notice: test/sim/rules.hpp.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { bootstrap } from './bootstrap.mjs';
import { Problem, commandLine, inRoot, run, script, seconds } from './tools.mjs';

const NOTHING = { seeds: 0, promotions: 0, failovers: 0, settled: 0, stored: 0, inDoubt: 0 };

/** Plays; resolves with what was seen. `onCount` hears of the failovers so far. */
function play(binary, args, onCount = () => {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, args.map(String), { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let problems = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
      const last = [...output.matchAll(/^(\d+) failovers$/gm)].at(-1);
      if (last) onCount(Number(last[1]));
    });
    child.stderr.on('data', (chunk) => (problems += chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const lines = output.trim().split('\n');
      const death = problems.match(/^seed (\d+) the process died .*$/m);
      if (death) return resolve({ ...NOTHING, violation: Number(death[1]), said: death[0] });
      try {
        resolve({ ...JSON.parse(lines.at(-1)), said: lines.at(-2) });
      } catch {
        reject(new Problem(`hdb_sim ended with ${signal ?? code}.\n${output}${problems}`));
      }
    });
  });
}

let failed = 0;
function tell(isOk, text) {
  if (!isOk) failed += 1;
  console.log(`${isOk ? 'ok  ' : 'FAIL'} ${text}`);
}

await script(async () => {
  const { failovers, preset, seed, built } = commandLine(import.meta.url, {
    failovers: { type: 'string', default: '1000000' },
    preset: { type: 'string', default: 'release' },
    seed: { type: 'string' },
    built: { type: 'boolean' },
  });
  if (!(Number(failovers) > 0)) throw new Problem(`--failovers: ${failovers} is no number above 0.`);
  if (seed !== undefined && !/^\d+$/.test(seed)) throw new Problem(`--seed: ${seed} is no number.`);
  if (!built) await bootstrap('test', { preset });
  const binary = inRoot('build', preset, 'hdb_sim');
  if (seed !== undefined)
    return run(binary, ['--seed', seed], { env: { ...process.env, HDB_SIM_TRACE: '1' } });

  const since = Date.now();
  const workers = os.availableParallelism();
  const counts = Array(workers).fill(0);
  let toldAt = Date.now();
  const played = await Promise.all(
    counts.map((_, i) =>
      play(
        binary,
        ['--failovers', Math.ceil(failovers / workers), '--first', i + 1, '--step', workers],
        (count) => {
          counts[i] = count;
          if (Date.now() - toldAt < 20_000) return;
          toldAt = Date.now();
          console.log(`     ${counts.reduce((a, b) => a + b)} failovers, ${seconds(since)}`);
        },
      ),
    ),
  );
  const sum = (what) => played.reduce((total, one) => total + one[what], 0);
  const broken = played.filter((one) => one.violation !== null);
  tell(
    broken.length === 0,
    `${sum('failovers')} failovers that the client followed (of ${sum('promotions')}) by ${sum('seeds')} seeds: ` +
      `${sum('settled')} promises, ${sum('stored')} writes, ${sum('inDoubt')} in doubt; ${seconds(since)}`,
  );
  for (const one of broken)
    console.log(`     ${one.said}\n     again: npm run test:sim -- --seed ${one.violation}`);

  const [first, second] = [await play(binary, ['--seed', 7]), await play(binary, ['--seed', 7])];
  tell(first.digest === second.digest, 'the same seed is the same run');

  const names = fs
    .readFileSync(inRoot('test/sim/rules.hpp'), 'utf8')
    .match(/kRuleNames\[\] = \{([^}]*)\}/)[1];
  const rules = [...names.matchAll(/"(\w+)"/g)].map((match) => match[1]).filter((name) => name !== 'none');
  for (const rule of rules) {
    const seen = await play(binary, ['--break', rule, '--failovers', 2000]);
    const again =
      seen.violation === null ? seen : await play(binary, ['--break', rule, '--seed', seen.violation]);
    tell(
      seen.violation !== null && again.said === seen.said,
      `broken on purpose, it is noticed: ${rule}: ${seen.said}`,
    );
  }
  return failed > 0 ? 1 : 0;
});
