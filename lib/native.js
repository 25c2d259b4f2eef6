// Finds the native addon, and says clearly what is missing. Not here: anything that uses it.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');

/**
 * The C library of this process: an addon for the other one does not load.
 * @returns {'gnu' | 'musl'}
 */
function libc() {
  try {
    // The loader of musl may be a symbolic link to its libc.so; glibc's is libc.so.6.
    return /\/ld-musl-|\/libc\.so$/m.test(fs.readFileSync('/proc/self/maps', 'latin1')) ? 'musl' : 'gnu';
  } catch {
    const report = /** @type {any} */ (process.report);
    if (!report) return 'gnu';
    report.excludeNetwork = true; // it would look up the names of open connections
    const { header } = report.getReport();
    return header.glibcVersionRuntime ? 'gnu' : 'musl';
  }
}

/** @returns {string} as in the names of the platform packages */
function triple() {
  const { platform, arch } = process;
  if (platform === 'linux') return `linux-${arch}-${libc()}`;
  return platform === 'win32' ? `win32-${arch}-msvc` : `${platform}-${arch}`;
}

/**
 * Every name is written out, because bundlers and tracers find only literal names.
 * @type {Record<string, () => unknown>}
 */
const PACKAGES = {
  'linux-x64-gnu': () => require('hyperiondb-client-linux-x64-gnu'),
  'linux-arm64-gnu': () => require('hyperiondb-client-linux-arm64-gnu'),
  'linux-x64-musl': () => require('hyperiondb-client-linux-x64-musl'),
  'linux-arm64-musl': () => require('hyperiondb-client-linux-arm64-musl'),
  'darwin-x64': () => require('hyperiondb-client-darwin-x64'),
  'darwin-arm64': () => require('hyperiondb-client-darwin-arm64'),
  'win32-x64-msvc': () => require('hyperiondb-client-win32-x64-msvc'),
};

/** @returns {string[]} the platform packages beside this one: they show a node_modules copied from another machine */
function besides() {
  try {
    return fs.readdirSync(path.join(root, '..')).filter((name) => name.startsWith('hyperiondb-client-'));
  } catch {
    return [];
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
  const name = `hyperiondb-client-${target}`;
  const others = besides().filter((other) => other !== name);
  const fixes = [];
  if (target in PACKAGES) {
    fixes.push(
      'npm install --include=optional hyperiondb-client    brings the package of this platform, if optional ones were left out',
    );
    if (others.length > 0)
      fixes.push(
        `remove node_modules and install again here: there is ${others.join(', ')}, so it was made for another platform`,
      );
  }
  fixes.push(
    'npx hyperiondb-build    builds it from source; needs a C++20 compiler, CMake, libpq and Asio',
    'set HYPERIONDB_NATIVE to the path of a hyperiondb.node',
    'a bundler must leave the packages hyperiondb-client-* out ("external", "serverExternalPackages")',
  );
  return notLoaded(target, `Tried:${list(tried)}\nTo fix it, one of:${list(fixes)}`, cause);
}

/**
 * Under Node.js's permission model only a new command line can allow an addon.
 * @param {string} target
 * @param {unknown} cause
 */
function forbidden(target, cause) {
  const fix = /** @type {any} */ (process).permission
    ? 'Add --allow-addons to its flags: without it, --permission loads none.'
    : 'It was started with --no-addons; start it without.';
  return notLoaded(target, `Node.js may not load native addons. ${fix}`, cause);
}

/** @param {string[]} lines */
const list = (lines) => lines.map((line) => `\n  - ${line}`).join('');

/**
 * @param {string} target
 * @param {string} why
 * @param {unknown} cause
 */
function notLoaded(target, why, cause) {
  const error = new Error(
    `The native part of hyperiondb-client could not be loaded (${target}, Node.js ${process.versions.node}).\n${why}`,
    { cause },
  );
  return Object.assign(error, { code: 'ERR_HYPERIONDB_NATIVE' });
}

/** The exports of the addon. */
function load() {
  const target = triple();
  const named = process.env.HYPERIONDB_NATIVE;
  /** @type {[string, () => unknown][]} */
  const places = named
    ? [[`HYPERIONDB_NATIVE=${named}`, () => require(path.resolve(named))]] // requested explicitly, so there is no fallback
    : localBuilds().map((file) => [file, () => require(file)]);
  if (!named) {
    if (places.length === 0)
      places.push([path.join(root, 'build', '{release,dev}', 'hyperiondb.node'), missing]);
    places.push([`hyperiondb-client-${target}`, PACKAGES[target] ?? noPackage]);
  }
  const tried = [];
  let cause;
  for (const [place, attempt] of places) {
    try {
      return /** @type {typeof import('../generated/native')} */ (attempt());
    } catch (/** @type {any} */ error) {
      if (error?.code === 'ERR_DLOPEN_DISABLED') throw forbidden(target, error);
      cause = error;
      tried.push(`${place}: ${String(error?.message ?? error).split('\n')[0]}`);
    }
  }
  throw notFound(tried, target, cause);
}

function missing() {
  throw new Error('not built');
}

function noPackage() {
  throw new Error('there is no prebuilt package for this platform');
}

const native = load();

module.exports = native;
