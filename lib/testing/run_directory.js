// The temporary directory of one cluster, and the promise that it and its processes do not outlive their owner:
// an exit handler for every orderly end, a watchdog process for all others.
'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { canReach } = require('./account');
const { destroyRun } = require('./cleanup');
const { identify } = require('./processes');

// A unix socket path has at most 107 bytes; the rest of the name is `/socket/.s.PGSQL.NNNNN`.
const LONGEST_BASE = 60;

const MEMORY = '/dev/shm';
const PLENTY = 4 * 1024 ** 3;

/** @type {Set<RunDirectory>} */
const open = new Set();
let hooked = false;

class RunDirectory {
  /** @type {Map<number, import('./processes').ProcessId>} */
  #servers = new Map();
  #watchdog;

  /**
   * @param {import('./account').Account} account
   * @param {{ directory?: string, onDisk?: boolean }} [where] the directory to make it in; or one on a disk
   */
  constructor(account, { directory, onDisk = false } = {}) {
    this.path = fs.mkdtempSync(path.join(directory ?? base(account, onDisk), 'hyperiondb-'));
    this.#watchdog = spawn(process.execPath, [path.join(__dirname, 'watchdog.js')], {
      // A session of its own: a signal for the owner's process group does not reach it.
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      cwd: '/',
      // No NODE_OPTIONS, no LD_PRELOAD: whatever instruments the owner has no business here.
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin' },
    });
    this.#watchdog.on('error', () => {});
    this.#watchdog.stdin.on('error', () => {});
    /** @type {import('node:net').Socket} */ (this.#watchdog.stdin).unref();
    this.#watchdog.unref();
    this.#tell({ directory: this.path });
    // Others may pass through to what is theirs, but not look around.
    fs.chmodSync(this.path, 0o711);
    open.add(this);
    if (!hooked) {
      hooked = true;
      process.on('exit', () => {
        for (const run of open) run.destroy();
      });
    }
  }

  /** To be called right after a server was spawned. @param {number} pid */
  watch(pid) {
    const id = identify(pid);
    if (!id) return null;
    this.#servers.set(pid, id);
    this.#tell({ add: id });
    return id;
  }

  /** @param {number} pid */
  unwatch(pid) {
    this.#servers.delete(pid);
    this.#tell({ remove: pid });
  }

  /** Kills what is left and removes the directory. The watchdog ends with it. */
  destroy() {
    if (!open.delete(this)) return;
    destroyRun(this.path, [...this.#servers.values()]);
    this.#watchdog.stdin.end();
  }

  /** @param {object} message */
  #tell(message) {
    if (!this.#watchdog.stdin.destroyed) this.#watchdog.stdin.write(`${JSON.stringify(message)}\n`);
  }
}

/** @param {import('./account').Account} account @param {boolean} onDisk */
function base(account, onDisk) {
  if (process.env.TMPDIR === undefined && !onDisk && hasRoomInMemory()) return MEMORY;
  const usual = fs.realpathSync(os.tmpdir());
  return usual.length <= LONGEST_BASE && canReach(account, usual) ? usual : '/tmp';
}

/**
 * A cluster that lives in memory starts several times faster and does not wear a disk. Only where there is plenty:
 * containers often give 64 MB.
 */
function hasRoomInMemory() {
  try {
    const { bavail, bsize } = fs.statfsSync(MEMORY);
    fs.accessSync(MEMORY, fs.constants.W_OK | fs.constants.X_OK);
    return Math.min(bavail * bsize, availableMemory()) >= PLENTY;
  } catch {
    return false;
  }
}

function availableMemory() {
  const found = /^MemAvailable:\s+(\d+)/m.exec(fs.readFileSync('/proc/meminfo', 'utf8'));
  return Number(found?.[1] ?? 0) * 1024;
}

/** Where run directories are when nobody chose otherwise. */
function usualBases() {
  return [...new Set([fs.realpathSync(os.tmpdir()), '/tmp', MEMORY])].filter((directory) =>
    fs.existsSync(directory),
  );
}

module.exports = { RunDirectory, usualBases };
