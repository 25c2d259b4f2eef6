// fuzz.mjs: builds every fuzz target with AddressSanitizer and UBSan and runs each for a while. `npm run test:fuzz`.
//
//   npm run test:fuzz [-- --seconds 600] [--target NAME]...    a target is test/fuzz/<NAME>_fuzz.cpp
//
// What is found beyond the corpus stays in build/fuzz/found/<NAME>; an input that fails goes to
// build/fuzz/failed/<NAME>-…, and the same command line with that file as its only input shows it again.
import fs from 'node:fs';
import path from 'node:path';
import { spawn } from 'node:child_process';
import { installPackages } from './bootstrap.mjs';
import { build } from './native.mjs';
import { Problem, commandLine, inRoot, script, seconds } from './tools.mjs';

const SUFFIX = '_fuzz.cpp';
const MAX_INPUT = 4096; // bytes
const ONE_INPUT_SECONDS = 10;
const MEMORY_MB = 2048;

/** Runs one target over its corpus and what was found before; resolves with what libFuzzer said. */
function fuzz(name, duration) {
  const corpus = inRoot('test/fuzz/corpus', name);
  const found = inRoot('build/fuzz/found', name);
  const failed = inRoot('build/fuzz/failed');
  for (const folder of [found, failed]) fs.mkdirSync(folder, { recursive: true });
  const args = [
    `-max_total_time=${duration}`,
    `-max_len=${MAX_INPUT}`,
    `-timeout=${ONE_INPUT_SECONDS}`,
    `-rss_limit_mb=${MEMORY_MB}`,
    `-artifact_prefix=${path.join(failed, name)}-`,
    '-print_final_stats=1',
    found,
    ...(fs.existsSync(corpus) ? [corpus] : []),
  ];
  return new Promise((resolve, reject) => {
    const output = [];
    const child = spawn(inRoot('build/fuzz', `hdb_fuzz_${name}`), args, {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.on('data', (chunk) => {
      output.push(chunk);
      while (output.length > 200) output.shift(); // a long run talks much, and only its end is of interest
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ ok: code === 0, output: Buffer.concat(output).toString() }));
  });
}

await script(async () => {
  const { seconds: duration, target: wanted } = commandLine(import.meta.url, {
    seconds: { type: 'string', default: '600' },
    target: { type: 'string', multiple: true, default: [] },
  });
  if (!(Number(duration) > 0)) throw new Problem(`--seconds: ${duration} is no number above 0.`);
  const known = fs
    .readdirSync(inRoot('test/fuzz'))
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => file.slice(0, -SUFFIX.length))
    .sort();
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown)
    throw new Problem(`There is no fuzz target "${unknown}". The targets are ${known.join(', ')}.`);
  const targets = wanted.length > 0 ? wanted : known;
  await installPackages('fuzz');
  await build({ preset: 'fuzz', targets: targets.map((name) => `hdb_fuzz_${name}`) });
  const broken = [];
  for (const name of targets) {
    const since = Date.now();
    const { ok, output } = await fuzz(name, duration);
    const runs = output.match(/number_of_executed_units: (\d+)/)?.[1] ?? '?';
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${name}: ${runs} inputs in ${seconds(since)}`);
    if (ok) continue;
    broken.push(name);
    console.log(output.replace(/^#\d+.*\n/gm, ''));
  }
  return broken.length === 0 ? 0 : 1;
});
