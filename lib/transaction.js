// Transaction: the public class around a native one. A handle that is forgotten is rolled back.
'use strict';

const { inspect } = require('node:util');
const { argumentError } = require('./errors.js');
const { toBeEnded } = require('./forgotten.js');
const { finalIfReading } = require('./help.js');
const { insertInto } = require('./insert.js');
const { query } = require('./run.js');
const { locate, noteCall } = require('./stack.js');

/**
 * @import * as Native from '../generated/native.js'
 * @import * as Public from '../generated/index.js'
 * @import { Choices } from './choose.js'
 * @import { TransactionTrace } from './traces.js'
 */

const secret = Symbol('made by Pool only');
const mayRunAgain = Symbol('whether its error is a reason to run it again');
// A savepoint's name is new each time: not worth a prepared statement.
const once = { prepare: false };
const changedNothing = new Set(['not-sent', 'not-executed', 'rolled-back']);

class Transaction {
  #native;
  #choices;
  #unlink;
  #trace;
  #frames;
  #savepoints = 0;
  #ended = false;
  #mayBeStored = false;
  /** Those that it has thrown itself: others say nothing of it. @type {WeakSet<object>} */
  #errors = new WeakSet();

  /**
   * @param {symbol} key
   * @param {Native.Transaction} native
   * @param {Choices} choices inside of it
   * @param {() => void} unlink lets go of the caller's signal
   * @param {string} [frames] of who has to end it
   * @param {TransactionTrace} [trace] of those who watch
   */
  constructor(key, native, choices, unlink, frames, trace) {
    if (key !== secret) throw argumentError('Illegal constructor: pool.begin() makes transactions.');
    this.#native = native;
    this.#choices = choices;
    this.#unlink = unlink;
    this.#trace = trace;
    this.#frames = frames;
    if (frames !== undefined) toBeEnded.register(this, { native, frames }, this);
  }

  /**
   * @param {string} sql
   * @param {readonly Public.Parameter[]} [params]
   * @param {Public.QueryOptions} [options]
   */
  async query(sql, params, options) {
    noteCall(sql, Transaction.prototype.query);
    try {
      return await query(this.#native, sql, params, options, this.#choices);
    } catch (error) {
      const call = { sql, watch: this.#choices.watch };
      throw locate(this.#thrown(error), Transaction.prototype.query, call);
    }
  }

  /**
   * @param {unknown} table
   * @param {unknown} rows one or more
   * @param {Public.InsertQueryOptions} [options]
   */
  async insert(table, rows, options) {
    try {
      return await insertInto(this, table, rows, options);
    } catch (error) {
      throw locate(this.#thrown(error), Transaction.prototype.insert);
    }
  }

  async commit() {
    try {
      this.#end();
      await this.#told(this.#native.commit());
      this.#mayBeStored = true;
    } catch (/** @type {any} */ error) {
      if (!changedNothing.has(error?.outcome)) this.#mayBeStored = true;
      throw locate(this.#thrown(error), Transaction.prototype.commit, { frames: this.#frames });
    } finally {
      this.#unlink();
    }
  }

  async rollback() {
    try {
      this.#end();
      return await this.#told(this.#native.rollback());
    } catch (error) {
      throw locate(this.#thrown(error), Transaction.prototype.rollback, { frames: this.#frames });
    } finally {
      this.#unlink();
    }
  }

  /** @param {Promise<void>} call that ends it */
  #told(call) {
    this.#trace?.endWith(call);
    return call;
  }

  /**
   * @template T
   * @param {T} error
   * @returns {T}
   */
  #thrown(error) {
    if (typeof error === 'object' && error !== null) this.#errors.add(error);
    return finalIfReading(error, this.#choices.isReading === true);
  }

  /**
   * Not after a COMMIT of its own, and not for the error of somebody else: that of another pool, for example.
   * @param {Transaction} tx
   * @param {unknown} error that `work` threw
   */
  static [mayRunAgain](tx, error) {
    return !tx.#mayBeStored && tx.#errors.has(/** @type {object} */ (error));
  }

  #end() {
    this.#ended = true;
    toBeEnded.unregister(this);
  }

  isOpen() {
    return this.#native.isOpen();
  }

  host() {
    return this.#native.host();
  }

  /**
   * @template T
   * @param {(tx: Transaction) => Promise<T> | T} work
   * @returns {Promise<T>}
   */
  async savepoint(work) {
    if (typeof work !== 'function')
      throw locate(argumentError('`work` must be a function.'), Transaction.prototype.savepoint);
    const name = `hyperiondb_${++this.#savepoints}`;
    await this.query(`savepoint ${name}`, undefined, once);
    let result;
    try {
      result = await work(this);
    } catch (error) {
      // When this fails too, the session or the transaction is gone: what went wrong first says more.
      await this.query(`rollback to savepoint ${name}`, undefined, once)
        .then(() => this.query(`release savepoint ${name}`, undefined, once))
        .catch(() => {});
      throw error;
    }
    await this.query(`release savepoint ${name}`, undefined, once);
    return result;
  }

  /**
   * Commits, unless the application itself has ended the transaction.
   * @param {Transaction} tx
   */
  static async [secret](tx) {
    if (!tx.#ended) await tx.commit();
  }

  /** For `await using`. */
  async [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]() {
    if (!this.#ended) await this.rollback();
  }

  [inspect.custom]() {
    return `Transaction { host: '${this.host()}', isOpen: ${this.isOpen()} }`;
  }
}

module.exports = {
  Transaction,
  secret,
  commitIfOpen: Transaction[secret],
  mayRunAgain: Transaction[mayRunAgain],
};
