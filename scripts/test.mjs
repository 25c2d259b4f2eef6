// test.mjs: every check there is, one suite after another, from a fresh clone on. The last line is the sum.
//
//   npm test -- [--only NAME,…] [--grep TEXT] [--preset dev|release|clang|asan-ubsan|asan-ubsan-clang|tsan|coverage]
//               [--long] [--valgrind] [--native FILE] [--postgres MAJOR]
//
// Without --preset, GCC builds the native units and clang, which builds what is published, the addon.
// --long plays the many and the long variants of the tests. --valgrind runs native code under valgrind's memcheck.
// --native: the suites that use an addon, with that one, such as a prebuilt one. --postgres: the major of the servers, from the
// operating system or from the npm packages of test/servers.
//
// A suite that hangs is ended at its deadline and counts as a failure. The tests that need a server start their own
// cluster; HYPERION_HOST, HYPERION_PORT, HYPERION_PORTS, HYPERION_USER, HYPERION_PASSWORD and HYPERION_DB name
// another one.
import fs from 'node:fs';
import path from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { build } from './native.mjs';
import { installRuntimes } from './runtimes.mjs';
import { none, printSum, settle, sumLine, tellFailure, tellSkip, within } from './test-sum.mjs';
import { Problem, commandLine, inRoot, outputOf, script } from './tools.mjs';
import { aside, print, watch } from './watch.mjs';

const text = { type: 'string' };
const flag = { type: 'boolean' };
commandLine(import.meta.url, {
  ...{ only: text, grep: text, preset: text, native: text, postgres: text },
  ...{ long: flag, valgrind: flag },
});
const argv = process.argv.slice(2);
const valueOf = (name) => {
  const at = argv.findIndex((arg) => arg === name || arg.startsWith(`${name}=`));
  return at < 0 ? undefined : argv[at].includes('=') ? argv[at].slice(name.length + 1) : argv[at + 1];
};
const preset = valueOf('--preset');
const unitPreset = preset ?? 'release';
const addonPreset = preset ?? 'clang';
const grep = valueOf('--grep');
const isLong = argv.includes('--long');
const valgrind = argv.includes('--valgrind');
/** Everything is slower under a checker: deadlines are that many times longer. */
const patience = (isLong ? 6 : 1) * (valgrind ? 40 : /^(asan|tsan)/.test(preset) ? 4 : 1);
/** Options that a command has to repeat to run something as this one does. */
const repeated = [
  ...['--preset', '--native', '--postgres'].flatMap((name) => (valueOf(name) ? [name, valueOf(name)] : [])),
  ...['--long', '--valgrind'].filter((name) => argv.includes(name)),
];
const native = valueOf('--native') && path.resolve(valueOf('--native'));
const postgres = valueOf('--postgres');
/** The compiler that has the sanitizer's runtime, and its file. */
const sanitizer = {
  'asan-ubsan': ['g++', 'libasan.so'],
  'asan-ubsan-clang': ['clang++-14', `libclang_rt.asan-${process.arch === 'x64' ? 'x86_64' : 'aarch64'}.so`],
  tsan: ['g++', 'libtsan.so'],
}[preset];
const python = fs.existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
const results = inRoot('build', 'test-results');
/** The code of scripts/valgrind.mjs when there is something to report. */
const REPORTED = 66;

async function generatedIsFresh() {
  const run = await watch(process.execPath, ['scripts/gen.mjs', '--check']);
  return settle({ ...none(), passed: run.code === 0 ? 1 : 0 }, run);
}

async function unittests(folder, deadline) {
  const filter = grep ? ['-k', grep] : [];
  const run = await watch(
    python,
    ['-B', '-m', 'unittest', 'discover', '-s', folder, '-t', folder, ...filter],
    { deadline },
  );
  const number = (name) => Number(run.output.match(new RegExp(`\\b${name}=(\\d+)`))?.[1] ?? 0);
  const total = Number(run.output.match(/^Ran (\d+) tests?/m)?.[1] ?? 0);
  const failed = number('failures') + number('errors') + number('unexpected successes');
  const nothingMatched = grep && total === 0;
  return settle(
    { failed, skipped: number('skipped'), passed: total - Math.min(total, failed + number('skipped')) },
    nothingMatched ? { code: 0 } : run,
  );
}

async function architecture() {
  const rules = none();
  if (!grep) {
    const run = await watch(python, ['-B', 'test/arch/check.py']);
    rules.passed = run.output.match(/^ok /gm)?.length ?? 0;
    rules.failed = run.output.match(/^FAIL /gm)?.length ?? 0;
    settle(rules, run);
  }
  const tests = await unittests('test/arch');
  return { passed: rules.passed + tests.passed, failed: rules.failed + tests.failed, skipped: tests.skipped };
}

async function unit() {
  const binary = inRoot('build', unitPreset, 'hdb_unit');
  if (!fs.existsSync(binary)) return undefined;
  const report = path.join(results, 'unit.json');
  const filter = grep ? [`--gtest_filter=*${grep}*`] : [];
  const checked = checkedBy(valgrind, [
    binary,
    '--gtest_brief=1',
    `--gtest_output=json:${report}`,
    ...filter,
  ]);
  const run = await watch(checked[0], checked.slice(1), {
    deadline: 300 * patience,
    env: sanitizerSettings(),
  });
  const count = none();
  if (fs.existsSync(report)) {
    for (const suite of JSON.parse(fs.readFileSync(report, 'utf8')).testsuites) {
      for (const test of suite.testsuite) {
        if (test.failures) {
          count.failed++;
          const why = test.failures.map((f) => f.failure).join('\n');
          tellFailure({ title: `${suite.name}.${test.name}`, why, isTest: true });
        } else if (test.result === 'SKIPPED' || test.status === 'NOTRUN') {
          count.skipped++;
          tellSkip(test.skipped?.[0]?.message ?? 'it is not run with this filter');
        } else count.passed++;
      }
    }
  }
  return settle(count, run);
}

/** Some thousand failovers of model nodes, and each rule broken once. */
async function simulation() {
  const failovers = String(Math.ceil(4000 / patience));
  const run = await watch(
    process.execPath,
    ['scripts/sim.mjs', '--built', '--preset', unitPreset, '--failovers', failovers],
    { deadline: 120 * patience, env: sanitizerSettings() },
  );
  const count = none();
  count.passed = run.output.match(/^ok /gm)?.length ?? 0;
  count.failed = run.output.match(/^FAIL /gm)?.length ?? 0;
  return settle(count, run);
}

/** tsc over the typing tests, the JavaScript of lib/ and the examples, with the oldest and the newest compiler that is supported. */
async function typings() {
  const count = none();
  for (const compiler of ['typescript', 'typescript-7']) {
    const folder = inRoot('node_modules', compiler);
    print(`TypeScript ${JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')).version}\n`);
    // What others compile, and our own JavaScript, for which one compiler is enough.
    const own = compiler === 'typescript' ? ['test/types/lib'] : [];
    for (const project of ['test/types', 'examples', ...own]) {
      if (!fs.existsSync(inRoot(project, 'tsconfig.json'))) continue;
      const args = [path.join(folder, 'bin/tsc'), '--noEmit', '--pretty', 'false', '-p', project];
      const run = await watch(process.execPath, args);
      const files = fs.readdirSync(inRoot(project)).filter((name) => /\.[cm]?ts$/.test(name));
      const wrong = new Set([...run.output.matchAll(/^(\S[^(\n]*)\(\d+,\d+\): error/gm)].map((m) => m[1]));
      const failed = settle({ ...none(), failed: wrong.size }, run).failed;
      count.failed += failed;
      count.passed += Math.max(0, files.length - failed);
    }
  }
  return count;
}

const testFiles = (folder) =>
  fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(
      (entry) =>
        entry.isFile() && /\.test\.[cm]?js$/.test(entry.name) && !entry.parentPath.includes('node_modules'),
    )
    .map((entry) => path.relative(inRoot(), path.join(entry.parentPath, entry.name)))
    .sort();

/** `isTimed`: its tests have limits of time that valgrind does not keep; there it is run for valgrind's reports alone. */
async function mocha(folder, deadline, { isTimed = false } = {}) {
  const files = testFiles(inRoot(folder));
  if (files.length === 0) return undefined;
  const report = path.join(results, `${folder.replaceAll('/', '-')}.jsonl`);
  const records = () =>
    fs.existsSync(report)
      ? fs
          .readFileSync(report, 'utf8')
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line))
      : [];
  const args = [
    ...(sanitizer ? ['--import', inRoot('scripts/sanitizer-hook.mjs')] : []),
    inRoot('node_modules/mocha/bin/mocha.js'),
    '--reporter',
    './scripts/mocha-reporter.mjs',
    process.stdout.isTTY ? '--color' : '--no-color',
    ...(grep ? ['--grep', grep] : []),
    ...(patience > 1 ? ['--timeout', String(300_000 * (valgrind ? 6 : 1))] : []),
    ...files,
  ];
  const checked = checkedBy(valgrind, [process.execPath, ...args]);
  const run = await watch(checked[0], checked.slice(1), {
    deadline: deadline * patience,
    isDone: () => records().at(-1)?.result === 'end',
    env: {
      ...sanitizerSettings(),
      ...(sanitizer && { LD_PRELOAD: outputOf(sanitizer[0], [`-print-file-name=${sanitizer[1]}`]) }),
      HYPERIONDB_NATIVE: native ?? inRoot('build', addonPreset, 'hyperiondb.node'),
      ...(postgres && { HYPERIONDB_TEST_VERSION: postgres }),
      HYPERION_TEST_RESULTS: report,
      ...(isLong && { HYPERION_LONG: '1' }),
    },
  });
  const count = none();
  for (const record of records()) {
    if (record.result !== 'end') count[record.result]++;
    if (record.result === 'failed') tellFailure({ ...record, isTest: true });
    if (record.result === 'skipped') tellSkip(record.why);
  }
  const hasEnded = records().at(-1)?.result === 'end';
  if (valgrind && isTimed && hasEnded) {
    count.skipped += count.failed; // told all the same, at the end
    return settle({ ...count, failed: 0 }, { ...run, code: run.code === REPORTED ? run.code : 0 });
  }
  return settle(count, { ...run, code: hasEnded ? run.code : run.code || 'no last test' });
}

/** @param {boolean} isChecked @param {string[]} command */
function checkedBy(isChecked, command) {
  return isChecked ? [process.execPath, inRoot('scripts/valgrind.mjs'), ...command] : command;
}

function sanitizerSettings() {
  return {
    ...process.env,
    // What is freed and kept for a while would count where a test looks at the memory.
    ASAN_OPTIONS: 'detect_leaks=1:detect_stack_use_after_return=0:exitcode=66:quarantine_size_mb=16',
    // Node frees the handle of a promise only when it settles; those of a Worker that was ended never do.
    LSAN_OPTIONS: `suppressions=${inRoot('cmake/lsan.supp')}:print_suppressions=0`,
    UBSAN_OPTIONS: 'print_stacktrace=1',
    TSAN_OPTIONS: 'ignore_noninstrumented_modules=1:exitcode=66',
    ...(unitPreset !== 'release' && { GTEST_DEATH_TEST_STYLE: 'threadsafe' }),
  };
}

/** The addon of the suites below; a deadline in which an old machine builds it. */
async function addon() {
  const args = ['scripts/build.mjs', '--preset', addonPreset, '--target', 'hyperiondb'];
  const run = await watch(process.execPath, args, { deadline: 1800 });
  return settle({ ...none(), passed: run.code === 0 ? 1 : 0 }, run);
}

async function runtimes() {
  await installRuntimes();
  return mocha('test/runtimes', 240);
}

/**
 * In the order of how soon they tell something. `native`: worth a run under a sanitizer. `beside`: computes while that
 * suite, which comes before it, mostly waits for servers; shown after it. `target`: what it runs of the native build.
 */
const SUITES = [
  { name: 'fresh', title: 'generated files are fresh', needs: 'scripts/gen.mjs', run: generatedIsFresh },
  { name: 'arch', title: 'rules of the sources', needs: 'test/arch', run: architecture },
  { name: 'unit', title: 'native units', needs: 'test/unit', run: unit, target: 'hdb_unit', native: true },
  {
    name: 'sim',
    title: 'simulated failovers',
    needs: grep ? '(no test has a name there)' : 'test/sim',
    run: simulation,
    target: 'hdb_sim',
    native: !valgrind,
  },
  { name: 'testing', title: 'test clusters', needs: 'test/testing', run: () => mocha('test/testing', 360) },
  {
    name: 'addon',
    title: 'the addon builds',
    needs: 'src/node',
    beside: 'testing',
    run: addon,
    native: true,
  },
  {
    name: 'gen',
    title: 'generator',
    needs: 'test/gen',
    beside: 'testing',
    run: () => unittests('test/gen', 300),
  },
  { name: 'types', title: 'typings', needs: 'generated/index.d.cts', beside: 'testing', run: typings },
  {
    name: 'api',
    title: 'public API',
    needs: 'test/api',
    run: () => mocha('test/api', 480),
    target: 'hyperiondb',
    native: true,
  },
  {
    name: 'cluster',
    title: 'cluster',
    needs: 'test/cluster',
    run: () => mocha('test/cluster', 600, { isTimed: true }),
    target: 'hyperiondb',
    native: true,
  },
  {
    name: 'support',
    title: 'gate of the fault tests',
    needs: 'test/support',
    run: () => mocha('test/support', 120),
  },
  {
    name: 'fault',
    title: 'faults',
    needs: 'test/fault',
    run: () => mocha('test/fault', 600, { isTimed: true }),
    target: 'hyperiondb',
    native: true,
  },
  {
    name: 'life',
    title: 'life of a process',
    needs: 'test/life',
    run: () => mocha('test/life', 300),
    target: 'hyperiondb',
    native: true,
  },
  {
    name: 'examples',
    title: 'examples',
    needs: 'test/examples',
    run: () => mocha('test/examples', 300),
    target: 'hyperiondb',
  },
  {
    name: 'ship',
    title: 'what is published',
    needs: 'test/ship',
    beside: 'examples',
    run: () => mocha('test/ship', 240),
  },
  {
    name: 'runtimes',
    title: 'runtimes',
    needs: 'test/runtimes',
    beside: 'examples',
    run: runtimes,
    target: 'hyperiondb',
  },
  {
    name: 'prebuilt',
    title: 'prebuilt addon',
    needs: native ? 'test/prebuilt' : '(no addon was named)',
    run: () => mocha('test/prebuilt', 300),
    target: 'hyperiondb',
  },
];

function chosenSuites() {
  const only = valueOf('--only')?.split(',');
  const unknown = only?.filter((name) => !SUITES.some((suite) => suite.name === name)) ?? [];
  if (unknown.length > 0) {
    throw new Problem(
      `There is no suite ${unknown.join(', ')}; the suites are ${SUITES.map((suite) => suite.name).join(', ')}.`,
    );
  }
  const chosen = SUITES.filter(
    ({ name, native, needs }) =>
      fs.existsSync(inRoot(needs)) &&
      (only
        ? only.includes(name)
        : grep
          ? !['fresh', 'types', 'runtimes'].includes(name)
          : native || !(sanitizer || valgrind)),
  );
  if (native) return chosen.filter(({ name, target }) => only?.includes(name) || target === 'hyperiondb');
  const isUsed = chosen.some(({ target }) => target === 'hyperiondb');
  return SUITES.filter((suite) => (suite.name === 'addon' ? isUsed : chosen.includes(suite)));
}

await script(async () => {
  const started = Date.now();
  const lines = [];
  const sum = none();
  const add = (title, count, since) => {
    for (const key of Object.keys(sum)) sum[key] += count[key];
    lines.push(sumLine(title, count, since));
  };
  const suites = chosenSuites();
  try {
    const targets = suites.flatMap(({ target }) => (target && target !== 'hyperiondb' ? [target] : []));
    await bootstrap('test', { preset: unitPreset, targets });
    fs.rmSync(results, { recursive: true, force: true });
    fs.mkdirSync(results, { recursive: true });
    const isRun = new Set();
    const runOne = async (suite) => {
      isRun.add(suite);
      const { title, run } = suite;
      print(`\n===== ${title} =====\n`);
      const since = Date.now();
      let count;
      try {
        count = await within(suite, run);
      } catch (error) {
        print(`${error instanceof Problem ? error.message : error.stack}\n`);
        count = { ...none(), failed: 1 };
      }
      if (count) add(title, count, since);
      else print('nothing here yet\n');
    };
    for (const suite of suites) {
      if (isRun.has(suite)) continue;
      const beside = suites.filter((other) => other.beside === suite.name && !isRun.has(other));
      const kept = [];
      const others = aside.run(kept, async () => {
        for (const other of beside) await runOne(other);
      });
      await runOne(suite);
      await others;
      for (const chunk of kept) process.stdout.write(chunk);
    }
  } catch (error) {
    console.log(error instanceof Problem ? `\n${error.message}` : error);
    add('setup', { ...none(), failed: 1 }, started);
  }
  printSum(lines, started, repeated);
  console.log(`\n${sum.passed} passed, ${sum.failed} failed${sum.skipped ? `, ${sum.skipped} skipped` : ''}`);
  return sum.failed > 0 || sum.passed === 0 ? 1 : 0;
});
