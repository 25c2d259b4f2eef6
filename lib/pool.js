// Pool: the public class around a native one.
'use strict';

const { inspect } = require('node:util');
const { because } = require('./abort.js');
const { firstText, runBatch } = require('./batch.js');
const { channels, eventTracer } = require('./channels.js');
const { ClusterEvents, listener, tell } = require('./events.js');
const { takeGreeter, greet } = require('./greeting.js');
const { addHabits } = require('./habits.js');
const { finalIfReading, isReadMode } = require('./help.js');
const { native } = require('./hooks.js');
const { insertInto } = require('./insert.js');
const { watchLeak } = require('./leaks.js');
const { refuseOnce } = require('./once.js');
const { overview } = require('./overview.js');
const { takeProvider, passwordFrom } = require('./password.js');
const { runTransaction } = require('./retry.js');
const { watchSilence } = require('./silence.js');
const { locate, locateIfLost, framesOf, noteCall, noteWork } = require('./stack.js');
const { choose, insideOf, run, beginWith, describeWith } = require('./statement.js');
const { traceBegin, traceBegun, traceTransaction } = require('./traces.js');
const { Transaction, secret } = require('./transaction.js');

class Pool extends ClusterEvents {
  #native;
  /** @type {import('./statement.js').Choices} */
  #choices;
  /** @type {Promise<void> | undefined} */
  #ended;
  /** @type {any} */
  #provider;
  /** @type {import('./greeting.js').Greeter | undefined} */
  #greeter;

  /**
   * @param {symbol} key
   * @param {string | undefined} url
   * @param {any} options
   */
  constructor(key, url, options) {
    if (key !== secret) throw new TypeError('Illegal constructor: createPool() makes pools.');
    super();
    const { choices, known } = choose(options);
    this.#choices = choices;
    const { provider, rest: withoutProvider } = takeProvider(known);
    const { greeter, rest } = takeGreeter(withoutProvider);
    this.#native = native.Pool.create(url, rest);
    Object.assign(choices.watch, { database: this.#native.database(), pool: new WeakRef(this) });
    this.#native.listen(this[listener](eventTracer(choices.watch), watchSilence(choices.watch)));
    if (provider) this.#providePassword(provider);
    if (greeter) this.#greetSessions(greeter);
  }

  /** @param {import('./greeting.js').Greeter} greeter */
  #greetSessions(greeter) {
    this.#greeter = greeter;
    const self = new WeakRef(this); // what native code keeps must not keep the pool
    this.#native.greet((/** @type {number} */ number, /** @type {string} */ host) => {
      const here = self.deref();
      if (here) greet(/** @type {any} */ (here.#greeter), here.#native, number, host);
    });
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
    noteCall(sql, Pool.prototype.query);
    try {
      return await run(this.#native, sql, params, options, this.#choices);
    } catch (error) {
      const call = { sql, watch: this.#choices.watch };
      throw locate(finalIfReading(error, this.#isReading(options)), Pool.prototype.query, call);
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
    noteCall(sql, Pool.prototype.describe);
    try {
      return await describeWith(this.#native, sql, options, this.#choices);
    } catch (error) {
      throw locate(error, Pool.prototype.describe, { sql, watch: this.#choices.watch });
    }
  }

  /** @param {any} [options] */
  async begin(options) {
    const frames = framesOf(Pool.prototype.begin); // after the first wait nobody knows any more
    try {
      refuseOnce(options);
      const begin = (/** @type {any} */ trace) => this.#begin(options, false, frames, frames, trace);
      return await (channels.transaction.hasSubscribers
        ? traceBegin(options, this.#choices, begin)
        : begin(undefined));
    } catch (error) {
      throw locate(error, Pool.prototype.begin, { frames });
    }
  }

  /**
   * @template T
   * @param {(tx: import('./transaction.js').Transaction) => Promise<T> | T} work
   * @param {any} [options]
   * @returns {Promise<T>}
   */
  async transaction(work, options) {
    if (typeof work !== 'function') throw new TypeError('`work` must be a function.');
    const frames = this.#choices.leakDetectionMs > 0 ? framesOf(Pool.prototype.transaction) : undefined;
    const pause = (/** @type {number} */ delayMs) => this.#native.pause(delayMs);
    const run = (/** @type {any} */ trace) => {
      const begin = (/** @type {any} */ given) => this.#begin(given, true, undefined, frames, trace);
      return runTransaction({ begin, pause, pool: this }, work, options, this.#choices);
    };
    const sql = noteWork(work, Pool.prototype.transaction);
    try {
      return await (channels.transaction.hasSubscribers
        ? traceTransaction(options, this.#choices, run)
        : run(undefined));
    } catch (error) {
      throw locateIfLost(error, { sql });
    }
  }

  /** @param {readonly unknown[]} statements @param {any} [options] */
  async batch(statements, options) {
    const sql = firstText(statements);
    noteCall(sql, Pool.prototype.batch);
    try {
      const query = (/** @type {[any, any, any]} */ ...call) => this.query(...call);
      return await runBatch(this.#native, query, statements, options, this.#choices);
    } catch (error) {
      const call = { sql, watch: this.#choices.watch, isFirst: true };
      throw locate(finalIfReading(error, this.#isReading(options)), Pool.prototype.batch, call);
    }
  }

  /** @param {any} options of a call */
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

  /** @param {any} [options] */
  end(options) {
    this.#ended ??= this.#end(options, framesOf(Pool.prototype.end));
    return this.#ended;
  }

  /** @param {any} options @param {string} [frames] of who ends it */
  async #end(options, frames) {
    try {
      return await this.#native.end(options);
    } catch (error) {
      this.#ended = undefined; // an option was wrong: the pool goes on
      throw locate(error, this.#end, { frames }); // end() itself has returned long ago
    }
  }

  /**
   * @param {any} options
   * @param {boolean} isRun by transaction()
   * @param {string} [frames] of who has to end it
   * @param {string} [origin] frames of who wants it
   * @param {import('./traces.js').TransactionTrace} [trace] of those who watch
   */
  async #begin(options, isRun, frames, origin, trace) {
    try {
      const { begun, unlink } = await beginWith(this.#native, options, this.#choices, isRun, trace);
      if (trace) traceBegun(trace, begun.host());
      const { leakDetectionMs } = this.#choices;
      const isReading = options?.readOnly === true || this.#isReading(options);
      const choices = insideOf(this.#choices, isReading, trace?.context);
      if (leakDetectionMs === 0) return new Transaction(secret, begun, choices, unlink, frames, trace);
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
      return new Transaction(secret, begun, choices, end, frames, trace);
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

addHabits(Pool.prototype);

module.exports = { Pool };
