// Pool: the public class around a native one.
'use strict';

const { inspect } = require('node:util');
const { because } = require('./abort.js');
const { readBatch } = require('./batch.js');
const { eventTracer } = require('./channels.js');
const { choosePool, insideOf } = require('./choose.js');
const { adopt, argumentError } = require('./errors.js');
const { ClusterEvents, listener, tell } = require('./events.js');
const { greet } = require('./greeting.js');
const { addHabits } = require('./habits.js');
const { finalIfReading, isReadMode } = require('./help.js');
const { native } = require('./hooks.js');
const { insertInto } = require('./insert.js');
const { watchLeak } = require('./leaks.js');
const { refuseOnce } = require('./once.js');
const { overview } = require('./overview.js');
const { passwordFrom } = require('./password.js');
const { runTransaction } = require('./retry.js');
const { query, describe, batch, begin } = require('./run.js');
const { watchSilence } = require('./silence.js');
const { readCall, statementOf } = require('./sql/statement.js');
const { locate, locateIfLost, framesOf, noteCall, noteWork } = require('./stack.js');
const { traceBegin, traceBegun, traceTransaction } = require('./traces.js');
const { transactionOf, secret } = require('./transaction.js');

/**
 * @import { InspectOptions } from 'node:util'
 * @import * as Public from '../generated/index.js'
 * @import { Greeter } from './greeting.js'
 * @import { Provider } from './password.js'
 * @import { TransactionTrace } from './traces.js'
 */

class Pool extends ClusterEvents {
  #native;
  #choices;
  /** @type {Promise<void> | undefined} */
  #ended;
  /** Held here and not by native code, because it may reference the pool. @type {Provider | undefined} */
  #provider;
  /** @type {Greeter | undefined} */
  #greeter;

  /**
   * @param {symbol} key
   * @param {string | undefined} url
   * @param {Public.PoolOptions | undefined} options
   */
  constructor(key, url, options) {
    if (key !== secret) throw argumentError('Illegal constructor: createPool() makes pools.');
    super();
    const { choices, provider, greeter, known } = choosePool(options);
    this.#choices = choices;
    this.#native = native.Pool.create(url, known);
    Object.assign(choices.watch, { database: this.#native.database(), pool: new WeakRef(this) });
    this.#native.listen(this[listener](eventTracer(choices.watch), watchSilence(choices.watch)));
    this.#provider = provider;
    this.#greeter = greeter;
    if (provider) this.#providePassword();
    if (greeter) this.#greetSessions();
  }

  #greetSessions() {
    const self = new WeakRef(this);
    this.#native.greet((number, host) => {
      const here = self.deref();
      if (here && here.#greeter) greet(here.#greeter, here.#native, number, host);
    });
  }

  #providePassword() {
    const self = new WeakRef(this);
    this.#native.providePassword(async (number, target) => {
      const here = self.deref();
      if (!here || !here.#provider) return;
      const { password, problem } = await passwordFrom(here.#provider, target);
      here.#native.answerPassword(number, password, problem);
    });
  }

  /**
   * @param {any} sql text, or a statement with its values
   * @param {any} [params] or options of a statement
   * @param {Public.QueryOptions} [options]
   */
  async query(sql, params, options) {
    try {
      if (typeof sql !== 'string') ({ sql, params, options } = readCall(sql, params, options));
      noteCall(sql, Pool.prototype.query);
      return await query(this.#native, sql, params, options, this.#choices);
    } catch (error) {
      const call = { sql, watch: this.#choices.watch };
      throw locate(finalIfReading(error, this.#isReading(options)), Pool.prototype.query, call);
    }
  }

  /** @param {unknown} table @param {unknown} rows one or more @param {Public.InsertQueryOptions} [options] */
  async insert(table, rows, options) {
    try {
      return await insertInto(this, table, rows, options);
    } catch (error) {
      throw locate(error, Pool.prototype.insert);
    }
  }

  /** @param {any} sql text, or a statement with its values @param {Public.QueryOptions} [options] */
  async describe(sql, options) {
    try {
      sql = statementOf(sql)?.text ?? sql;
      noteCall(sql, Pool.prototype.describe);
      return await describe(this.#native, sql, options, this.#choices);
    } catch (error) {
      throw locate(error, Pool.prototype.describe, { sql, watch: this.#choices.watch });
    }
  }

  /** @param {Public.TransactionOptions} [options] */
  async begin(options) {
    const frames = framesOf(Pool.prototype.begin); // V8 does not know it any more after the first await
    try {
      refuseOnce(options);
      return await traceBegin(options, this.#choices, (trace) =>
        this.#begin(options, false, frames, frames, trace),
      );
    } catch (error) {
      throw locate(error, Pool.prototype.begin, { frames });
    }
  }

  /**
   * @template T
   * @param {(tx: import('./transaction.js').Transaction) => Promise<T> | T} work
   * @param {Public.TransactionOptions} [options]
   * @returns {Promise<T>}
   */
  async transaction(work, options) {
    if (typeof work !== 'function')
      throw locate(argumentError('`work` must be a function.'), Pool.prototype.transaction);
    const frames = this.#choices.leakDetectionMs > 0 ? framesOf(Pool.prototype.transaction) : undefined;
    const sql = noteWork(work, Pool.prototype.transaction);
    const pause = (/** @type {number} */ delayMs) =>
      this.#native.pause(delayMs).catch((error) => {
        throw adopt(error);
      });
    try {
      return await traceTransaction(options, this.#choices, (trace) => {
        /** @type {import('./retry.js').Means['begin']} */
        const begin = (given, onEnd) => this.#begin(given, true, undefined, frames, trace, onEnd);
        return runTransaction({ begin, pause, pool: this }, work, options, this.#choices);
      });
    } catch (error) {
      throw locateIfLost(error, { sql });
    }
  }

  /** @param {unknown} statements @param {Public.BatchOptions} [options] */
  async batch(statements, options) {
    let sql;
    try {
      const { list, atomic, rest } = readBatch(statements, options);
      sql = list[0]?.sql; // stands for all of them in logs and stacks
      noteCall(sql, Pool.prototype.batch);
      return await (atomic
        ? batch(this.#native, list, rest, this.#choices)
        : Promise.allSettled(list.map((one) => this.query(one.sql, one.params, rest))));
    } catch (error) {
      const call = { sql, watch: this.#choices.watch, isFirst: true };
      throw locate(finalIfReading(error, this.#isReading(options)), Pool.prototype.batch, call);
    }
  }

  /** @param {Public.QueryOptions | undefined} options of a call */
  #isReading(options) {
    return isReadMode(options?.mode ?? this.#choices.mode);
  }

  status() {
    return this.#native.status();
  }

  stats() {
    return this.#native.stats();
  }

  health() {
    return this.#native.health();
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

  /** @param {Public.EndOptions} [options] */
  end(options) {
    this.#ended ??= this.#end(options, framesOf(Pool.prototype.end));
    return this.#ended;
  }

  /** @param {Public.EndOptions | undefined} options @param {string} [frames] of who ends it */
  async #end(options, frames) {
    try {
      return await this.#native.end(options);
    } catch (error) {
      this.#ended = undefined; // an option was wrong: the pool stays open
      throw locate(error, this.#end, { frames }); // end() itself has returned long ago
    }
  }

  /**
   * @param {Public.TransactionOptions | undefined} options
   * @param {boolean} isRun by transaction()
   * @param {string} [frames] of the call that has to end it
   * @param {string} [origin] frames of the caller
   * @param {TransactionTrace} [trace] if somebody subscribes
   * @param {TransactionTrace['onEnd']} [onEnd]
   */
  async #begin(options, isRun, frames, origin, trace, onEnd) {
    try {
      const { begun, unlink } = await begin(this.#native, options, this.#choices, isRun, trace, onEnd);
      if (trace) traceBegun(trace, begun.host());
      const { leakDetectionMs } = this.#choices;
      const isReading = options?.readOnly === true || this.#isReading(options);
      const choices = insideOf(this.#choices, isReading, trace?.context);
      if (leakDetectionMs === 0) return transactionOf({ native: begun, choices, unlink, frames, trace });
      const self = new WeakRef(this);
      const found = watchLeak(
        begun,
        leakDetectionMs,
        origin,
        (event) => self.deref()?.[tell](event) ?? false,
      );
      const end = () => {
        found();
        unlink();
      };
      return transactionOf({ native: begun, choices, unlink: end, frames, trace });
    } catch (error) {
      throw locate(because(error, options?.signal), this.#begin);
    }
  }

  /** Never shows the options: there is a password among them. */
  [inspect.custom](/** @type {number} */ _depth, /** @type {InspectOptions} */ options) {
    return `Pool ${inspect(overview(this), options)}`;
  }

  [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]() {
    return this.end();
  }
}

addHabits(Pool.prototype);

module.exports = { Pool };
