'use strict';

// Runs one script of this folder in a process of its own, because what these tests look for ends a process.

const { spawn } = require('node:child_process');
const path = require('node:path');
const { startCluster, findPostgres } = require('../../../lib/testing');

/** @type {import('../../../lib/testing').Cluster | undefined} */
let cluster;

/** For `before`: one server for all tests of a file. */
async function startServer() {
  try {
    findPostgres();
  } catch (error) {
    this.skip(error.message);
  }
  // A server looks for its client while it works only if it is told to.
  cluster = await startCluster({ nodes: 1, settings: { client_connection_check_interval: '200ms' } });
}

async function stopServer() {
  await cluster?.stop();
}

/** How many sessions of the client the server has. */
async function sessions() {
  const [{ n }] = await cluster.primary.query(
    "select count(*) as n from pg_stat_activity where application_name = 'life'",
  );
  return Number(n);
}

/**
 * @param {string} script
 * @param {{ args?: string[], node?: string[], deadlineMs?: number, env?: Record<string, string>, files?: number,
 *   onStart?: (child: import('node:child_process').ChildProcess) => void }} [options] files: most that may be open
 * @returns {Promise<{ code: number | null, signal: string | null, output: string }>}
 */
function run(script, { args = [], node = [], deadlineMs = 60_000, env = {}, files, onStart } = {}) {
  return new Promise((resolve, reject) => {
    const options = JSON.stringify(cluster.connectionOptions({ applicationName: 'life' }));
    const command = [process.execPath, ...node, path.join(__dirname, script), ...args];
    if (files !== undefined) command.unshift('sh', '-c', `ulimit -n ${files}; exec "$@"`, 'sh');
    const child = spawn(command[0], command.slice(1), {
      env: { ...process.env, ...env, LIFE_OPTIONS: options },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    onStart?.(child);
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    const deadline = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(deadline);
      resolve({ code, signal, output });
    });
  });
}

module.exports = { startServer, stopServer, sessions, run };
