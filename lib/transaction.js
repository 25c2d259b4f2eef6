// Transaction: the public class around a native one, and the handles of its savepoints. A handle that is collected while
// open is rolled back.
'use strict';

const { inspect } = require('node:util');
const { argumentError, closedError, isOurs } = require('./errors.js');
const { toBeEnded } = require('./forgotten.js');
const { finalIfReading } = require('./help.js');
const { insertInto } = require('./insert.js');
const { query } = require('./run.js');
const { Scope } = require('./scope.js');
const { readCall } = require('./sql/statement.js');
const { locate, noteCall } = require('./stack.js');

/**
 * @import * as Native from '../generated/native.js'
 * @import * as Public from '../generated/index.js'
 * @import { Choices } from './choose.js'
 * @import { TransactionTrace } from './traces.js'
 */

const secret = Symbol('made by Pool only');
const commitUnlessEnded = Symbol('what transaction() does at the end');
const mayRunAgain = Symbol('whether its error is a reason to run it again');
const whyEnded = Symbol('what has ended it');
// Each savepoint has a new name, so preparing its statements does not pay.
const once = { prepare: false };
const changedNothing = new Set(['not-sent', 'not-executed', 'rolled-back']);

/**
 * The state that all handles of one transaction share.
 * @typedef {object} Shared
 * @property {Native.Transaction} native
 * @property {Choices} choices inside of it
 * @property {() => void} unlink lets go of the caller's signal
 * @property {string | undefined} frames of the call that has to end it
 * @property {TransactionTrace | undefined} trace if somebody subscribes
 * @property {number} savepoints so far
 * @property {'commit' | 'rollback' | undefined} end that was called
 * @property {boolean} mayBeStored
 * @property {WeakSet<object>} errors that it has thrown itself; others say nothing about it
 */

class Transaction {
  #shared;
  #scope;

  /**
   * @param {symbol} key
   * @param {Shared} shared
   * @param {Scope} scope that its calls are made in
   */
  constructor(key, shared, scope) {
    if (key !== secret) throw argumentError('Illegal constructor: pool.begin() makes transactions.');
    this.#shared = shared;
    this.#scope = scope;
  }

  /**
   * @param {Pick<Shared, 'native' | 'choices' | 'unlink' | 'frames' | 'trace'>} begun
   * @returns {Transaction}
   */
  static [secret](begun) {
    const { native, frames } = begun;
    /** @type {Shared} */
    const shared = { ...begun, savepoints: 0, end: undefined, mayBeStored: false, errors: new WeakSet() };
    const tx = new Transaction(secret, shared, new Scope());
    if (frames !== undefined) toBeEnded.register(tx, { native, frames }, shared);
    return tx;
  }

  /**
   * @param {any} sql text, or a statement with its values
   * @param {any} [params] or options of a statement
   * @param {Public.QueryOptions} [options]
   */
  async query(sql, params, options) {
    const { native, choices } = this.#shared;
    let scope;
    try {
      if (typeof sql !== 'string') ({ sql, params, options } = readCall(sql, params, options));
      noteCall(sql, Transaction.prototype.query);
      scope = this.#where(Transaction.prototype.query);
      return await query(native, sql, params, options, choices, scope.order);
    } catch (error) {
      const call = { sql, watch: choices.watch };
      throw locate(this.#thrown(error, scope), Transaction.prototype.query, call);
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
    const shared = this.#shared;
    try {
      const scope = this.#where(Transaction.prototype.commit);
      await this.#endBy('commit', () => scope.order.pass(() => this.#commit(scope)));
      shared.mayBeStored = true;
    } catch (/** @type {any} */ error) {
      if (!changedNothing.has(error?.outcome)) shared.mayBeStored = true;
      throw locate(this.#thrown(error), Transaction.prototype.commit, { frames: shared.frames });
    } finally {
      shared.unlink();
    }
  }

  async rollback() {
    const shared = this.#shared;
    const { order, isOuter } = this.#scope.current();
    const send = () => shared.native.rollback();
    try {
      // No need to wait for an open savepoint: it ends as well.
      return await this.#endBy('rollback', () => (isOuter ? send() : order.pass(send)));
    } catch (error) {
      throw locate(this.#thrown(error), Transaction.prototype.rollback, { frames: shared.frames });
    } finally {
      shared.unlink();
    }
  }

  /** @param {Scope} scope where commit() was called */
  async #commit(scope) {
    const { native } = this.#shared;
    const why = scope.whyNot();
    if (!why) return native.commit();
    await native.rollback();
    throw Object.assign(why, { outcome: 'rolled-back' });
  }

  /** @param {'commit' | 'rollback'} end @param {() => Promise<void>} send */
  #endBy(end, send) {
    this.#shared.end ??= end;
    toBeEnded.unregister(this.#shared);
    const call = send();
    this.#shared.trace?.endWith(call);
    return call;
  }

  /** @param {Function} entry that was called @returns {Scope} of its call */
  #where(entry) {
    const scope = this.#scope.current();
    if (scope.state === 'open') return scope;
    throw locate(closedError('The savepoint of this handle has ended.'), entry);
  }

  /**
   * @template T
   * @param {T} error
   * @param {Scope} [scope] of its statement
   * @returns {T}
   */
  #thrown(error, scope) {
    const { choices, end, errors } = this.#shared;
    if (typeof error === 'object' && error !== null) errors.add(error);
    if (scope && isOurs(error) && error.name === 'ResultError') {
      // The statement ran. As after any error, the transaction can only be rolled back, to a savepoint or whole.
      error.outcome = end === 'commit' ? 'unknown' : 'rolled-back';
      scope.fail(error);
    }
    return finalIfReading(error, choices.isReading === true);
  }

  /**
   * Not after its own COMMIT, and not for an error from elsewhere, such as another pool.
   * @param {Transaction} tx
   * @param {unknown} error that `work` threw
   */
  static [mayRunAgain](tx, error) {
    const { mayBeStored, errors } = tx.#shared;
    return !mayBeStored && errors.has(/** @type {object} */ (error));
  }

  /**
   * For a transaction that ended without its methods.
   * @param {Transaction} tx
   * @returns {Promise<unknown>} why
   */
  static [whyEnded](tx) {
    return tx.#shared.native.commit().catch((/** @type {unknown} */ error) => tx.#thrown(error));
  }

  isOpen() {
    return this.#shared.native.isOpen();
  }

  host() {
    return this.#shared.native.host();
  }

  /**
   * @template T
   * @param {(tx: Transaction) => Promise<T> | T} work
   * @returns {Promise<T>}
   */
  async savepoint(work) {
    if (typeof work !== 'function')
      throw locate(argumentError('`work` must be a function.'), Transaction.prototype.savepoint);
    const outer = this.#where(Transaction.prototype.savepoint);
    return outer.order.hold(async (release) => {
      outer.isOuter = true;
      try {
        return await this.#inSavepoint(new Scope(outer), work);
      } finally {
        outer.isOuter = false;
        release();
      }
    });
  }

  /**
   * @template T
   * @param {Scope} scope
   * @param {(tx: Transaction) => Promise<T> | T} work
   * @returns {Promise<T>}
   */
  async #inSavepoint(scope, work) {
    const name = `hyperiondb_${++this.#shared.savepoints}`;
    await this.#control(`savepoint ${name}`);
    let result;
    try {
      result = await scope.enter(() => work(new Transaction(secret, this.#shared, scope)));
      if (scope.failure) throw scope.failure;
    } catch (error) {
      // If this fails too, the connection or the transaction is gone; the first error says more.
      await scope
        .leave('undone', () => this.#control(`rollback to savepoint ${name}`))
        .then(() => this.#control(`release savepoint ${name}`))
        .catch(() => {});
      throw error;
    }
    await scope.leave('released', () => this.#control(`release savepoint ${name}`));
    return result;
  }

  /** Sends a statement of a savepoint; the outer scope waits for it. @param {string} sql */
  async #control(sql) {
    const { native, choices } = this.#shared;
    noteCall(sql, Transaction.prototype.savepoint);
    try {
      await query(native, sql, undefined, once, choices);
    } catch (error) {
      throw locate(this.#thrown(error), this.#control, { sql, watch: choices.watch });
    }
  }

  /**
   * Commits, unless the application itself has ended the transaction.
   * @param {Transaction} tx
   */
  static async [commitUnlessEnded](tx) {
    if (!tx.#shared.end) await tx.commit();
  }

  /** For `await using`. */
  async [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]() {
    if (!this.#shared.end) await this.rollback();
  }

  [inspect.custom]() {
    return `Transaction { host: '${this.host()}', isOpen: ${this.isOpen()} }`;
  }
}

module.exports = {
  Transaction,
  secret,
  transactionOf: Transaction[secret],
  commitIfOpen: Transaction[commitUnlessEnded],
  mayRunAgain: Transaction[mayRunAgain],
  whyEnded: Transaction[whyEnded],
};
