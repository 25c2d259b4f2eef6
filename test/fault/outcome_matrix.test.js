'use strict';

const assert = require('node:assert/strict');
const { LONG, needsPostgres, openRig, settle, startServer } = require('../support/rig');

/*
 * Each kind of statement is run again and again; each time the connection is cut at another message of its exchange.
 * What the client then says is compared with what the database shows.
 */

const WORKERS = 6;
/** Silence ends by this; long enough for the exchange to reach its message on a busy machine. */
const PATIENCE_MS = 150;

let lastId = 0;

const isCommit = (sql) => sql === 'commit';
const hasMarker = (sql, marker) => sql.includes(marker);

/**
 * A kind of statement. `run` does what is cut; `mine` knows the first message of the exchange by its SQL.
 * @typedef {object} Kind
 * @property {string} name
 * @property {boolean} writes
 * @property {boolean} [proves] what becomes of it is found out once its first statement is answered
 * @property {(sql: string) => boolean} mine
 * @property {(sql: string, marker: string) => boolean} decides the statement that commits
 * @property {(rig: any, cell: { id: number, sql: string }, arm: () => void, options: object) => Promise<unknown>} run
 */

/** @type {Kind[]} */
const kinds = [
  {
    name: 'an autocommit write',
    writes: true,
    mine: (sql) => sql.startsWith('insert'),
    decides: hasMarker,
    async run({ pool }, { id, sql }, arm, options) {
      arm();
      return pool.query(sql, [id], options);
    },
  },
  {
    name: 'a read',
    writes: false,
    mine: (sql) => sql.startsWith('select $1'),
    decides: hasMarker,
    async run({ pool }, { id, sql }, arm, options) {
      arm();
      const rows = await pool.query(
        sql.replace(/^insert into t .* returning id/, 'select $1::int4 as id'),
        [id],
        options,
      );
      assert.deepEqual([...rows], [{ id }]);
    },
  },
  {
    name: 'a statement of a transaction',
    writes: true,
    mine: (sql) => sql.startsWith('insert'),
    decides: hasMarker,
    async run({ pool }, { id, sql }, arm, options) {
      const tx = await pool.begin();
      arm();
      try {
        await tx.query(sql, [id], options);
      } catch (error) {
        await tx.rollback();
        throw error;
      }
      await tx.commit();
    },
  },
  {
    name: 'a COMMIT',
    writes: true,
    mine: (sql) => /not writable|^commit$/.test(sql),
    decides: isCommit,
    async run({ pool }, { id, sql }, arm, options) {
      const tx = await pool.begin(options);
      await tx.query(sql, [id]);
      arm();
      await tx.commit();
    },
  },
  {
    name: 'a COMMIT with commitProof',
    writes: true,
    proves: true,
    mine: (sql) => /not writable|^commit$/.test(sql),
    decides: isCommit,
    async run({ pool }, { id, sql }, arm, options) {
      const tx = await pool.begin({ ...options, commitProof: true });
      await tx.query(sql, [id]);
      arm();
      await tx.commit();
    },
  },
  {
    name: 'a transaction that is run again by itself',
    writes: true,
    mine: (sql) => sql === 'begin',
    decides: isCommit,
    run({ pool }, { id, sql }, arm, options) {
      arm();
      return pool.transaction((tx) => tx.query(sql, [id]), options);
    },
  },
];

/** Follows one exchange through the gate, on the connection that it began on. */
class Exchange {
  /** @type {string[]} */
  trace = [];
  /** Where the client sends what commits; its Sync leaves together with it. @type {number | undefined} */
  decidedAt;
  #link = null;
  #isOver = false;
  #places = new Map();
  #stop;

  /** @param {import('../support/gate').Gate} gate @param {Kind} kind @param {string} marker */
  constructor(gate, kind, marker) {
    this.#stop = gate.watch((seen) => {
      const { from, type, link, sql = '' } = seen;
      if (this.#link === null && from === 'client' && kind.mine(sql)) this.#link = link;
      if (link !== this.#link || this.#isOver) return;
      this.#isOver = this.decidedAt !== undefined && type === 'Z';
      if (from === 'client' && type === 'E' && kind.decides(sql, marker)) this.decidedAt = this.trace.length;
      this.#places.set(seen, this.trace.length);
      this.trace.push(`${from} ${type}`);
    });
  }

  /** @param {import('../support/gate').Seen} seen @returns {number | undefined} its place, from 0 */
  place(seen) {
    return this.#places.get(seen);
  }

  stop() {
    this.#stop();
  }
}

describe('what the client says of a statement whose connection dies', function () {
  this.timeout(120_000);
  before(needsPostgres);

  let cluster, rigs, tally;

  before(async () => {
    cluster = await startServer({ sql: 'create table t (id int4); grant all on t to public' });
  });

  beforeEach(async () => {
    tally = {};
    rigs = await Promise.all(
      Array.from({ length: WORKERS }, () => openRig(cluster, { cancelTimeoutMs: 50 })),
    );
    await Promise.all(rigs.map((rig) => rig.recovers()));
  });

  afterEach(async () => {
    await Promise.all((rigs ?? []).map((rig) => rig.close()));
  });

  after(async () => {
    await cluster?.stop();
  });

  /** @param {any} rig @param {Kind} kind @param {boolean} prepared */
  async function prepare(rig, kind, prepared) {
    const id = (lastId += 1);
    // A text of its own is described first; one that has run on this session is not.
    const marker = prepared ? `/* ${kind.name} */` : `/* ${kind.name} ${id} */`;
    const sql = `insert into t (id) values ($1) returning id ${marker}`;
    if (prepared) await kind.run(rig, { id: -1, sql }, () => {}, {});
    return { id, sql, marker };
  }

  /** One run without any fault: which messages there are. @param {Kind} kind @param {boolean} prepared */
  async function record(kind, prepared) {
    const [rig] = rigs;
    const cell = await prepare(rig, kind, prepared);
    const exchange = new Exchange(rig.gate, kind, cell.marker);
    await kind.run(rig, cell, () => {}, {});
    exchange.stop();
    await rig.settled();
    return exchange;
  }

  /**
   * One cell of the matrix.
   * @returns {Promise<string | undefined>} what is wrong
   */
  async function check(rig, kind, prepared, place, patience = PATIENCE_MS) {
    const { index, verb, at } = place;
    const cell = await prepare(rig, kind, prepared);
    let exchange, struck;
    const arm = () => {
      exchange = new Exchange(rig.gate, kind, cell.marker);
      for (const from of ['client', 'server']) {
        rig.gate.when({ from, match: (seen) => exchange.place(seen) === index }, (seen) => {
          struck = seen.link;
          return { do: verb, at };
        });
      }
    };
    const options = { timeoutMs: verb === 'freeze' ? patience : 20_000 };
    const { error } = await settle(kind.run(rig, cell, arm, options));
    exchange?.stop();
    rig.gate.clear();
    // That silence had no effect, and will have none.
    if (place.isAnswered) rig.gate.thaw();
    await rig.recovers();
    if (!(place.isAnswered && verb === 'freeze')) await rig.gone([struck?.pid ?? null]);
    if (!struck) {
      // The time was up before the message came: a busy machine.
      if (patience < 20_000) return check(rig, kind, prepared, place, patience * 4);
      return `the exchange had no such message; ${error ?? 'it went well'}`;
    }
    const count = Number(await rig.value(`select count(*) from t where id = ${cell.id}`));
    const outcome = error ? error.outcome : 'success';
    tally[outcome] = (tally[outcome] ?? 0) + 1;
    return verdict({ kind, error, count, ...place });
  }

  /** @returns {string | undefined} the lie */
  function verdict({ kind, error, count, verb, isSent, isAnswered, isProven }) {
    const said = error ? `${error.name} ${error.code} (${error.outcome}): ${error.message}` : 'success';
    if (count > 1) return `it is stored ${count} times; said: ${said}`;
    if (!error) return kind.writes && count !== 1 ? `said: success; it is not stored` : undefined;
    if (isAnswered) return `the answer had arrived; said: ${said}`;
    if (typeof error.host !== 'string' || !error.host.startsWith('127.0.0.1:'))
      return `which host? said: ${said}`;
    switch (error.outcome) {
      case 'not-sent':
      case 'not-executed':
      case 'rolled-back':
        if (count !== 0) return `it is stored; said: ${said}`;
        // Nothing ran: with time left it is sent again, and the caller sees no error.
        if (
          verb !== 'freeze' &&
          kind.name !== 'a statement of a transaction' &&
          !kind.name.startsWith('a COMMIT')
        )
          return `it could have been sent again; said: ${said}`;
        return undefined;
      case 'unknown':
        if (!isSent) return `it had not been sent; said: ${said}`;
        if (isProven && verb !== 'freeze') return `it could have been found out; said: ${said}`;
        if (kind.name === 'a statement of a transaction') return `it dies with its session; said: ${said}`;
        if (!kind.writes && verb !== 'freeze') return `a read can be sent again; said: ${said}`;
        if (verb !== 'freeze' && error.name !== 'InDoubtError') return `not in doubt, but ${said}`;
        if (verb === 'freeze' && error.name !== 'TimeoutError') return `not out of time, but ${said}`;
        return undefined;
      default:
        return `said: ${said}`;
    }
  }

  for (const kind of kinds) {
    for (const prepared of [false, true]) {
      // They end in the same COMMIT, which stands above in both ways.
      if (prepared && !LONG && (kind.proves || kind.name === 'a transaction that is run again by itself'))
        continue;
      for (const [verb, word] of [
        ['reset', 'is reset'],
        ['close', 'is closed'],
        ['freeze', 'falls silent'],
      ]) {
        const title = `is what the database shows: ${kind.name}${prepared ? ', prepared before' : ''}, at each message at which the connection ${word}`;
        it(title, async () => {
          const { trace, decidedAt } = await record(kind, prepared);
          assert.ok(trace.length >= 8, trace.join(', '));
          // Once the last answer before it is out, the client may have sent it, whether the gate has seen it or not.
          const askedAt = trace.findLastIndex((one, at) => at < decidedAt && one.startsWith('server'));
          const provenAt = kind.proves ? trace.indexOf('server C') : Infinity;
          const cells = [];
          for (const [index, one] of trace.entries()) {
            const isLast = index === trace.length - 1;
            for (const at of ['before', 'middle', 'after']) {
              // Silence after a message is silence before the next.
              if (verb === 'freeze' && !isLast && (at === 'after' || (at === 'middle' && !LONG))) continue;
              // Behind the answer to a statement of a transaction comes its COMMIT: another row of the matrix.
              if (isLast && at === 'after' && kind.name === 'a statement of a transaction') continue;
              cells.push({
                index,
                verb,
                at,
                title: `${verb} ${at} message ${index} (${one})`,
                isSent: index > askedAt || (index === askedAt && at === 'after'),
                isAnswered: isLast && at === 'after',
                isProven: index > provenAt || (index === provenAt && at === 'after'),
              });
            }
          }
          const lies = [];
          const work = [...cells];
          await Promise.all(
            rigs.map(async (rig) => {
              for (let cell = work.shift(); cell; cell = work.shift()) {
                const lie = await check(rig, kind, prepared, cell);
                if (lie) lies.push(`${cell.title}: ${lie}`);
              }
            }),
          );
          assert.equal(lies.length, 0, [`${lies.length} of ${cells.length} cells`, ...lies].join('\n'));
        });
      }
    }
  }
});
