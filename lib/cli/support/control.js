// The line between a cluster in one terminal and the verbs in another: a unix socket in the cluster's directory that
// only its owner may open. A request is one line of JSON (the words of the verb), and so is the answer.
'use strict';

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const readline = require('node:readline');
const { usualBases } = require('../../testing/run_directory');
const { UsageError } = require('./usage_error');

const SOCKET = 'control.sock';

/**
 * @param {string} directory
 * @param {(words: string[]) => Promise<{ text: string }>} perform
 * @returns {Promise<net.Server>}
 */
function listen(directory, perform) {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    readline.createInterface({ input: socket }).once('line', async (line) => {
      let answer;
      try {
        answer = { ok: true, ...(await perform(JSON.parse(line))) };
      } catch (error) {
        answer = {
          ok: false,
          text: /** @type {Error} */ (error).message,
          isUsage: error instanceof UsageError,
        };
      }
      socket.end(`${JSON.stringify(answer)}\n`);
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const file = path.join(directory, SOCKET);
    server.listen(file, () => {
      fs.chmodSync(file, 0o600);
      resolve(server);
    });
  });
}

/** Directories of the clusters that this user runs. @returns {string[]} */
function runningClusters() {
  const found = new Set();
  for (const base of usualBases()) {
    for (const entry of fs.readdirSync(base)) {
      const directory = path.join(base, entry);
      try {
        if (!entry.startsWith('hyperiondb-')) continue;
        // Somebody else's directory may pretend to be one of ours.
        if (fs.lstatSync(path.join(directory, SOCKET)).uid === process.getuid?.()) found.add(directory);
      } catch {
        // a cluster without a control socket, made by a test
      }
    }
  }
  return [...found];
}

/** @param {string | undefined} wanted a directory, or the end of its name */
function chooseCluster(wanted) {
  if (wanted !== undefined && fs.existsSync(path.join(wanted, SOCKET))) return wanted;
  const all = runningClusters();
  const matching =
    wanted === undefined
      ? all
      : all.filter((directory) => directory === wanted || directory.endsWith(wanted));
  if (matching.length === 1) return matching[0];
  if (all.length === 0) throw new Error('no cluster is running. Next: npx hyperiondb-client cluster start');
  if (matching.length === 0) throw new Error(`no cluster ${wanted} is running; there are ${all.join(', ')}`);
  throw new UsageError(`several clusters are running; choose one with --cluster: ${matching.join(', ')}`);
}

/**
 * Sends a verb to a running cluster.
 * @param {string} directory
 * @param {string[]} words
 * @returns {Promise<{ ok: boolean, text: string, isUsage?: boolean }>}
 */
function send(directory, words) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(path.join(directory, SOCKET));
    socket.once('error', (error) =>
      reject(new Error(`the cluster in ${directory} does not answer: ${error.message}`)),
    );
    socket.once('connect', () => socket.write(`${JSON.stringify(words)}\n`));
    const lines = readline.createInterface({ input: socket });
    lines.on('error', () => {}); // the socket's own handler reports it
    lines.once('line', (line) => resolve(JSON.parse(line)));
    lines.once('close', () => reject(new Error(`the cluster in ${directory} ended before it answered`)));
  });
}

module.exports = { listen, chooseCluster, send };
