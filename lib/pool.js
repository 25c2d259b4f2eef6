// Pool: the public class around a native one.
'use strict';

const { inspect } = require('node:util');
const { because } = require('./abort.js');
const { runBatch } = require('./batch.js');
const { ClusterEvents } = require('./events.js');
const { native } = require('./hooks.js');
const { insertInto } = require('./insert.js');
const { refuseOnce } = require('./once.js');
const { overview } = require('./overview.js');
const { takeProvider, passwordFrom } = require('./password.js');
const { runTransaction } = require('./retry.js');
const { locate, framesOf } = require('./stack.js');
const { choose, run, beginWith, describeWith } = require('./statement.js');
const { Transaction, secret } = require('./transaction.js');

class Pool extends ClusterEvents {
  #native;
  /** @type {import('./statement.js').Choices} */
  #choices;
  /** @type {Promise<void> | undefined} */
  #ended;
  /** @type {any} */
  #provider;

  /**
   * @param {symbol} key
   * @param {string | undefined} url
   * @param {any} options
   */
  constructor(key, url, options) {
    if (key !== secret) throw new TypeError('Illegal constructor: createPool() makes pools.');
    super((listener) => this.#native.listen(listener));
    const { choices, known } = choose(options);
    this.#choices = choices;
    const { provider, rest } = takeProvider(known);
    this.#native = native.Pool.create(url, rest);
    if (provider) this.#providePassword(provider);
  }

  /** @param {import('./password.js').Provider} provider */
  #providePassword(provider) {
    this.#provider = provider;
    const self = new WeakRef(this); // what native code keeps must not keep the pool
    this.#native.providePassword(async (/** @type {number} */ number, /** @type {any} */ target) => {
      const here = self.deref();
      if (!here) return;
      const { password, problem } = await passwordFrom(here.#provider, target);
      here.#native.answerPassword(number, password, problem);
    });
  }

  /** @param {string} sql @param {readonly unknown[]} [params] @param {any} [options] */
  async query(sql, params, options) {
    try {
      return await run(this.#native, sql, params, options, this.#choices);
    } catch (error) {
      throw locate(error, Pool.prototype.query);
    }
  }

  /** @param {unknown} table @param {unknown} rows one or more @param {any} [options] */
  async insert(table, rows, options) {
    try {
      return await insertInto(this, table, rows, options);
    } catch (error) {
      throw locate(error, Pool.prototype.insert);
    }
  }

  /** @param {string} sql @param {any} [options] */
  async describe(sql, options) {
    try {
      return await describeWith(this.#native, sql, options);
    } catch (error) {
      throw locate(error, Pool.prototype.describe);
    }
  }

  /** @param {any} [options] */
  async begin(options) {
    const frames = framesOf(Pool.prototype.begin); // after the first wait nobody knows any more
    try {
      refuseOnce(options);
      return await this.#begin(options, frames);
    } catch (error) {
      throw locate(error, Pool.prototype.begin);
    }
  }

  /**
   * @template T
   * @param {(tx: Transaction) => Promise<T> | T} work
   * @param {any} [options]
   * @returns {Promise<T>}
   */
  async transaction(work, options) {
    if (typeof work !== 'function') throw new TypeError('`work` must be a function.');
    const pause = (/** @type {number} */ delayMs) => this.#native.pause(delayMs);
    return runTransaction({ begin: (o) => this.#begin(o), pause, pool: this }, work, options, this.#choices);
  }

  /** @param {readonly unknown[]} statements @param {any} [options] */
  async batch(statements, options) {
    try {
      return await runBatch(this.#native, (...call) => this.query(...call), statements, options);
    } catch (error) {
      throw locate(error, Pool.prototype.batch);
    }
  }

  status() {
    return this.#native.status();
  }

  topology() {
    return this.#native.topology();
  }

  /** @param {readonly string[]} hosts */
  setHosts(hosts) {
    try {
      this.#native.setHosts(hosts);
    } catch (error) {
      throw locate(error, Pool.prototype.setHosts);
    }
  }

  /** @param {any} [options] */
  end(options) {
    this.#ended ??= this.#end(options);
    return this.#ended;
  }

  /** @param {any} options */
  async #end(options) {
    try {
      return await this.#native.end(options);
    } catch (error) {
      this.#ended = undefined; // an option was wrong: the pool goes on
      throw locate(error, this.#end); // end() itself has returned long ago
    }
  }

  /** @param {any} options @param {string} [frames] of who has to end it */
  async #begin(options, frames) {
    try {
      const { begun, unlink } = await beginWith(this.#native, options);
      return new Transaction(secret, begun, this.#choices, unlink, frames);
    } catch (error) {
      throw locate(because(error, options?.signal), this.#begin);
    }
  }

  /** What is shown of a pool: never its options, there is a password among them. */
  [inspect.custom](/** @type {number} */ _depth, /** @type {any} */ options) {
    return `Pool ${inspect(overview(this), options)}`;
  }

  [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]() {
    return this.end();
  }
}

module.exports = { Pool };
