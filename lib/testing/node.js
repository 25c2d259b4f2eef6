// One server of the cluster: its process, its files, and the SQL that the tool needs from it.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { Wire } = require('./wire');
const { give, serverEnvironment } = require('./account');
const { Line } = require('./line');
const { signal, isAlive, freezeTree, thawTree, killTree } = require('./processes');
const { postgresqlConf, pgHba, editAutoConf, replaceFile } = require('./settings');
const { removeSharedMemory } = require('./cleanup');
const { FENCE, VIEW_SQL, formatLsn, sessionsSql, viewOf } = require('./view');
const { until } = require('./wait');

/** @type {Record<string, NodeJS.Signals>} */
const SIGNAL_OF_MODE = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' };

class ClusterNode {
  #context;
  /** @type {import('node:child_process').ChildProcess | null} */
  #process = null;
  /** @type {import('./processes').ProcessId | null} */
  #id = null;
  #frozen = false;
  #line = new Line((timeoutMs) => this.connect({ database: 'postgres', timeoutMs }));
  /** @type {ClusterNode | null} */
  #upstream = null;

  /** The WAL receiver was cut off on purpose (`detach()`). */
  detached = false;
  /** The last stop was ordered (`stop()`), not a crash or a kill. */
  stoppedOnPurpose = false;
  /** When the running server was started, on the clock of `performance.now()`. */
  startedAt = 0;

  /**
   * @param {import('./cluster').Context} context
   * @param {{ name: string, port: number, index: number }} identity
   */
  constructor(context, { name, port, index }) {
    this.#context = context;
    this.name = name;
    this.index = index;
    this.host = context.host;
    this.port = port;
    this.dataDir = path.join(context.run.path, name);
    this.logFile = path.join(context.run.path, `${name}.log`);
    this.socketDir = context.socketDir;
  }

  /** Process id of the postmaster, or null while it is down. */
  get pid() {
    return this.#id?.pid ?? null;
  }

  /** The server process exists (it may be frozen). */
  get running() {
    return this.#alive !== null;
  }

  get #alive() {
    return this.#id !== null && isAlive(this.#id) ? this.#id : null;
  }

  get frozen() {
    return this.#frozen;
  }

  /** The files say that it starts as a standby. */
  get isStandby() {
    return fs.existsSync(path.join(this.dataDir, 'standby.signal'));
  }

  /** The node that a standby receives its WAL from. */
  get upstream() {
    return this.#upstream;
  }

  toString() {
    return `${this.name} (${this.host}:${this.port})`;
  }

  // ---- life -------------------------------------------------------------------------------------------------------

  /**
   * Starts the server and waits until it accepts connections.
   * @param {{ wait?: boolean, timeoutMs?: number, asIs?: boolean }} [options] asIs: even an old primary comes up
   *   just as it went down, writable; otherwise a failover supervisor has it come up fenced
   */
  async start({ wait = true, timeoutMs = 30_000, asIs = false } = {}) {
    if (this.running) throw new Error(`${this} is already running`);
    this.#context.cluster.beforeStart(this, { asIs });
    // Its owner is dead for certain. The number in it may belong to somebody else by now.
    fs.rmSync(path.join(this.dataDir, 'postmaster.pid'), { force: true });
    const { account, binDir, run } = this.#context;
    const log = fs.openSync(this.logFile, 'a');
    const child = spawn(path.join(binDir, 'postgres'), ['-D', this.dataDir], {
      cwd: this.dataDir,
      detached: true, // a session of its own: Ctrl-C in the terminal is not for the servers
      stdio: ['ignore', log, log],
      uid: account.uid,
      gid: account.gid,
      env: serverEnvironment(),
    });
    fs.closeSync(log);
    const failed = new Promise((resolve) => {
      child.once('error', resolve);
      child.once('exit', (code, name) =>
        resolve(new Error(`the server ended with ${name ?? `code ${code}`}`)),
      );
    });
    const { pid } = child;
    if (pid === undefined) throw new Error(`${this} cannot be started: ${(await failed).message}`);
    child.unref();
    this.#process = child;
    const id = run.watch(pid);
    this.#id = id;
    this.#frozen = false;
    this.stoppedOnPurpose = false;
    this.startedAt = performance.now();
    child.once('exit', () => {
      run.unwatch(pid);
      if (this.#process !== child) return;
      this.#process = null;
      this.#id = null;
      this.#frozen = false;
      this.#line.hangUp();
      this.#context.cluster.emit('down', this);
    });
    this.#context.cluster.emit('up', this);
    if (wait) await this.waitForReady({ timeoutMs });
  }

  /**
   * Waits until the started server accepts connections.
   * @param {{ timeoutMs?: number }} [options]
   */
  async waitForReady({ timeoutMs = 30_000 } = {}) {
    try {
      await until(
        () => {
          if (!this.running) throw Object.assign(new Error('the server ended'), { fatal: true });
          return this.#isReady();
        },
        { timeoutMs, everyMs: 10, what: `${this} accepts connections` },
      );
    } catch (/** @type {any} */ error) {
      error.message += `\nThe end of its log:\n${(await this.logs()).split('\n').slice(-15).join('\n')}`;
      throw error;
    }
  }

  /** The last line of the lock file is where pg_ctl looks too; a connection would fill the log with refusals. */
  #isReady() {
    try {
      const lines = fs.readFileSync(path.join(this.dataDir, 'postmaster.pid'), 'utf8').split('\n');
      return Number(lines[0]) === this.pid && lines[7]?.trim() === 'ready';
    } catch {
      return false;
    }
  }

  /**
   * Stops the server: `fast` (the default) ends all sessions, `immediate` drops everything as a crash would,
   * `smart` waits for the clients.
   * @param {{ mode?: 'fast' | 'immediate' | 'smart', timeoutMs?: number }} [options]
   */
  async stop({ mode = 'fast', timeoutMs = 30_000 } = {}) {
    const name = SIGNAL_OF_MODE[mode];
    if (!name)
      throw new TypeError(`mode: expected 'fast', 'immediate' or 'smart', not ${JSON.stringify(mode)}`);
    const id = this.#alive;
    if (!id) return;
    this.stoppedOnPurpose = true;
    signal(id, name);
    if (this.#frozen) this.thaw();
    await this.#waitForEnd(`${this} stops (${mode})`, timeoutMs);
  }

  /** SIGKILL for the postmaster and all of its children, in one blow. */
  async kill() {
    const id = this.#alive;
    if (!id) return;
    const tree = killTree(id);
    await until(() => !tree.some(isAlive), { timeoutMs: 10_000, everyMs: 2, what: `${this} is dead` });
    await this.#waitForEnd(`${this} is reaped`, 10_000);
    removeSharedMemory(this.dataDir);
  }

  /** @param {string} what @param {number} timeoutMs */
  async #waitForEnd(what, timeoutMs) {
    const child = this.#process;
    // Not only dead: also the exit was noticed, so that `running` and `pid` agree with it.
    await until(() => this.#process !== child || child === null, { timeoutMs, everyMs: 5, what });
  }

  /** @param {{ mode?: 'fast' | 'immediate' | 'smart', timeoutMs?: number }} [options] */
  async restart(options) {
    await this.stop(options);
    await this.start({ timeoutMs: options?.timeoutMs });
  }

  /** SIGSTOP for the whole server: connections stay open, the kernel accepts new ones, nobody answers. */
  freeze() {
    const id = this.#alive;
    if (!id) throw new Error(`${this} is not running, so it cannot be frozen`);
    freezeTree(id);
    this.#frozen = true;
    this.#context.cluster.emit('frozen', this);
  }

  /** SIGCONT for the whole server. */
  thaw() {
    const id = this.#alive;
    if (!id) return;
    thawTree(id);
    this.#frozen = false;
    this.#context.cluster.emit('thawed', this);
  }

  // ---- role -------------------------------------------------------------------------------------------------------

  /**
   * Makes this standby the primary; the other standbys follow it.
   * @param {{ follow?: boolean, timeoutMs?: number }} [options] follow: false leaves the other standbys alone
   */
  async promote(options) {
    await this.#context.cluster.promote(this, options);
  }

  /** `ALTER SYSTEM SET default_transaction_read_only = on` and reload, as pg_replica does; sessions stay open. */
  async fence() {
    await this.#setFence(true);
  }

  /** Takes the fence away. */
  async unfence() {
    await this.#setFence(false);
  }

  /** @param {boolean} on */
  async #setFence(on) {
    const value = on ? 'on' : 'off';
    if (!this.running || this.#frozen) return this.fenceFile(on);
    await this.ask(`alter system set ${FENCE} = ${value}`);
    await this.ask('select pg_reload_conf()');
    await until(async () => (await this.view()).fenced === on, {
      timeoutMs: 10_000,
      everyMs: 5,
      what: `the fence of ${this} is ${value}`,
    });
    this.#sayFence(on);
  }

  /** @param {boolean} on */
  #sayFence(on) {
    this.#context.cluster.emit(on ? 'fenced' : 'unfenced', this);
  }

  /** The fence for a server that cannot be asked. It reads it when it starts, or thaws. @param {boolean} on */
  fenceFile(on) {
    editAutoConf(this.dataDir, { [FENCE]: on ? 'on' : 'off' }, this.#give);
    this.reload();
    this.#sayFence(on);
  }

  /** Clones this node from the current primary and starts it as its standby. */
  async rejoin() {
    await this.#context.cluster.rejoin(this);
  }

  /** Points this standby at another upstream. @param {ClusterNode} upstream */
  follow(upstream) {
    this.#upstream = upstream;
    this.detached = false;
    this.writeConfig();
    this.reload();
  }

  /** Cuts this standby off from its upstream: it lags from now on. `attach()` ends it. */
  async detach() {
    this.detached = true;
    this.writeConfig();
    this.reload();
    if (this.running && !this.#frozen) {
      await until(async () => !(await this.view()).streaming, {
        timeoutMs: 10_000,
        what: `${this} stops receiving`,
      });
    }
  }

  attach() {
    this.detached = false;
    this.writeConfig();
    this.reload();
  }

  /** After a promotion: nothing to receive from any more. */
  becomePrimary() {
    this.#upstream = null;
    this.detached = false;
    this.writeConfig();
    this.reload();
  }

  reload() {
    const id = this.#alive;
    if (id) signal(id, 'SIGHUP');
  }

  // ---- questions --------------------------------------------------------------------------------------------------

  /**
   * Runs SQL as the superuser on a connection of its own, and gives the rows with every value as text.
   * @param {string} sql
   * @param {{ database?: string, timeoutMs?: number }} [options]
   */
  async query(sql, { database, timeoutMs = 30_000 } = {}) {
    const wire = await this.#connectWhenListening({ database, timeoutMs });
    try {
      return await wire.query(sql);
    } finally {
      wire.end();
    }
  }

  /**
   * A server whose process runs and that does not listen (yet, or for a moment) is waited for; one that is gone is not.
   * @param {{ database?: string, timeoutMs: number }} options
   * @returns {Promise<Wire>}
   */
  #connectWhenListening({ database, timeoutMs }) {
    const attempt = async () => {
      try {
        return await this.connect({ database, timeoutMs });
      } catch (error) {
        const isDeaf = ['ECONNREFUSED', 'ENOENT'].includes(/** @type {any} */ (error).code) && this.running;
        throw Object.assign(/** @type {any} */ (error), { fatal: !isDeaf });
      }
    };
    return until(attempt, { timeoutMs: Math.min(timeoutMs, 10_000), what: `${this} accepts connections` });
  }

  /** @param {{ database?: string, timeoutMs?: number, options?: string }} [options] @returns {Promise<Wire>} */
  connect({ database = this.#context.database, timeoutMs, options } = {}) {
    const socketPath = path.join(this.socketDir, `.s.PGSQL.${this.port}`);
    return Wire.connect({ socketPath, user: 'postgres', database, timeoutMs, options });
  }

  /**
   * SQL on a connection that is kept: for what is asked again and again.
   * @param {string} sql
   * @param {{ timeoutMs?: number }} [options]
   */
  async ask(sql, options) {
    this.#context.cluster.assertNotStopped();
    return this.#line.query(sql, options);
  }

  /** @param {{ timeoutMs?: number }} [options] */
  async view(options) {
    const [row] = await this.ask(VIEW_SQL, options);
    return viewOf(row);
  }

  /** Where this node stands, for people and for tests; never throws. */
  async status() {
    const base = { name: this.name, host: this.host, port: this.port, pid: this.pid };
    const nothing = { timeline: null, lsn: null, fenced: null, streaming: null, sessions: null };
    if (!this.running) return { ...base, state: 'stopped', role: 'down', ...nothing };
    if (this.#frozen) return { ...base, state: 'frozen', role: 'silent', ...nothing };
    try {
      const view = await this.view({ timeoutMs: 2_000 });
      const role = view.inRecovery ? 'standby' : view.fenced ? 'fenced' : 'primary';
      const { timeline, fenced, streaming } = view;
      return {
        ...base,
        state: 'running',
        role,
        timeline,
        lsn: formatLsn(view.lsn),
        fenced,
        streaming,
        sessions: await this.sessions(),
      };
    } catch {
      return { ...base, state: 'running', role: 'silent', ...nothing };
    }
  }

  /**
   * Number of client sessions, the tool's own not counted.
   * @param {{ applicationName?: string, user?: string }} [options]
   */
  async sessions(options = {}) {
    const [row] = await this.ask(sessionsSql(options));
    return Number(row.count);
  }

  /** Everything that the server has logged since the cluster was made. */
  async logs() {
    try {
      return await fs.promises.readFile(this.logFile, 'utf8');
    } catch {
      return '';
    }
  }

  // ---- files ------------------------------------------------------------------------------------------------------

  #give = (/** @type {string} */ file) => give(this.#context.account, file);

  /** Makes the files of a node that was just cloned, or initialised, its own. @param {{ standbyOf: ClusterNode | null }} role */
  prepare({ standbyOf }) {
    const { auth, hba, ssl, fenceOnPromote } = this.#context;
    this.#upstream = standbyOf;
    this.detached = false;
    this.writeConfig();
    replaceFile(path.join(this.dataDir, 'pg_hba.conf'), pgHba({ auth, extra: hba }), this.#give);
    for (const [name, text] of Object.entries(ssl.files))
      replaceFile(path.join(this.dataDir, name), text, this.#give);
    // A clone brings its upstream's ALTER SYSTEM settings along; the fence belongs to the node alone.
    editAutoConf(this.dataDir, { [FENCE]: standbyOf && fenceOnPromote ? 'on' : null }, this.#give);
    if (standbyOf) replaceFile(path.join(this.dataDir, 'standby.signal'), '', this.#give);
  }

  writeConfig() {
    const { settings, synchronousStandbyNames, ssl } = this.#context;
    const upstream = this.detached ? null : this.#upstream;
    const text = postgresqlConf({
      synchronous_standby_names: synchronousStandbyNames,
      ...ssl.settings,
      listen_addresses: '127.0.0.1',
      ...settings,
      port: this.port,
      unix_socket_directories: this.socketDir,
      cluster_name: this.name,
      primary_conninfo: upstream
        ? `host=${this.socketDir} port=${upstream.port} user=postgres application_name=${this.name} sslmode=disable`
        : '',
    });
    replaceFile(path.join(this.dataDir, 'postgresql.conf'), text, this.#give);
  }
}

module.exports = { ClusterNode };
