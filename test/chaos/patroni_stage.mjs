// patroni_stage.mjs: a cluster under Patroni, and what can happen to it. The same as plain_stage.mjs for those who use it.
import { createRequire } from 'node:module';
import { installServices } from '../../scripts/services.mjs';

const require = createRequire(import.meta.url);
const { startPatroni } = require('../patroni/support/patroni');
const { SCHEMA } = require('./schema');

const PACKAGES = [
  ['patroni', 'patroni'],
  ['etcd', 'etcd-server'],
];

export class PatroniStage {
  #killed = new Set();
  #frozen = new Set();
  #dice;
  primary;

  /** @param {import('../support/dice').Dice} dice */
  static async open(dice) {
    await installServices(PACKAGES, ['python3-etcd']);
    const stage = new PatroniStage();
    stage.#dice = dice;
    stage.cluster = await startPatroni();
    try {
      stage.primary = await stage.cluster.leader();
      for (const sql of SCHEMA) await stage.query(sql);
      return stage;
    } catch (error) {
      await stage.close();
      throw error;
    }
  }

  /** Patroni fences nobody. */
  wasFenced() {
    return false;
  }

  get connection() {
    return this.cluster.connectionOptions();
  }

  /** @param {string} sql */
  query(sql) {
    return this.primary.query(sql);
  }

  async waitForPrimary(options) {
    this.primary = await this.cluster.leader(options);
    return this.primary;
  }

  get failovers() {
    return {
      kill: async (node) => {
        this.#killed.add(node);
        await node.kill();
      },
      freeze: (node) => {
        this.#frozen.add(node);
        node.freeze();
      },
      switchover: () => this.cluster.switchover(),
    };
  }

  get troubles() {
    const standby = () => this.#dice.pick(this.cluster.nodes.filter((node) => node !== this.primary));
    return {
      'standby loss': async () => {
        const node = standby();
        this.#killed.add(node);
        await node.kill();
      },
      'cut sessions': () =>
        this.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where usename in ('app', 'report') and pid <> pg_backend_pid()",
        ),
    };
  }

  async mend() {
    for (const node of this.#killed) await node.start();
    this.#killed.clear();
    for (const node of this.#frozen) node.thaw();
    this.#frozen.clear();
    await this.cluster.settled({ timeoutMs: 120_000 });
    await this.waitForPrimary();
  }

  async sessions() {
    let count = 0;
    for (const node of this.cluster.nodes) {
      const [{ n }] = await node.query(
        "select count(*) as n from pg_stat_activity where usename in ('app', 'report')",
      );
      count += Number(n);
    }
    return count;
  }

  close() {
    return this.cluster.stop();
  }
}
