// Finds the native addon, and says clearly what is missing. Not here: anything that uses it.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');

/**
 * Which C library this process runs on: an addon for the other one does not load.
 * @returns {'gnu' | 'musl'}
 */
function libc() {
  try {
    if (fs.readFileSync('/proc/self/maps', 'latin1').includes('/ld-musl-')) return 'musl';
    return 'gnu';
  } catch {
    const report = process.report;
    if (!report) return 'gnu';
    report.excludeNetwork = true; // it would look up the names of open connections
    const header = /** @type {any} */ (report.getReport()).header;
    return header.glibcVersionRuntime ? 'gnu' : 'musl';
  }
}

/** @returns {string} as in the names of the platform packages */
function triple() {
  const { platform, arch } = process;
  return platform === 'linux' ? `linux-${arch}-${libc()}` : `${platform}-${arch}`;
}

/**
 * Every name is written out: bundlers and tracers find only those.
 * @param {string} target
 * @returns {unknown}
 */
function requirePackage(target) {
  switch (target) {
    case 'linux-x64-gnu':
      return require('hyperiondb-client-linux-x64-gnu');
    case 'linux-arm64-gnu':
      return require('hyperiondb-client-linux-arm64-gnu');
    case 'linux-x64-musl':
      return require('hyperiondb-client-linux-x64-musl');
    case 'linux-arm64-musl':
      return require('hyperiondb-client-linux-arm64-musl');
    case 'darwin-arm64':
      return require('hyperiondb-client-darwin-arm64');
    case 'darwin-x64':
      return require('hyperiondb-client-darwin-x64');
    case 'win32-x64':
      return require('hyperiondb-client-win32-x64');
    case 'win32-arm64':
      return require('hyperiondb-client-win32-arm64');
    default:
      throw new Error('There is no prebuilt package for this platform.');
  }
}

/** @returns {string[]} what was built in this folder, newest first */
function localBuilds() {
  const built = ['release', 'dev'].map((preset) => path.join(root, 'build', preset, 'hyperiondb.node'));
  const when = (/** @type {string} */ file) => fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return built.filter((file) => when(file) > 0).sort((a, b) => when(b) - when(a));
}

/**
 * @param {string[]} tried one line each
 * @param {string} target
 * @param {unknown} cause
 */
function notFound(tried, target, cause) {
  const error = new Error(
    `The native part of hyperiondb-client could not be loaded (${target}, Node.js ${process.versions.node}).\n` +
      `Tried:\n${tried.map((line) => `  - ${line}`).join('\n')}\n` +
      'To fix it, one of:\n' +
      `  - npm install --include=optional hyperiondb-client-${target}\n` +
      '  - npx hyperiondb-build    builds it from source; needs a C++20 compiler, CMake and libpq\n' +
      '  - set HYPERIONDB_NATIVE to the path of a hyperiondb.node\n' +
      'A bundler must leave hyperiondb-client out ("external", "serverExternalPackages").',
    { cause },
  );
  return Object.assign(error, { code: 'ERR_HYPERIONDB_NATIVE' });
}

/** @returns {any} the exports of the addon; see generated/native.d.ts */
function load() {
  const target = triple();
  const named = process.env.HYPERIONDB_NATIVE;
  /** @type {[string, () => unknown][]} */
  const places = named
    ? [[`HYPERIONDB_NATIVE=${named}`, () => require(path.resolve(named))]] // asked for: nothing else will do
    : localBuilds().map((file) => [file, () => require(file)]);
  if (!named) {
    if (places.length === 0)
      places.push([path.join(root, 'build', '{release,dev}', 'hyperiondb.node'), missing]);
    places.push([`hyperiondb-client-${target}`, () => requirePackage(target)]);
  }
  const tried = [];
  let cause;
  for (const [place, attempt] of places) {
    try {
      return attempt();
    } catch (error) {
      cause = error;
      tried.push(`${place}: ${String(/** @type {any} */ (error)?.message ?? error).split('\n')[0]}`);
    }
  }
  throw notFound(tried, target, cause);
}

function missing() {
  throw new Error('not built');
}

const native = load();

module.exports = native;
