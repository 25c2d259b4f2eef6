// Signals for whole server trees. The server calls setsid() in every child process, so the process group of a
// postmaster holds the postmaster alone: the children are found by their parent id instead. Everything here is
// synchronous, because the same code runs in an exit handler.
//
// A pid alone is never trusted: it is always used together with the start time of its process, so a number that
// the kernel gave to somebody else in the meantime is left alone.
'use strict';

const fs = require('node:fs');

/** @typedef {{ pid: number, startTime: string }} ProcessId */

/**
 * @param {number} pid
 * @returns {{ state: string, ppid: number, startTime: string } | null} null when there is no such process
 */
function readStat(pid) {
  let text;
  try {
    text = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return null;
  }
  // The command name stands in parentheses and may itself contain spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0], ppid: Number(fields[1]), startTime: fields[19] };
}

/** @param {number} pid @returns {ProcessId | null} */
function identify(pid) {
  const stat = readStat(pid);
  return stat && { pid, startTime: stat.startTime };
}

/** A zombie counts as gone: it holds nothing, and in a container nobody may ever reap it. @param {ProcessId} id */
function isAlive(id) {
  const stat = readStat(id.pid);
  return stat !== null && stat.startTime === id.startTime && stat.state !== 'Z' && stat.state !== 'X';
}

/** @param {ProcessId} id */
function isStopped(id) {
  const stat = readStat(id.pid);
  return stat !== null && stat.startTime === id.startTime && (stat.state === 'T' || stat.state === 't');
}

/** @param {ProcessId} id @param {NodeJS.Signals} name */
function signal(id, name) {
  if (!isAlive(id)) return false;
  try {
    process.kill(id.pid, name);
    return true;
  } catch {
    return false;
  }
}

/** @returns {number[]} */
function allPids() {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** All processes below one, nearest first. @param {ProcessId} root @returns {ProcessId[]} */
function descendants(root) {
  /** @type {Map<number, ProcessId[]>} */
  const byParent = new Map();
  for (const pid of allPids()) {
    const stat = readStat(pid);
    if (!stat) continue;
    const siblings = byParent.get(stat.ppid) ?? [];
    byParent.set(stat.ppid, siblings);
    siblings.push({ pid, startTime: stat.startTime });
  }
  const found = [root];
  for (const { pid } of found) found.push(...(byParent.get(pid) ?? [])); // which are looked at in their turn
  return found.slice(1);
}

/** Blocks this thread for some ms; only used while a signal is being delivered. @param {() => boolean} done */
function spinUntil(done, timeoutMs = 1_000) {
  const end = performance.now() + timeoutMs;
  const cell = new Int32Array(new SharedArrayBuffer(4));
  while (!done()) {
    if (performance.now() > end) return false;
    Atomics.wait(cell, 0, 0, 1);
  }
  return true;
}

/**
 * SIGSTOP for a server: first the postmaster, so that it can neither fork nor look after its children any more,
 * then everything below it.
 * @param {ProcessId} root
 * @returns {ProcessId[]} the tree
 */
function freezeTree(root) {
  if (!signal(root, 'SIGSTOP')) return [];
  spinUntil(() => isStopped(root) || !isAlive(root));
  const children = descendants(root);
  for (const child of children) signal(child, 'SIGSTOP');
  spinUntil(() => children.every((child) => isStopped(child) || !isAlive(child)));
  return [root, ...children];
}

/** @param {ProcessId} root */
function thawTree(root) {
  for (const child of descendants(root)) signal(child, 'SIGCONT');
  signal(root, 'SIGCONT');
}

/**
 * SIGKILL for a server and everything below it, in one blow: nobody lives to see the others die.
 * @param {ProcessId} root
 * @returns {ProcessId[]} what was killed
 */
function killTree(root) {
  if (!signal(root, 'SIGSTOP')) return [];
  spinUntil(() => isStopped(root) || !isAlive(root));
  const tree = [root, ...descendants(root)];
  for (const id of tree) signal(id, 'SIGKILL');
  return tree;
}

/**
 * Servers whose data directory (the argument after -D) lies below `directory`: finds what was started an instant
 * before its owner died, and what lost its postmaster. `directory` is a unique temporary name, so nobody else's
 * process can match.
 * @param {string} directory
 * @returns {ProcessId[]}
 */
function serversBelow(directory) {
  const prefix = `${directory}/`;
  return allPids()
    .filter((pid) => {
      try {
        const argv = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        const at = argv.indexOf('-D');
        if (at >= 0 && argv[at + 1]?.startsWith(prefix)) return true;
        // A server process that rewrote its title is recognised by its working directory.
        return argv[0].startsWith('postgres: ') && fs.readlinkSync(`/proc/${pid}/cwd`).startsWith(prefix);
      } catch {
        return false;
      }
    })
    .map(identify)
    .filter((id) => id !== null);
}

module.exports = {
  identify,
  isAlive,
  isStopped,
  signal,
  descendants,
  freezeTree,
  thawTree,
  killTree,
  serversBelow,
  spinUntil,
};
