// plain_stage.mjs: a cluster with plain streaming replication and the failover of lib/testing, and what can happen to it.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { startCluster } = require('../../lib/testing');
const { openRemote } = require('../cluster/support/namespace');
const { SCHEMA } = require('./schema');

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class PlainStage {
  #remotes = new Map();
  /** When a node may have been seen fenced, as `host:port` → times. @type {Map<string, number[]>} */
  #fences = new Map();
  #dice;

  /** @param {import('../support/dice').Dice} dice @param {{ viaNamespaces?: boolean }} options */
  static async open(dice, { viaNamespaces = false } = {}) {
    const stage = new PlainStage(dice);
    stage.cluster = await startCluster({
      nodes: 3,
      synchronous: true,
      failover: { promoteOnFence: true, restartAfterMs: 500 },
      settings: { max_connections: 200 },
      sql: SCHEMA,
    });
    const { cluster } = stage;
    try {
      if (viaNamespaces) for (const node of cluster.nodes) await stage.#moveAway(node);
      // Ordered, and felt: a server that was down or frozen reads the fence when it comes back.
      for (const event of ['fenced', 'up', 'thawed']) cluster.on(event, (node) => stage.#noteFence(node));
      return stage;
    } catch (error) {
      await stage.close();
      throw error;
    }
  }

  constructor(dice) {
    this.#dice = dice;
  }

  async #moveAway(node) {
    const remote = await openRemote({ socketDir: node.socketDir, port: node.port });
    let isDropped = false;
    this.#remotes.set(node, {
      ...remote,
      drop: () => ((isDropped = true), remote.drop()),
      restore: () => isDropped && ((isDropped = false), remote.restore()),
    });
  }

  #address(node) {
    const { host, port } = this.#remotes.get(node) ?? node;
    return `${host}:${port}`;
  }

  #noteFence(node) {
    const address = this.#address(node);
    this.#fences.set(address, [...(this.#fences.get(address) ?? []), Date.now()]);
  }

  /** @param {string} host @param {number} at when a client took it for fenced */
  wasFenced(host, at) {
    return (this.#fences.get(host) ?? []).some((time) => time <= at + 1_000 && time > at - 60_000);
  }

  get connection() {
    const hosts = this.cluster.nodes.map((node) => this.#address(node));
    return { ...this.cluster.connectionOptions(), hosts };
  }

  get primary() {
    return this.cluster.primary;
  }

  /** @param {string} sql */
  query(sql) {
    return this.cluster.primary.query(sql);
  }

  waitForPrimary(options) {
    return this.cluster.waitForPrimary({ timeoutMs: 60_000, ...options });
  }

  /** Each leaves the old primary in a state from which `mend` or the supervisor makes a standby of it. */
  get failovers() {
    const { cluster } = this;
    const stop = (mode) => (node) => node.stop({ mode });
    return {
      kill: (node) => node.kill(),
      // Its sessions are told so by a notice, and end each at its own time.
      'lost postmaster': (node) => {
        process.kill(node.pid, 'SIGKILL');
      },
      'fast stop': stop('fast'),
      'immediate stop': stop('immediate'),
      freeze: (node) => node.freeze(),
      fence: (node) => node.fence(),
      switchover: () => cluster.switchover(),
      // Its clients reach it no longer; the cluster does, and replaces it.
      ...(this.#remotes.size > 0 && {
        partition: (node) => {
          this.#remotes.get(node).drop();
          return cluster.switchover();
        },
      }),
    };
  }

  /** What a cluster goes through without another primary. */
  get troubles() {
    const { cluster } = this;
    const dice = this.#dice;
    return {
      'standby loss': () => dice.pick(cluster.standbys).kill(),
      'both standbys stop': async () => {
        // Slowly enough that the primary is not replaced for its silence, which it has not.
        for (const node of cluster.standbys) {
          await node.stop({ mode: dice.pick(['fast', 'immediate']) });
        }
        await pause(1_500);
      },
      'frozen standby': async () => {
        const node = dice.pick(cluster.standbys);
        node.freeze();
        await pause(300);
        node.thaw();
      },
      'slow primary': async () => {
        const node = cluster.primary;
        cluster.supervisor.pause(); // it is slow, not gone, however slow this machine is
        try {
          for (let i = 0; i < 5; i += 1) {
            node.freeze();
            await pause(100);
            node.thaw();
            await pause(50);
          }
        } finally {
          cluster.supervisor.resume();
        }
      },
      'cut sessions': () =>
        cluster.primary.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where usename in ('app', 'report') and pid <> pg_backend_pid()",
        ),
      'cut idle sessions': () =>
        cluster.primary.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where usename in ('app', 'report') and state = 'idle'",
        ),
      'cancelled statements': () =>
        cluster.primary.query(
          "select pg_cancel_backend(pid) from pg_stat_activity where usename in ('app', 'report') and state = 'active' and query not ilike '%commit%'",
        ),
    };
  }

  /** All nodes run, and the two that are not the primary stream from it. What died by itself the supervisor starts. */
  async mend({ timeoutMs = 60_000 } = {}) {
    const { cluster } = this;
    for (const node of cluster.nodes) {
      if (node.frozen) node.thaw();
    }
    // Stopped, not killed: the supervisor leaves those alone.
    for (const node of cluster.nodes) {
      if (!node.running && node.stoppedOnPurpose) await node.start();
    }
    for (const remote of this.#remotes.values()) remote.restore();
    await cluster.waitForPrimary({ timeoutMs });
    await cluster.waitForStandbys({ timeoutMs: 60_000 });
  }

  /** Sessions of the application on all nodes. */
  async sessions() {
    let count = 0;
    for (const node of this.cluster.nodes) {
      const [{ n }] = await node.query(
        "select count(*) as n from pg_stat_activity where usename in ('app', 'report') and backend_type = 'client backend'",
      );
      count += Number(n);
    }
    return count;
  }

  async close() {
    for (const remote of this.#remotes.values()) await remote.close();
    await this.cluster.stop();
  }
}
