'use strict';

/* What the examples are put through: a three-node cluster, its primary killed, the next one fenced, the books read. */

const { fork } = require('node:child_process');
const path = require('node:path');

/** Each commit is on two nodes; a standby is promoted when the primary dies or is fenced; what died starts again. */
const CLUSTER = {
  nodes: 3,
  synchronous: true,
  failover: { promoteOnFence: true, restartAfterMs: 1_000 },
  // No unique constraint: a write that is stored twice shows.
  sql: 'create table journal (id text not null, writer int not null); grant all on journal to public',
};

/**
 * @typedef {{ name: string, host: string }} Node
 * @typedef {{ acknowledged: number, lost: string[], doubled: string[], inDoubt: { id: string, stored: boolean }[] }} Books
 */

class Drill {
  #servers;
  #lastId = 0;
  /** @type {Map<number, { resolve(value: any): void, reject(error: Error): void }>} */
  #waiting = new Map();

  /** For `createPool`. @type {{ hosts: string[], user: string, database: string }} */
  connection = { hosts: [], user: '', database: '' };

  static async start() {
    const drill = new Drill();
    drill.connection = await drill.#answer(0);
    return drill;
  }

  constructor() {
    this.#servers = fork(path.join(__dirname, 'servers.cjs'), [JSON.stringify(CLUSTER)]);
    this.#servers.on('message', (/** @type {any} */ { id, value, problem }) => {
      if (problem === undefined) this.#waiting.get(id)?.resolve(value);
      else this.#waiting.get(id)?.reject(new Error(problem));
      this.#waiting.delete(id);
    });
    this.#servers.on('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the servers are gone'));
    });
  }

  /** @returns {Promise<Node>} whom it hit */
  killPrimary() {
    return this.#ask('kill');
  }

  /** Read-only by default from now on; its sessions stay open. @returns {Promise<Node>} whom it hit */
  fencePrimary() {
    return this.#ask('fence');
  }

  /** @param {Node} not @returns {Promise<Node>} */
  otherPrimary(not) {
    return this.#ask('otherPrimary', not.name);
  }

  /** Until all nodes but the primary are its standbys. @returns {Promise<void>} */
  whole() {
    return this.#ask('whole');
  }

  /**
   * Compares what the application believes with what the primary holds.
   * @param {{ acknowledged: readonly string[], inDoubt: readonly string[] }} believed ids of writes
   * @returns {Promise<Books>}
   */
  async readTheBooks({ acknowledged, inDoubt }) {
    /** @type {{ id: string, times: string }[]} */
    const rows = await this.#ask('query', 'select id, count(*) as times from journal group by id');
    const times = new Map(rows.map((row) => [row.id, Number(row.times)]));
    return {
      acknowledged: acknowledged.length,
      lost: acknowledged.filter((id) => !times.has(id)),
      doubled: [...times].filter(([, n]) => n > 1).map(([id]) => id),
      inDoubt: inDoubt.map((id) => ({ id, stored: times.has(id) })),
    };
  }

  /** @returns {Promise<void>} */
  async stop() {
    const gone = new Promise((resolve) => this.#servers.once('exit', resolve));
    await this.#ask('stop').catch(() => {});
    await gone;
  }

  /** @param {string} verb @param {string} [arg] */
  #ask(verb, arg) {
    const id = ++this.#lastId;
    this.#servers.send({ id, verb, arg });
    return this.#answer(id);
  }

  /** @param {number} id @returns {Promise<any>} */
  #answer(id) {
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }
}

/**
 * Kills the primary, waits until the cluster is whole again, and fences the next one.
 * @param {Drill} drill
 * @param {() => number} written how many writes have been acknowledged so far
 * @param {(what: string) => void} [say]
 */
async function breakTwice(drill, written, say = () => {}) {
  await moreWrites(written, 200);
  const killed = await drill.killPrimary();
  say(`SIGKILL for ${killed.host}, the primary`);
  await drill.otherPrimary(killed);
  await moreWrites(written, 200);
  await drill.whole();

  const fenced = await drill.fencePrimary();
  say(`a fence around ${fenced.host}, the primary: read-only, its sessions stay open`);
  await drill.otherPrimary(fenced);
  await moreWrites(written, 200);
}

/**
 * @param {() => number} written
 * @param {number} count
 */
async function moreWrites(written, count) {
  const goal = written() + count;
  const deadline = Date.now() + 60_000;
  while (written() < goal) {
    if (Date.now() > deadline) throw new Error(`not ${count} more writes in a minute`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

module.exports = { Drill, breakTwice, moreWrites };
