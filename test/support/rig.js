'use strict';

/*
 * What every fault test needs: one server, a gate in front of it, and a pool that knows only the gate. Afterwards: it
 * works again, nothing has leaked, and the pool's own numbers are right.
 */

const { startCluster, until } = require('../../lib/testing');
const { createPool } = require('../../lib/index.js');
const { openGate } = require('./gate');
const { MAJOR, needsPostgres } = require('./postgres');

/** The many and the long variants, too. */
const LONG = Boolean(process.env.HYPERION_LONG);

/** A sanitizer's runtime is in this process: it owns the allocator, and keeps notes on every byte. */
const SANITIZED = process.execArgv.some((arg) => arg.includes('sanitizer'));

/** Sessions that nobody uses do nothing by themselves while a test looks at the messages. */
const QUIET = { poolSize: 1, minIdle: 1, monitorIntervalMs: 600_000, cancelTimeoutMs: 500 };

let rigs = 0;

/** One server, with no standby unless asked for. @param {Partial<import('../../lib/testing').ClusterOptions>} [options] */
function startServer(options = {}) {
  return startCluster({ nodes: 1, version: MAJOR, ...options });
}

class Rig {
  /**
   * @param {import('../../lib/testing').Cluster} cluster
   * @param {import('./gate').Gate} gate
   * @param {any} pool
   * @param {string} name
   * @param {{ poolSize: number, minIdle: number }} options
   * @param {any} wire a connection past the gate
   */
  constructor(cluster, gate, pool, name, options, wire) {
    this.cluster = cluster;
    this.gate = gate;
    this.pool = pool;
    this.name = name;
    this.options = options;
    this.wire = wire;
  }

  /** The server behind the gate. */
  get node() {
    return this.cluster.primary;
  }

  /**
   * What the database itself says: SQL past the gate, as the superuser. All values are text.
   * @param {string} sql
   * @returns {Promise<Record<string, string | null>[]>}
   */
  ask(sql) {
    return this.wire.query(sql, { timeoutMs: 20_000 });
  }

  /** @param {string} sql with one value @returns {Promise<string | null>} */
  async value(sql) {
    const [row] = await this.ask(sql);
    return Object.values(row)[0];
  }

  /** Sessions on the server that are this rig's. */
  async sessions() {
    return Number(
      await this.value(`select count(*) from pg_stat_activity where application_name = '${this.name}'`),
    );
  }

  /** Until the server has ended these sessions: what they did, they did. @param {Iterable<number | null>} pids */
  async gone(pids) {
    const list = [...pids].filter((pid) => pid !== null);
    if (list.length === 0) return;
    await until(
      async () =>
        (await this.value(`select count(*) from pg_stat_activity where pid in (${list.join(', ')})`)) === '0',
      { timeoutMs: 20_000, everyMs: 5, what: `the server ends the sessions ${list.join(', ')}` },
    );
  }

  /**
   * Until the pool is full and idle, its numbers agree with the gate's and with the server's, and nothing else is
   * open. The monitor has a session of its own, which may be just being replaced.
   */
  async settled({ size = this.options.minIdle, timeoutMs = 20_000 } = {}) {
    const expected = {
      maxSize: this.options.poolSize,
      size,
      available: size,
      inUse: 0,
      waiting: 0,
    };
    let seen;
    try {
      await until(
        async () => {
          const status = { ...this.pool.status() };
          seen = { status, links: this.gate.sessions.length, sessions: await this.sessions() };
          return (
            Object.entries(expected).every(([key, value]) => status[key] === value) &&
            seen.links === size + 1 &&
            seen.sessions === size + 1
          );
        },
        { timeoutMs, everyMs: 5, what: 'the pool comes to rest' },
      );
    } catch (error) {
      error.message += `; it is ${JSON.stringify(seen)}`;
      throw error;
    }
  }

  /** Until the server has ended every session that the gate has none for any more. */
  async matched() {
    let seen;
    try {
      await until(
        async () => {
          seen = await this.ask(
            `select pid, state, wait_event, query from pg_stat_activity where application_name = '${this.name}'`,
          );
          return seen.length === this.gate.sessions.length;
        },
        { timeoutMs: 20_000, everyMs: 5, what: 'the server has as many sessions as the gate' },
      );
    } catch (error) {
      const links = this.gate.sessions.map((link) => `${link.id}: ${link.pid} ${link}`);
      error.message += `; the server: ${JSON.stringify(seen)}; the gate: ${links.join('; ')}`;
      throw error;
    }
  }

  /** And then it works again, and nothing has leaked. */
  async recovers(options) {
    await until(
      async () => (await this.pool.query('select 1 as one', [], { timeoutMs: 10_000 }))[0].one === 1,
      {
        timeoutMs: 20_000,
        everyMs: 10,
        what: 'it works again',
      },
    );
    await this.settled(options);
  }

  async close() {
    await this.pool.end({ drainTimeoutMs: 0 });
    await this.gate.close();
    this.wire.end();
  }
}

/**
 * @param {import('../../lib/testing').Cluster} cluster
 * @param {Record<string, unknown>} [options] of the pool
 */
async function openRig(cluster, options = {}) {
  const gate = await openGate(cluster.primary);
  const name = `rig-${process.pid}-${(rigs += 1)}`;
  const all = { ...QUIET, ...options };
  const pool = createPool({
    hosts: [gate.address],
    user: cluster.user,
    database: cluster.database,
    applicationName: name,
    ...all,
  });
  return new Rig(cluster, gate, pool, name, all, await cluster.primary.connect({ timeoutMs: 20_000 }));
}

/** What a call came to, without throwing. @template T @param {Promise<T>} promise */
async function settle(promise) {
  try {
    return { value: await promise, error: undefined };
  } catch (error) {
    return { value: undefined, error };
  }
}

module.exports = { LONG, SANITIZED, QUIET, Rig, openRig, startServer, settle, until, needsPostgres };
