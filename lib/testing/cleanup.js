// The end of a run: no process, no directory, no shared memory segment stays. Synchronous: also runs at exit.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { execFileSync } = require('node:child_process');
const { killTree, serversBelow, isAlive, spinUntil } = require('./processes');

/**
 * @param {string} directory the temporary directory of the run
 * @param {import('./processes').ProcessId[]} servers
 */
function destroyRun(directory, servers) {
  /** @type {import('./processes').ProcessId[]} */
  const killed = [];
  for (const server of servers) killed.push(...killTree(server));
  // Twice: a server may have been between fork and exec the first time.
  for (let round = 0; round < 2; round += 1) {
    for (const server of serversBelow(directory)) killed.push(...killTree(server));
  }
  spinUntil(() => !killed.some(isAlive), 5_000);
  for (const entry of list(directory)) removeSharedMemory(path.join(directory, entry));
  fs.rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

/**
 * A postmaster that was SIGKILLed leaves its small System V segment to the kernel. Its id stands in the lock file;
 * it is removed only if that postmaster made it and nobody is attached.
 * @param {string} dataDir
 */
function removeSharedMemory(dataDir) {
  try {
    const lock = fs.readFileSync(path.join(dataDir, 'postmaster.pid'), 'utf8').split('\n');
    const id = lock[6].trim().split(/\s+/)[1];
    const segment = fs
      .readFileSync('/proc/sysvipc/shm', 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .find((columns) => columns[1] === id);
    if (segment && segment[4] === lock[0] && segment[6] === '0') {
      execFileSync('ipcrm', ['-m', id], { stdio: 'ignore' });
    }
  } catch {
    // no lock file: that server ended by itself and took its segment along
  }
}

/** @param {string} directory */
function list(directory) {
  try {
    return fs.readdirSync(directory);
  } catch {
    return [];
  }
}

module.exports = { destroyRun, removeSharedMemory };
