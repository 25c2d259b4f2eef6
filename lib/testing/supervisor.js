// Automatic failover, as a cluster manager would do it. It asks every node again and again; when the primary is dead
// it promotes the standby that has received most, keeps the old primary from taking writes, and makes it a standby
// when it comes back.
//
// With synchronous replication a commit is acknowledged by `acks` standbys, so any `nodes - acks` standbys include
// one that has it. That many must answer before one is promoted: no acknowledged write is ever lost.
'use strict';

const { setTimeout: pause } = require('node:timers/promises');
const { withDefaults } = require('./defaults');
const { until } = require('./wait');

const DEFAULTS = {
  pollMs: 100,
  deadAfterMs: 500,
  hungAfterMs: 10_000,
  promoteOnFence: false,
  unfenceAfterMs: 0,
  rejoin: true,
  rejoinAfterMs: 0,
  restartAfterMs: /** @type {number | null} */ (null),
};

/** How long a running standby may go without streaming before it is cloned anew. */
const STRAY_AFTER_MS = 3_000;

/**
 * @typedef {import('./node').ClusterNode} ClusterNode
 * @typedef {{ node: ClusterNode, view: import('./view').View }} Candidate
 * @typedef {import('./view').View & { at: number }} Seen
 */

class Supervisor {
  #cluster;
  #stopped = false;
  #paused = false;
  /** The last answer of each node. @type {Map<ClusterNode, Seen>} */
  #seen = new Map();
  /** Since when something has been true of a node. @type {Map<string, number>} */
  #since = new Map();
  #blocked = '';

  /**
   * @param {import('./cluster').Cluster} cluster
   * @param {Partial<typeof DEFAULTS>} options
   */
  constructor(cluster, options) {
    this.#cluster = cluster;
    this.options = withDefaults('failover', DEFAULTS, options);
  }

  get active() {
    return !this.#stopped && !this.#paused;
  }

  start() {
    this.#startedAt = performance.now();
    for (const node of this.#cluster.nodes) this.#watch(node);
    this.#run();
  }

  stop() {
    this.#stopped = true;
  }

  /** Leaves the cluster alone until `resume()`. */
  pause() {
    this.#paused = true;
  }

  resume() {
    this.forget();
    this.#paused = false;
  }

  /** Roles have changed: what was seen before says nothing any more. */
  forget() {
    this.#seen.clear();
    this.#since.clear();
    this.#startedAt = performance.now();
  }

  /** Silence is counted from here for a node that has not answered yet. */
  #startedAt = 0;

  // ---- seeing -----------------------------------------------------------------------------------------------------

  /** @param {ClusterNode} node */
  async #watch(node) {
    while (!this.#stopped) {
      if (node.running && !node.frozen && !this.#paused) {
        const at = performance.now();
        const asked = this.#startedAt;
        try {
          const view = await node.view({ timeoutMs: Math.max(1_000, this.options.deadAfterMs) });
          if (asked === this.#startedAt) this.#seen.set(node, { ...view, at });
        } catch {
          // silence is measured by the age of the last answer
        }
      }
      // Not a reason for the process to stay alive.
      await pause(this.options.pollMs, undefined, { ref: false });
    }
  }

  /** @param {ClusterNode} node */
  #silentMs(node) {
    return performance.now() - (this.#seen.get(node)?.at ?? this.#startedAt);
  }

  /** A running process that does not answer may only be slow, on a busy machine; it gets more time. @param {ClusterNode} node */
  #isDead(node) {
    const limit = node.running && !node.frozen ? this.options.hungAfterMs : this.options.deadAfterMs;
    return this.#silentMs(node) > limit;
  }

  /** @param {string} what @param {boolean} isTrue @returns {number} for how many ms it has been true, or -1 */
  #trueFor(what, isTrue) {
    if (!isTrue) {
      this.#since.delete(what);
      return -1;
    }
    if (!this.#since.has(what)) this.#since.set(what, performance.now());
    return performance.now() - /** @type {number} */ (this.#since.get(what));
  }

  // ---- deciding ---------------------------------------------------------------------------------------------------

  async #run() {
    while (!this.#stopped) {
      await pause(this.options.pollMs / 2, undefined, { ref: false });
      if (!this.active || this.#cluster.changing) continue;
      try {
        await this.#cluster.exclusively(() => this.#decide());
      } catch (error) {
        if (!this.#stopped) this.#cluster.emit('warning', error);
      }
    }
  }

  async #decide() {
    const cluster = this.#cluster;
    const { primary } = cluster;
    if (this.#isDead(primary)) return this.#failover('dead');
    const seen = this.#seen.get(primary);
    if (!seen) return undefined;
    if (this.options.promoteOnFence && seen.fenced && !seen.inRecovery) return this.#failover('fenced');
    if (!primary.running || primary.frozen) return undefined;
    for (const node of cluster.standbys) {
      if (this.#stopped) return undefined;
      await this.#lookAfter(node);
    }
    return undefined;
  }

  /** @param {'dead' | 'fenced'} reason */
  async #failover(reason) {
    const cluster = this.#cluster;
    const old = cluster.primary;
    const begun = performance.now();
    const candidates = await this.#candidates();
    // A fenced primary still tells how far it got, so one standby that has all of that is enough.
    const needed =
      cluster.acks > 0 && reason === 'dead' ? Math.max(1, cluster.nodes.length - cluster.acks) : 1;
    if (candidates.length < needed) {
      this.#sayBlocked(
        `${old} is ${reason}; ${candidates.length} standbys answer, ${needed} must, so that no acknowledged write is lost`,
      );
      const idle = this.#trueFor(`${old.name} down`, !old.running);
      const { restartAfterMs } = this.options;
      if (restartAfterMs !== null && idle >= restartAfterMs && !old.stoppedOnPurpose)
        await old.start({ wait: false });
      return;
    }
    this.#blocked = '';
    if (reason === 'fenced') await this.#waitForOneToCatchUp(old, candidates);
    // Before the promotion, so that the old primary finds the fence whenever it wakes up or comes back.
    if (reason === 'dead') old.fenceFile(true);
    try {
      // As long as the old primary may still send, no standby may acknowledge more than what is compared here.
      if (old.running) await Promise.all(candidates.map(({ node }) => node.detach()));
      const settled = await this.#candidates();
      if (settled.length < needed) throw new Error('a standby went away during the failover');
      await cluster.promoteNow(settled.reduce((a, b) => (b.view.lsn > a.view.lsn ? b : a)).node);
    } catch (error) {
      for (const { node } of candidates) if (node.detached && node.isStandby) node.attach();
      if (reason === 'dead' && cluster.primary === old) old.fenceFile(false);
      throw error;
    }
    cluster.emit('failover', {
      reason,
      from: old,
      to: cluster.primary,
      tookMs: Math.round(performance.now() - begun),
    });
  }

  /** @returns {Promise<Candidate[]>} */
  async #candidates() {
    const answers = await Promise.all(
      this.#cluster.standbys.map(async (node) => {
        if (!node.running || node.frozen) return null;
        return node.view({ timeoutMs: 1_000 }).then(
          (view) => ({ node, view }),
          () => null,
        );
      }),
    );
    return answers.filter((one) => one !== null).filter(({ view }) => view.inRecovery);
  }

  /** A fenced primary still lives, and may still be sending. @param {ClusterNode} old @param {Candidate[]} candidates */
  async #waitForOneToCatchUp(old, candidates) {
    const { lsn } = await old.view({ timeoutMs: 1_000 });
    await until(
      async () => {
        for (const { node } of candidates) if ((await node.view()).lsn >= lsn) return true;
        return false;
      },
      { timeoutMs: 5_000, everyMs: 5, what: 'a standby has everything that the fenced primary wrote' },
    );
  }

  /** Everybody but the primary is to be its standby. @param {ClusterNode} node */
  async #lookAfter(node) {
    const cluster = this.#cluster;
    const { options } = this;
    const seen = this.#seen.get(node);
    const down = this.#trueFor(`${node.name} down`, !node.running && !node.stoppedOnPurpose);
    if (options.restartAfterMs !== null && down >= options.restartAfterMs) {
      this.#since.delete(`${node.name} down`);
      if (node.isStandby) await node.start({ wait: false });
      else await cluster.rejoinNow(node, { wait: false });
      return;
    }
    const present = node.running && !node.frozen;
    const isRogue = present && seen !== undefined && !seen.inRecovery && this.#silentMs(node) < 1_000;
    const rogueFor = this.#trueFor(`${node.name} rogue`, isRogue);
    if (isRogue && !seen.fenced) await node.fence();
    if (isRogue && options.rejoin && rogueFor >= options.rejoinAfterMs) {
      this.#seen.delete(node);
      await cluster.rejoinNow(node, { wait: false });
      return;
    }
    const follows = seen !== undefined && seen.streaming && seen.upstreamPort === cluster.primary.port;
    const isStray =
      present &&
      !isRogue &&
      !node.detached &&
      !follows &&
      performance.now() - node.startedAt > STRAY_AFTER_MS;
    if (this.#trueFor(`${node.name} stray`, isStray) >= STRAY_AFTER_MS && options.rejoin) {
      this.#since.delete(`${node.name} stray`);
      this.#seen.delete(node);
      await cluster.rejoinNow(node, { wait: false });
    }
  }

  /** @param {string} why */
  #sayBlocked(why) {
    if (this.#blocked === why) return;
    this.#blocked = why;
    this.#cluster.emit('blocked', why);
  }
}

module.exports = { Supervisor };
