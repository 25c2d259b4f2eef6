'use strict';

/*
 * An application that calls everything at once, on one thread: writes of every kind, transactions, batches, reads of
 * every mode, errors that functions raise, cancels, deadlines, DDL, other hosts, and questions to the pool. What became
 * of each write is told, so that it can be held against what the database has in the end.
 *
 *   const load = new MixedLoad({ connection, seed, firstId, actors, pauseMs, tell })
 *   load.start()
 *   await load.stop()          // every promise has settled, every pool has ended
 */

const { createPool } = require('../..');
const { Dice } = require('../support/dice');
const { isReadable } = require('../support/odd_exceptions');
const { FATE, Regret, fateOf } = require('./fate');
const { randomOptions, randomValue, randomText, randomCallOptions } = require('./random_pool');
const { RAISED } = require('./schema');
const { savepointsAtOnce } = require('./savepoints');

const MODES = ['read-write', 'read-only', 'prefer-standby', 'any'];
const EVENTS = ['fenced', 'splitBrain', 'hostDown', 'primaryChanged'];

class MixedLoad {
  #settings;
  #dice;
  #nextId;
  #actors = [];
  #stopping = false;
  /** Rows of what was told since the last time. @type {any[]} */
  #told = [];
  #counts = new Map();
  #wrong = [];
  #events = [];
  #clock;
  unsettled = 0;

  /**
   * @param {{ connection: any, seed: number, firstId: number, actors?: number, pauseMs?: number,
   *   tell: (what: any) => void, random?: boolean }} settings `random`: other pools, too, with random options, and calls
   *   with random arguments
   */
  constructor(settings) {
    this.#settings = { actors: 10, pauseMs: 5, ...settings };
    this.#dice = new Dice(settings.seed);
    this.#nextId = settings.firstId;
    const patient = { timeoutMs: 60_000, acquireTimeoutMs: 30_000 };
    this.pools = [
      this.#open({ ...patient, poolSize: 8, minIdle: 3 }),
      this.#open({ ...patient, poolSize: 3, mode: 'any', user: 'report' }, { readsOnly: true }),
      this.#open({ ...patient, poolSize: 2, minIdle: 0 }, { moves: true }),
    ];
    if (settings.random) for (let i = 0; i < 3; i += 1) this.pools.push(this.#openAtRandom());
  }

  #open(options, traits = {}) {
    const pool = createPool({ ...this.#settings.connection, ...options });
    for (const name of EVENTS)
      pool.on(name, (event) => this.#events.push({ at: Date.now(), name, ...event }));
    return { pool, readsOnly: false, moves: false, isRandom: false, ...traits };
  }

  #openAtRandom() {
    for (;;) {
      try {
        return this.#open(randomOptions(this.#dice), { moves: this.#dice.below(2) === 0, isRandom: true });
      } catch (error) {
        if (error.name !== 'ConfigurationError') throw error; // not possible together
      }
    }
  }

  start() {
    const dice = this.#dice;
    for (let i = 0; i < this.#settings.actors; i += 1) this.#actors.push(this.#repeat(() => this.#call()));
    this.#actors.push(
      this.#repeat(() => this.#look(), 200),
      this.#repeat(() => this.#define(), 300),
      this.#repeat(
        () => this.#move(),
        () => 500 + dice.below(3000),
      ),
    );
    if (this.#settings.random) {
      for (let i = 0; i < 4; i += 1) this.#actors.push(this.#repeat(() => this.#callAtRandom()));
      this.#actors.push(
        this.#repeat(
          () => this.#replace(),
          () => 1_000 + dice.below(6_000),
        ),
      );
    }
    this.#clock = setInterval(() => this.#flush(), 100);
  }

  /** Every promise settles; what was still to be told is. */
  async stop() {
    this.#stopping = true;
    await Promise.all(this.#actors);
    await Promise.all(this.pools.map(({ pool }) => pool.end()));
    clearInterval(this.#clock);
    this.#flush();
  }

  /** @param {() => any} work @param {number | (() => number)} [pauseMs] */
  async #repeat(work, pauseMs = this.#settings.pauseMs) {
    while (!this.#stopping) {
      this.unsettled += 1;
      try {
        await work();
      } catch (error) {
        this.#err('(bug of the test)', error);
      } finally {
        this.unsettled -= 1;
      }
      const ms = typeof pauseMs === 'function' ? pauseMs() : pauseMs;
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
  }

  #flush() {
    this.#settings.tell({
      told: this.#told.splice(0),
      counts: [...this.#counts],
      wrong: this.#wrong.splice(0),
      events: this.#events.splice(0),
      unsettled: this.unsettled,
    });
    this.#counts.clear();
  }

  /** Counts, and looks for what no caller should ever see. @param {string} kind @param {any} error */
  #err(kind, thrown, mayCommitInside = false) {
    const error = isReadable(thrown) ? thrown : new Error('what cannot be looked at');
    const key = `${kind}: ${error?.name} ${error?.code ?? ''}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    const server = [error, error?.cause].find((one) => isReadable(one) && one?.severity !== undefined);
    const isAnswer = server?.severity === 'ERROR' && error.outcome === 'unknown' && !mayCommitInside;
    const isOdd = kind !== 'random' && error?.outcome === undefined;
    if (error?.name === 'InternalError' || isOdd || isAnswer) {
      if (this.#wrong.length < 20) this.#wrong.push(`${kind}: ${error?.stack ?? error}`);
    }
  }

  /** @param {number} count of ids that belong together */
  #ids(count = 1) {
    const first = this.#nextId;
    this.#nextId += count;
    return Array.from({ length: count }, (_, i) => first + i);
  }

  /** One write, or some that are one. @param {string} kind @param {number[]} ids @param {() => Promise<any>} run */
  async #write(kind, ids, run) {
    const began = Date.now();
    let fate = FATE.acknowledged;
    try {
      await run();
    } catch (error) {
      fate = fateOf(error);
      if (!(error instanceof Regret)) this.#err(kind, error);
    }
    this.#told.push([kind, fate, began, Date.now(), ...ids]);
  }

  /** @param {string} kind @param {() => Promise<any>} run */
  async #read(kind, run, mayCommitInside = false) {
    try {
      await run();
      const key = `${kind}: ok`;
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    } catch (error) {
      this.#err(kind, error, mayCommitInside);
    }
  }

  /** Limits that make a call end early, in some way. @returns {any} */
  #limits() {
    const dice = this.#dice;
    const ms = 1 + dice.below(30);
    if (dice.below(2) === 0) return { timeoutMs: ms };
    const controller = new AbortController();
    setTimeout(() => controller.abort(), ms);
    return { signal: controller.signal };
  }

  // ---- one call ---------------------------------------------------------------------------------------------------

  async #call() {
    const dice = this.#dice;
    const { pool, readsOnly, isRandom } = dice.below(4) === 0 ? dice.pick(this.pools) : this.pools[0];
    if (readsOnly || dice.below(3) === 0) return this.#callToRead(pool, isRandom);
    const kinds = Object.keys(this.#writes);
    const kind = dice.pick(kinds);
    return this.#writes[kind](pool, kind);
  }

  /** @type {Record<string, (pool: any, kind: string) => Promise<void>>} */
  #writes = {
    autocommit: (pool, kind) => {
      const [id] = this.#ids();
      return this.#write(kind, [id], () => pool.query('insert into ledger values ($1, $2)', [id, kind]));
    },
    insert: (pool, kind) => {
      const [id] = this.#ids();
      return this.#write(kind, [id], () => pool.insert('ledger', { id, kind }));
    },
    idempotent: (pool, kind) => {
      const [id] = this.#ids();
      const options = { idempotency: true, conflictTarget: 'id' };
      return this.#write(kind, [id], () => pool.insert('keyed', { id, kind }, options));
    },
    function: (pool, kind) => {
      const [id] = this.#ids();
      return this.#write(kind, [id], () => pool.query('select chaos_write($1)', [id]));
    },
    transaction: (pool, kind) => this.#transaction(pool, kind, {}),
    exactlyOnce: (pool, kind) => this.#transaction(pool, kind, { exactlyOnce: true }),
    commitProof: (pool, kind) => this.#transaction(pool, kind, { commitProof: true }),
    begin: async (pool, kind) => {
      const [id] = this.#ids();
      const commits = this.#dice.below(3) > 0;
      await this.#write(kind, [id], async () => {
        const tx = await pool.begin();
        try {
          await tx.query('insert into ledger values ($1, $2)', [id, kind]);
        } catch (error) {
          await tx.rollback().catch(() => {});
          throw error;
        }
        if (commits) return tx.commit();
        await tx.rollback();
        throw new Regret();
      });
    },
    savepoints: async (pool, kind) => {
      const [ids, began] = [this.#ids(4), Date.now()];
      const told = {
        failed: (/** @type {any} */ error) => this.#err(kind, error),
        limits: () => this.#limits(),
      };
      const fates = await savepointsAtOnce(pool, this.#dice, { ids, kind, ...told });
      ids.forEach((id, i) => this.#told.push([kind, fates[i], began, Date.now(), id]));
    },
    batch: (pool, kind) => {
      const ids = this.#ids(2);
      const statements = ids.map((id) => ({ sql: 'insert into ledger values ($1, $2)', params: [id, kind] }));
      return this.#write(kind, ids, () => pool.batch(statements, {}));
    },
    'loose batch': async (pool, kind) => {
      const ids = this.#ids(3);
      const statements = ids.map((id) => ({ sql: 'insert into ledger values ($1, $2)', params: [id, kind] }));
      const began = Date.now();
      const settled = await pool.batch(statements, { atomic: false }).catch((error) => {
        this.#err(kind, error);
        return ids.map(() => ({ status: 'rejected', reason: error }));
      });
      settled.forEach(({ status, reason }, i) => {
        if (status === 'rejected') this.#err(kind, reason);
        const fate = status === 'fulfilled' ? FATE.acknowledged : fateOf(reason);
        this.#told.push([kind, fate, began, Date.now(), ids[i]]);
      });
    },
    limited: (pool, kind) => {
      const [id] = this.#ids();
      const limits = this.#limits();
      return this.#write(kind, [id], () =>
        pool.query('insert into ledger values ($1, $2)', [id, kind], limits),
      );
    },
    'limited transaction': (pool, kind) => this.#transaction(pool, kind, this.#limits()),
    'new text': (pool, kind) => {
      const [id] = this.#ids();
      const limits = this.#dice.below(2) === 0 ? this.#limits() : {};
      return this.#write(kind, [id], () =>
        pool.query(`insert into ledger values (${id}, '${kind}')`, [], limits),
      );
    },
    'bad value': (pool, kind) => {
      const [id] = this.#ids();
      return this.#write(kind, [id], () =>
        pool.query('insert into ledger values ($1, $2)', ['no number', kind]),
      );
    },
  };

  /** @param {any} pool @param {string} kind @param {any} options */
  #transaction(pool, kind, options) {
    const [id] = this.#ids();
    const mishap = this.#dice.below(12);
    return this.#write(kind, [id], () =>
      pool.transaction(async (tx) => {
        await tx.query('select count(*) from keyed where id = $1', [id]);
        await tx.query('insert into ledger values ($1, $2)', [id, kind]);
        if (mishap === 0) throw new Regret();
        if (mishap === 1) await tx.query('select chaos_raise($1)', [this.#dice.pick(RAISED)]);
      }, options),
    );
  }

  /** @param {any} pool @param {boolean} isRandom what it makes of values is not known */
  async #callToRead(pool, isRandom) {
    const dice = this.#dice;
    const mode = dice.pick(MODES);
    switch (dice.below(8)) {
      case 0:
        return this.#read('slow read', () => pool.query('select pg_sleep(0.02)', [], { mode }));
      case 1:
        return this.#read('large read', () =>
          pool.query('select g, md5(g::text) from generate_series(1, 5000) g', [], { mode }),
        );
      case 2:
        return this.#read('limited read', () =>
          pool.query('select pg_sleep(0.5)', [], { mode, ...this.#limits() }),
        );
      case 3: {
        const code = dice.pick(RAISED);
        return this.#read('raised', () => pool.query('select chaos_raise($1)', [code], { mode }));
      }
      case 4:
        return this.#read('read of a changing table', () =>
          pool.query('select * from side limit 5', [], { mode }),
        );
      case 5:
        return this.#read('transaction that reads', () =>
          pool.transaction((tx) => tx.query('select count(*) from keyed where id < 10'), {
            mode,
            readOnly: true,
          }),
        );
      case 6:
        return this.#read(`read ${mode}`, async () => {
          const sent = [dice.below(1 << 30), `text ${dice.below(1000)}`];
          const [row] = await pool.query('select $1::int as n, $2::text as t', sent, { mode });
          if (isRandom) return;
          if (row.n !== sent[0] || row.t !== sent[1])
            this.#wrong.push(`sent ${sent}, got ${row.n}, ${row.t}`);
        });
      default:
        return this.#read(`read ${mode}`, () =>
          Promise.all(Array.from({ length: 4 }, () => pool.query('select 1 as one', [], { mode }))),
        );
    }
  }

  /** Anything, on any pool. */
  async #callAtRandom() {
    const dice = this.#dice;
    const { pool } = dice.pick(this.pools);
    const sql = randomText(dice);
    const params = () => Array.from({ length: dice.below(4) }, () => randomValue(dice));
    const options = randomCallOptions(dice);
    const run = async () => {
      switch (dice.below(8)) {
        case 0:
          return pool.batch([sql, { sql: randomText(dice), params: params() }], {
            ...options,
            atomic: dice.below(2) === 0,
          });
        case 1:
          return pool.insert('side', { v: randomValue(dice) }, options);
        case 2:
          return pool.describe(sql, options);
        case 3:
          return pool.transaction(async (tx) => {
            const all = [
              tx.query(sql, params(), randomCallOptions(dice)),
              tx.savepoint(() => tx.query(randomText(dice), params(), randomCallOptions(dice))),
              tx.savepoint((/** @type {any} */ inner) => inner.query('select 1')),
              tx.query(randomText(dice)),
            ];
            for (const one of all) one.catch(() => {}); // looked at later, or never
            if (dice.below(4) === 0) await tx.commit();
            if (dice.below(4) === 0) throw new Regret();
            await Promise.allSettled(all);
          }, options);
        case 4: {
          const tx = await pool.begin(options);
          await tx.query(sql, params()).catch(() => {});
          if (dice.below(8) > 0) return dice.below(2) === 0 ? tx.commit() : tx.rollback();
          return undefined; // forgotten
        }
        case 5:
          return pool.setHosts(dice.below(2) === 0 ? this.#settings.connection.hosts : randomValue(dice));
        default:
          return pool.query(sql, params(), options);
      }
    };
    await this.#read('random', run, true);
  }

  // ---- beside the calls -------------------------------------------------------------------------------------------

  async #look() {
    for (const { pool } of this.pools) {
      const [status] = [pool.status(), pool.stats(), pool.health(), pool.topology()];
      if (status.inUse < 0 || status.available < 0 || status.waiting < 0)
        this.#wrong.push(`status() says ${JSON.stringify(status)}`);
    }
  }

  /** DDL of a table that others read and write. */
  async #define() {
    const { pool } = this.pools[0];
    const sql = this.#dice.pick([
      'alter table side add column if not exists w int default 7',
      'alter table side drop column if exists w',
      'alter table side alter column v type float8',
      'alter table side alter column v type real',
      'insert into side (v) values (0.5)',
      'truncate side',
      'drop table if exists side2',
      'create table if not exists side2 (a int, b text)',
    ]);
    await this.#read('DDL', () => pool.query(sql));
  }

  /** A pool ends, with all that it does, and another one begins. */
  async #replace() {
    const at = 3 + this.#dice.below(this.pools.length - 3);
    const { pool } = this.pools[at];
    this.pools[at] = this.#openAtRandom();
    await pool.end({ drainTimeoutMs: this.#dice.below(1_000) });
  }

  /** Other hosts, and all of them again. */
  async #move() {
    const dice = this.#dice;
    const { hosts } = this.#settings.connection;
    for (const { pool, moves } of this.pools) {
      if (!moves || hosts.length < 2) continue;
      const some = hosts.filter(() => dice.below(3) > 0);
      for (const list of [some.length > 0 ? some : hosts, hosts]) {
        await this.#read('setHosts', async () => pool.setHosts(list));
        await new Promise((resolve) => setTimeout(resolve, 200 + dice.below(1000)));
      }
    }
  }
}

module.exports = { MixedLoad };
