// Runs as a process of its own, next to the one that owns a test cluster, and outlives it by a moment. Its standard
// input is a pipe from the owner; when the owner ends in whatever way, SIGKILL included, the pipe closes, and the
// watchdog kills the servers that it was told of and removes the directory that it was told of.
//
// Messages are lines of JSON: { directory }, { add: ProcessId }, { remove: pid }.
'use strict';

const readline = require('node:readline');
const { destroyRun } = require('./cleanup');

let directory = '';
/** @type {Map<number, import('./processes').ProcessId>} */
const servers = new Map();

// Ctrl-C and a terminal that closes reach the whole session; the watchdog must stay for the clean-up.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) process.on(name, () => {});

readline
  .createInterface({ input: process.stdin })
  .on('line', (line) => {
    const message = JSON.parse(line);
    if (message.directory) directory = message.directory;
    if (message.add) servers.set(message.add.pid, message.add);
    if (message.remove) servers.delete(message.remove);
  })
  .on('close', () => {
    if (directory) destroyRun(directory, [...servers.values()]);
    process.exit(0);
  });
