'use strict';

// Programs of applications, which end with their test at the latest, on a cluster of their own.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { findPostgres, startCluster, until } = require('../../lib/testing');

class Applications {
  #children = new Set();

  /** For `before`: starts the cluster, or skips. @param {{ skip: (why: string) => void }} context @param {string} sql */
  async open(context, sql) {
    try {
      findPostgres();
    } catch (error) {
      context.skip(error.message);
    }
    this.cluster = await startCluster({ nodes: 2, sql });
    const { hosts, user, database } = this.cluster.connectionOptions();
    this.env = {
      ...process.env,
      DATABASE_URL: `postgres://${user}@${hosts.join(',')}/${database}`,
      PORT: '0',
    };
  }

  /** For `afterEach`. */
  kill() {
    for (const child of this.#children) child.kill('SIGKILL');
    this.#children.clear();
  }

  /** For `after`. */
  close() {
    return this.cluster?.stop();
  }

  /**
   * Starts one; `ended` resolves with its exit code or signal.
   * @param {string[]} args of Node.js
   * @param {{ env?: Record<string, string>, stderr?: 'inherit' | 'pipe', cwd?: string }} [options] stderr: `pipe` adds it to
   *   `output`
   */
  start(args, { env, stderr = 'inherit', cwd } = {}) {
    const child = spawn(process.execPath, args, {
      cwd,
      env: { ...this.env, ...env },
      stdio: ['ignore', 'pipe', stderr],
    });
    this.#children.add(child);
    const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
    const app = { child, output: '', ended };
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (/** @type {Buffer} */ chunk) => (app.output += chunk));
    return app;
  }

  /**
   * Starts one, and waits until it listens.
   * @param {string[]} args
   * @param {RegExp} listening where the port is, in what it prints
   * @param {Parameters<Applications['start']>[1] & { timeoutMs?: number }} [options]
   */
  async serve(args, listening, { timeoutMs, ...options } = {}) {
    const app = this.start(args, options);
    await until(() => listening.test(app.output) || app.child.exitCode !== null, {
      timeoutMs,
      what: `${args[0]} listens`,
    });
    const port = listening.exec(app.output)?.[1];
    assert.ok(port, app.output);
    const call = (/** @type {string} */ where, /** @type {RequestInit | undefined} */ init) =>
      fetch(`http://127.0.0.1:${port}${where}`, init);
    return { app, call };
  }

  /** Asks the primary. @param {string} sql */
  async ask(sql) {
    const wire = await this.cluster.primary.connect();
    try {
      return await wire.query(sql);
    } finally {
      wire.end();
    }
  }
}

module.exports = { Applications };
