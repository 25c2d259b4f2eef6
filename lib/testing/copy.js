// Copies of data directories, for standbys: pg_basebackup is not part of every distribution of the server.
'use strict';

const fs = require('node:fs');
const fsp = require('node:fs/promises');
const path = require('node:path');

const PARALLEL = 8;

/** Directories whose contents belong to one running server, as pg_basebackup leaves them out too. */
const EMPTY_DIRECTORIES = new Set([
  'pg_dynshmem',
  'pg_notify',
  'pg_replslot',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
]);
const LEFT_OUT = new Set([
  'postmaster.pid',
  'postmaster.opts',
  'standby.signal',
  'recovery.signal',
  'backup_label',
  'pg_internal.init',
]);

/**
 * @param {string} from
 * @param {string} to is created, with the directory's mode
 * @param {{ live?: boolean, give: (file: string) => void }} options live: the server is running, between backup
 *   start and stop; files may vanish, and its WAL is left out because it comes by streaming
 */
async function copyDataDirectory(from, to, { live = false, give }) {
  /** @type {string[]} */
  const files = [];
  const walk = (/** @type {string} */ relative) => {
    const top = relative.split(path.sep)[0];
    const target = path.join(to, relative);
    fs.mkdirSync(target, { mode: 0o700 });
    give(target);
    for (const entry of readDirectory(path.join(from, relative))) {
      const name = path.join(relative, entry.name);
      if (LEFT_OUT.has(entry.name) || entry.name.startsWith('pgsql_tmp')) continue;
      if (EMPTY_DIRECTORIES.has(top)) continue;
      if (entry.isDirectory()) walk(name);
      else if (entry.isSymbolicLink())
        throw new Error(`${from}: ${name} is a link; tablespaces cannot be copied`);
      else if (live && top === 'pg_wal') continue;
      else if (name !== path.join('global', 'pg_control')) files.push(name);
    }
  };
  walk('');
  const worker = async () => {
    for (let name = files.pop(); name !== undefined; name = files.pop()) {
      try {
        if (path.dirname(name) === 'pg_wal') copySparsely(path.join(from, name), path.join(to, name));
        else await fsp.copyFile(path.join(from, name), path.join(to, name));
      } catch (/** @type {any} */ error) {
        if (live && error.code === 'ENOENT') continue;
        throw error;
      }
      give(path.join(to, name));
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  // Last, as pg_basebackup does it: it must not be older than the files that it describes.
  const control = path.join(to, 'global', 'pg_control');
  fs.copyFileSync(path.join(from, 'global', 'pg_control'), control);
  give(control);
}

/**
 * A fresh WAL segment is 16 MB of almost nothing but zeros; its holes need not be written.
 * @param {string} from
 * @param {string} to
 */
function copySparsely(from, to) {
  const input = fs.openSync(from, 'r');
  const output = fs.openSync(to, 'w', 0o600);
  const block = Buffer.alloc(64 * 1024);
  const zeros = Buffer.alloc(block.length);
  try {
    let at = 0;
    for (let size; (size = fs.readSync(input, block, 0, block.length, at)) > 0; at += size) {
      const piece = block.subarray(0, size);
      if (!piece.equals(zeros.subarray(0, size))) fs.writeSync(output, piece, 0, size, at);
    }
    fs.ftruncateSync(output, at);
  } finally {
    fs.closeSync(input);
    fs.closeSync(output);
  }
}

/** @param {string} directory */
function readDirectory(directory) {
  try {
    return fs.readdirSync(directory, { withFileTypes: true });
  } catch (/** @type {any} */ error) {
    if (error.code === 'ENOENT') return []; // dropped since its parent was read
    throw error;
  }
}

module.exports = { copyDataDirectory };
