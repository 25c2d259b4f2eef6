// A cluster: N servers, who is the primary, and the verbs that change more than one of them.
'use strict';

const { EventEmitter } = require('node:events');
const { ClusterNode } = require('./node');
const { cloneRunning } = require('./clone');
const { releasePorts } = require('./ports');
const { until, pause, Mutex } = require('./wait');

/**
 * What all nodes of a cluster share.
 * @typedef {object} Context
 * @property {Cluster} cluster
 * @property {import('./run_directory').RunDirectory} run
 * @property {import('./account').Account} account
 * @property {string} binDir
 * @property {number} major
 * @property {string} host
 * @property {string} socketDir
 * @property {string} user
 * @property {string | undefined} password
 * @property {string} database
 * @property {'trust' | 'scram-sha-256' | 'md5' | 'password'} auth
 * @property {readonly string[]} hba
 * @property {{ settings: Record<string, any>, files: Record<string, string> }} ssl
 * @property {Readonly<Record<string, string | number | boolean | null>>} settings
 * @property {string} synchronousStandbyNames
 * @property {number} acks how many standbys must have a commit before it is acknowledged
 * @property {boolean} fenceOnPromote
 */

class Cluster extends EventEmitter {
  #context;
  #mutex = new Mutex();
  #changing = 0;
  /** @type {ClusterNode} */
  #primary;
  #stopped = false;

  /** @type {import('./supervisor').Supervisor | null} */
  supervisor = null;

  /**
   * @param {Omit<Context, 'cluster'>} context
   * @param {{ version: string, ports: number[] }} options
   */
  constructor(context, { version, ports }) {
    super();
    this.#context = { ...context, cluster: this };
    this.version = version;
    this.nodes = ports.map(
      (port, at) => new ClusterNode(this.#context, { name: `node${at + 1}`, port, index: at + 1 }),
    );
    this.#primary = this.nodes[0];
  }

  // ---- what there is ----------------------------------------------------------------------------------------------

  /** The temporary directory of this cluster. */
  get dir() {
    return this.#context.run.path;
  }

  get user() {
    return this.#context.user;
  }

  get password() {
    return this.#context.password;
  }

  get database() {
    return this.#context.database;
  }

  get acks() {
    return this.#context.acks;
  }

  /** The node that was last made primary. It may be down, frozen or fenced; `waitForPrimary()` asks the servers. */
  get primary() {
    return this.#primary;
  }

  /** All other nodes. */
  get standbys() {
    return this.nodes.filter((node) => node !== this.#primary);
  }

  get hosts() {
    return this.nodes.map(({ host, port }) => ({ host, port }));
  }

  /** A connection URL that names all hosts. */
  get url() {
    const { user, password, database } = this.#context;
    const login =
      password === undefined
        ? encodeURIComponent(user)
        : `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
    return `postgres://${login}@${this.nodes.map(({ host, port }) => `${host}:${port}`).join(',')}/${encodeURIComponent(database)}`;
  }

  /** Ready for `createPool`. @param {object} [more] options that are added */
  connectionOptions(more = {}) {
    const { user, password, database } = this.#context;
    return {
      hosts: this.nodes.map(({ host, port }) => `${host}:${port}`),
      user,
      ...(password !== undefined && { password }),
      database,
      ...more,
    };
  }

  /** A node by its number (from 1) or its name. @param {number | string | ClusterNode} which @returns {ClusterNode} */
  node(which) {
    const found = this.nodes.find(
      (node) => node === which || node.name === which || node.index === Number(which),
    );
    if (!found)
      throw new RangeError(
        `there is no node ${JSON.stringify(which)}; there are ${this.nodes.map(({ name }) => name).join(', ')}`,
      );
    return found;
  }

  status() {
    return Promise.all(this.nodes.map((node) => node.status()));
  }

  // ---- verbs ------------------------------------------------------------------------------------------------------

  /**
   * Promotes a standby. The old primary is left as it is: if it still lives, there are two.
   * @param {number | string | ClusterNode} which
   * @param {{ follow?: boolean, timeoutMs?: number }} [options]
   */
  promote(which, options) {
    return this.exclusively(() => this.promoteNow(this.node(which), options));
  }

  /**
   * An orderly change of the primary; no acknowledged write is lost. The old primary becomes a standby.
   * @param {number | string | ClusterNode} [which] without it, the standby that is furthest
   * @param {{ timeoutMs?: number }} [options]
   */
  switchover(which, { timeoutMs = 30_000 } = {}) {
    return this.exclusively(async () => {
      const old = this.#primary;
      const target = which === undefined ? await this.#furthestStandby() : this.node(which);
      if (target === old) throw new Error(`${target} is already the primary`);
      await old.fence();
      try {
        await this.waitForCaughtUp(target, { timeoutMs });
        // A fast stop sends the last byte to the standbys before the server ends.
        await old.stop({ mode: 'fast', timeoutMs });
      } catch (error) {
        await old.unfence().catch(() => {});
        throw error;
      }
      await this.promoteNow(target, { timeoutMs });
      await this.rejoinNow(old, { timeoutMs });
    });
  }

  /**
   * Makes nodes standbys of the current primary again, by cloning it.
   * @param {number | string | ClusterNode} [which] without it, every node that is not one already
   * @param {{ timeoutMs?: number }} [options]
   */
  rejoin(which, options) {
    return this.exclusively(async () => {
      const nodes = which === undefined ? await this.#strays() : [this.node(which)];
      for (const node of nodes) await this.rejoinNow(node, options);
      return nodes;
    });
  }

  /** Stops everything and removes every trace. Can be called more than once. */
  async stop() {
    if (this.#stopped) return;
    this.#stopped = true;
    this.supervisor?.stop();
    // Its data is thrown away, so nothing needs to be written down: immediate, and what is frozen is just killed.
    await Promise.all(
      this.nodes.map(async (node) => {
        if (node.running && !node.frozen)
          await node.stop({ mode: 'immediate', timeoutMs: 3_000 }).catch(() => {});
        await node.kill();
      }),
    );
    // A verb that was at work notices that the cluster is gone; its files must not come back after the removal.
    await until(() => !this.changing, { timeoutMs: 5_000, everyMs: 5 }).catch(() => {});
    this.#context.run.destroy();
    releasePorts(this.nodes.map(({ port }) => port));
    this.emit('stopped');
  }

  async [Symbol.asyncDispose ?? Symbol.for('nodejs.asyncDispose')]() {
    await this.stop();
  }

  // ---- waiting ----------------------------------------------------------------------------------------------------

  /**
   * Waits until a condition holds. Errors of the condition count as "not yet".
   * @template T
   * @param {() => T | Promise<T>} check
   * @param {{ timeoutMs?: number, everyMs?: number, what?: string }} [options]
   */
  waitFor(check, options) {
    return until(check, options);
  }

  /**
   * Waits for a node that is out of recovery and not fenced; of two, the one on the higher timeline.
   * @param {{ timeoutMs?: number, not?: number | string | ClusterNode }} [options] not: any but this one
   * @returns {Promise<ClusterNode>}
   */
  waitForPrimary({ timeoutMs = 30_000, not } = {}) {
    const excluded = not === undefined ? null : this.node(not);
    return until(
      async () => {
        const views = await this.#views(this.nodes.filter((node) => node !== excluded));
        const writable = views.filter(({ view }) => !view.inRecovery && !view.fenced);
        return writable.sort((a, b) => b.view.timeline - a.view.timeline)[0]?.node;
      },
      { timeoutMs, what: excluded ? `a writable primary other than ${excluded}` : 'a writable primary' },
    );
  }

  /**
   * Waits until a node is a standby that streams from the current primary.
   * @param {number | string | ClusterNode} which
   * @param {{ timeoutMs?: number }} [options]
   */
  async waitForStandby(which, { timeoutMs = 30_000 } = {}) {
    const node = this.node(which);
    await until(() => this.#isStreaming(node), { timeoutMs, what: `${node} streams from the primary` });
    return node;
  }

  /** Waits until all nodes but the primary stream from it. @param {{ timeoutMs?: number }} [options] */
  async waitForStandbys({ timeoutMs = 30_000 } = {}) {
    await until(
      async () => (await Promise.all(this.standbys.map((node) => this.#isStreaming(node)))).every(Boolean),
      {
        timeoutMs,
        what: 'all standbys stream from the primary',
      },
    );
    return this.standbys;
  }

  /**
   * Waits until standbys have replayed everything that the primary had written when this was called.
   * @param {number | string | ClusterNode} [which] without it, all running standbys
   * @param {{ timeoutMs?: number }} [options]
   */
  async waitForCaughtUp(which, { timeoutMs = 30_000 } = {}) {
    const nodes =
      which === undefined ? this.standbys.filter((node) => node.running && !node.frozen) : [this.node(which)];
    const { lsn } = await this.#primary.view();
    await Promise.all(
      nodes.map((node) =>
        until(async () => (await node.view()).replayLsn >= lsn, {
          timeoutMs,
          everyMs: 5,
          what: `${node} has replayed everything`,
        }),
      ),
    );
  }

  /**
   * Waits until a server has as many client sessions as the check wants (the tool's own are not counted).
   * @param {number | string | ClusterNode} which
   * @param {(count: number) => boolean} check
   * @param {{ timeoutMs?: number, applicationName?: string }} [options]
   */
  async waitForSessions(which, check, { timeoutMs = 10_000, applicationName } = {}) {
    const node = this.node(which);
    let count;
    await until(
      async () => {
        count = await node.sessions({ applicationName });
        return check(count);
      },
      { timeoutMs, what: `the number of sessions on ${node}` },
    );
    return count;
  }

  // ---- for the supervisor and the nodes ---------------------------------------------------------------------------

  /** Some verb, or the supervisor, is at work on more than one node. */
  get changing() {
    return this.#changing > 0;
  }

  /** Only one change of roles at a time. @template T @param {() => Promise<T>} fn @returns {Promise<T>} */
  async exclusively(fn) {
    this.#changing += 1;
    try {
      return await this.#mutex.run(() => {
        this.assertNotStopped();
        return fn();
      });
    } finally {
      this.#changing -= 1;
    }
  }

  assertNotStopped() {
    if (this.#stopped) throw Object.assign(new Error('the cluster was stopped'), { fatal: true });
  }

  /** @param {ClusterNode} node @param {{ asIs: boolean }} options */
  beforeStart(node, { asIs }) {
    this.assertNotStopped();
    if (asIs || !this.supervisor?.active || node === this.#primary || node.isStandby) return;
    // An old primary that comes back would take writes until it learns of the new one.
    node.fenceFile(true);
  }

  /** @param {ClusterNode} node @param {{ follow?: boolean, timeoutMs?: number }} [options] */
  async promoteNow(node, { follow = true, timeoutMs = 30_000 } = {}) {
    const view = await node.view();
    if (view.inRecovery) {
      // Waiting inside of pg_promote() would look only every 100 ms.
      await node.ask('select pg_promote(false)', { timeoutMs });
      await until(async () => !(await node.view()).inRecovery, {
        timeoutMs,
        everyMs: 5,
        what: `${node} is out of recovery`,
      });
    }
    this.#primary = node;
    node.becomePrimary();
    if (follow) {
      for (const other of this.nodes) if (other !== node && other.isStandby) other.follow(node);
    }
    this.emit('promoted', node);
    if (this.#context.fenceOnPromote && this.supervisor?.active) {
      await pause(this.supervisor.options.unfenceAfterMs);
      await node.unfence();
    }
    this.supervisor?.forget();
  }

  /** @param {ClusterNode} node @param {{ timeoutMs?: number, wait?: boolean }} [options] */
  async rejoinNow(node, { timeoutMs = 30_000, wait = true } = {}) {
    const primary = this.#primary;
    if (node === primary) throw new Error(`${node} is the primary; promote another node first`);
    if (!primary.running || primary.frozen)
      throw new Error(`${primary}, the primary, does not answer, so nothing can be cloned from it`);
    await node.kill();
    await cloneRunning(primary, node, this.#context);
    node.prepare({ standbyOf: primary });
    await node.start({ wait, timeoutMs });
    if (wait) await this.waitForStandby(node, { timeoutMs });
    this.emit('rejoined', node);
  }

  /** @param {ClusterNode} node */
  async #isStreaming(node) {
    if (!node.running || node.frozen) return false;
    const view = await node.view();
    if (!view.inRecovery || !view.streaming || view.upstreamPort !== this.#primary.port) return false;
    // The receiver's own word comes a moment before the sender has caught up and counts for synchronous commits.
    const [row] = await this.#primary.ask(
      `select state from pg_stat_replication where application_name = '${node.name}' and state = 'streaming'`,
    );
    return row !== undefined;
  }

  /** @param {ClusterNode[]} nodes @returns {Promise<{ node: ClusterNode, view: import('./view').View }[]>} */
  async #views(nodes) {
    const views = await Promise.all(
      nodes.map(async (node) => {
        if (!node.running || node.frozen) return null;
        return node.view({ timeoutMs: 2_000 }).then(
          (view) => ({ node, view }),
          () => null,
        );
      }),
    );
    return views.filter((one) => one !== null);
  }

  async #furthestStandby() {
    const views = (await this.#views(this.standbys)).filter(({ view }) => view.inRecovery);
    if (views.length === 0) throw new Error('there is no running standby to switch to');
    return views.reduce((best, one) => (one.view.lsn > best.view.lsn ? one : best)).node;
  }

  async #strays() {
    const primary = this.#primary;
    const isStray = async (/** @type {ClusterNode} */ node) => {
      const isOnItsWay =
        node.running && !node.frozen && !node.detached && node.isStandby && node.upstream === primary;
      // Right after a promotion a standby needs a moment to find its new upstream.
      return this.waitForStandby(node, { timeoutMs: isOnItsWay ? 5_000 : 0 }).then(
        () => false,
        () => true,
      );
    };
    const found = await Promise.all(this.standbys.map(isStray));
    return this.standbys.filter((_, at) => found[at]);
  }
}

module.exports = { Cluster };
