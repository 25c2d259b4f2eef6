// Transaction: the public class around a native one. A handle that is forgotten is rolled back.
'use strict';

const { inspect } = require('node:util');
const { toBeEnded } = require('./forgotten.js');
const { insertInto } = require('./insert.js');
const { locate } = require('./stack.js');
const { run } = require('./statement.js');

const secret = Symbol('made by Pool only');
// A savepoint's name is new each time: not worth a prepared statement.
const once = { prepare: false };

class Transaction {
  #native;
  #choices;
  #unlink;
  #trace;
  #savepoints = 0;
  #ended = false;

  /**
   * @param {symbol} key
   * @param {any} native
   * @param {import('./statement.js').Choices} choices of the pool
   * @param {() => void} unlink lets go of the caller's signal
   * @param {string} [frames] of who has to end it
   * @param {import('./traces.js').TransactionTrace} [trace] of those who watch
   */
  constructor(key, native, choices, unlink, frames, trace) {
    if (key !== secret) throw new TypeError('Illegal constructor: pool.begin() makes transactions.');
    this.#native = native;
    // The transaction has a session and a deadline of its own.
    this.#choices = { ...choices, timeoutMs: undefined, waits: false, transaction: trace?.context };
    this.#unlink = unlink;
    this.#trace = trace;
    if (frames !== undefined) toBeEnded.register(this, { native, frames }, this);
  }

  /**
   * @param {string} sql
   * @param {readonly unknown[]} [params]
   * @param {any} [options]
   */
  async query(sql, params, options) {
    try {
      return await run(this.#native, sql, params, options, this.#choices);
    } catch (error) {
      throw locate(error, Transaction.prototype.query);
    }
  }

  /**
   * @param {unknown} table
   * @param {unknown} rows one or more
   * @param {any} [options]
   */
  async insert(table, rows, options) {
    try {
      return await insertInto(this, table, rows, options);
    } catch (error) {
      throw locate(error, Transaction.prototype.insert);
    }
  }

  async commit() {
    try {
      this.#end();
      return await this.#told(this.#native.commit());
    } catch (error) {
      throw locate(error, Transaction.prototype.commit);
    } finally {
      this.#unlink();
    }
  }

  async rollback() {
    try {
      this.#end();
      return await this.#told(this.#native.rollback());
    } catch (error) {
      throw locate(error, Transaction.prototype.rollback);
    } finally {
      this.#unlink();
    }
  }

  /** @param {Promise<void>} call that ends it */
  #told(call) {
    this.#trace?.endWith(call);
    return call;
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
    if (typeof work !== 'function') throw new TypeError('`work` must be a function.');
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

module.exports = { Transaction, secret, commitIfOpen: Transaction[secret] };
