// One statement of a pool or of a transaction, and the first one of a transaction: the way to native code and back.
'use strict';

const { link, because } = require('./abort.js');
const { channels } = require('./channels.js');
const { isWatched, observe, takeWatch } = require('./observe.js');
const { parserSet, withParsers } = require('./parsers.js');
const { serializerSet, serialize, none } = require('./serializers.js');
const { areWaitsTraced, traceWaits } = require('./traces.js');

/**
 * What a pool was told that native code does not know.
 * @typedef {object} Choices
 * @property {import('./parsers.js').ParserSet} parsers
 * @property {import('./serializers.js').SerializerSet} serializers
 * @property {number | undefined} timeoutMs
 * @property {number | undefined} [acquireTimeoutMs]
 * @property {string | undefined} [mode]
 * @property {import('../generated/native').RetryOptions | undefined} [retry]
 * @property {import('./observe.js').Watch} watch
 * @property {number} leakDetectionMs
 * @property {boolean} waits what is asked needs a session first; false in a transaction, which has one
 * @property {any} [transaction] context of the transaction that it is asked in, for those who trace it
 * @property {boolean} [isReading] the transaction that it is asked in may only read
 */

/** @typedef {import('../generated/native').Pool | import('../generated/native').Transaction} Target */

/**
 * @param {any} given options of a pool
 * @returns {{ choices: Choices, known: any }} what lib/ keeps of them, and what native code knows
 */
function choose(given) {
  const { watch, leakDetectionMs, rest: options } = takeWatch(given);
  const parsers = parserSet(options?.parsers);
  const serializers = serializerSet(options?.serializers);
  const { timeoutMs, acquireTimeoutMs, mode, retry } = options ?? {};
  const own = { timeoutMs, acquireTimeoutMs, mode, retry, leakDetectionMs };
  const choices = { parsers, serializers, ...own, watch, waits: true };
  if (!options?.parsers && !options?.serializers) return { choices, known: options };
  const { serializers: _, ...rest } = options;
  return { choices, known: withParsers(rest, parsers) };
}

/**
 * Inside a transaction, which has a session and a deadline of its own.
 * @param {Choices} choices of the pool
 * @param {boolean} isReading
 * @param {any} transaction
 * @returns {Choices}
 */
function insideOf(choices, isReading, transaction) {
  return { ...choices, timeoutMs: undefined, waits: false, isReading, transaction };
}

/**
 * With options that native code does not know as they are.
 * @param {Target} target
 * @param {string} sql
 * @param {readonly unknown[] | undefined} params
 * @param {any} options
 * @param {Choices} choices of the pool
 */
async function runWith(target, sql, params, options, choices) {
  const { serializers, ...known } = options ?? {};
  const set = parserSet(known.parsers, choices.parsers);
  const serializing = serializerSet(serializers, choices.serializers);
  const linked = known.signal === undefined ? undefined : link(known.signal);
  try {
    const prepared = withParsers(known, set);
    if (linked) prepared.signal = linked.token;
    const began = performance.now();
    const describe = () => describeIt(target, sql, prepared, choices);
    const sent = await serialize(describe, params, serializing);
    if (sent !== params) {
      // One deadline for both: of what the description took nothing is left for the statement.
      const timeoutMs = prepared.timeoutMs ?? choices.timeoutMs;
      if (timeoutMs > 0) prepared.timeoutMs = Math.max(1, Math.round(timeoutMs - performance.now() + began));
    }
    return await query(target, sql, sent, prepared, choices);
  } catch (error) {
    throw because(error, known.signal);
  } finally {
    linked?.unlink();
    void set; // used here, so that it lives until the rows have been built
  }
}

/**
 * @param {Target} target
 * @param {string} sql
 * @param {readonly unknown[] | undefined} params
 * @param {any} options for native code
 * @param {Choices} choices of the pool
 * @returns {Promise<any>}
 */
function query(target, sql, params, options, choices) {
  if (!areWaitsTraced(options, choices)) return target.query(sql, params, options);
  return traceWaits('query', options, choices, (told) => target.query(sql, params, told));
}

/**
 * @param {Target} target
 * @param {string} sql
 * @param {any} options for native code
 * @param {Choices} choices of the pool
 * @returns {Promise<any>}
 */
function describeIt(target, sql, options, choices) {
  if (!areWaitsTraced(options, choices)) return target.describe(sql, options);
  return traceWaits('describe', options, choices, (told) => target.describe(sql, told));
}

/**
 * @param {import('../generated/native').Pool} pool
 * @param {any} options
 * @param {Choices} choices of the pool
 * @param {boolean} isRun again, when it finds a session that is lost or fenced
 * @param {import('./traces.js').TransactionTrace} [trace]
 * @returns {Promise<{ begun: any, unlink: () => void }>} a native transaction, and what lets go of the caller's signal
 */
async function beginWith(pool, options, choices, isRun, trace) {
  const linked = options?.signal === undefined ? undefined : link(options.signal);
  const unlink = () => linked?.unlink();
  try {
    let known = linked ? { ...options, signal: linked.token } : options;
    if ((trace || isRun) && typeof (known ?? {}) === 'object')
      known = { ...known, onEnd: trace?.onEnd, defersBegin: isRun };
    const begun = areWaitsTraced(known, choices)
      ? traceWaits('transaction', known, choices, (told) => pool.begin(told))
      : pool.begin(known);
    return { begun: await begun, unlink };
  } catch (error) {
    unlink();
    throw error;
  }
}

/**
 * @param {import('../generated/native').Pool} target
 * @param {string} sql
 * @param {any} options
 * @param {Choices} choices of the pool
 */
async function describeWith(target, sql, options, choices) {
  if (typeof (options ?? {}) !== 'object') return target.describe(sql, options); // native code says what is wrong
  const { parsers: _, serializers: __, ...known } = options ?? {};
  const linked = known.signal === undefined ? undefined : link(known.signal);
  try {
    if (linked) known.signal = linked.token;
    return await describeIt(target, sql, known, choices);
  } catch (error) {
    throw because(error, options?.signal);
  } finally {
    linked?.unlink();
  }
}

/**
 * @param {Target} target
 * @param {string} sql
 * @param {readonly unknown[] | undefined} params
 * @param {any} options
 * @param {Choices} choices of the pool
 * @returns {Promise<any>}
 */
function run(target, sql, params, options, choices) {
  if (isWatched(choices.watch, channels.query) && (typeof options === 'object' || options === undefined)) {
    const told = { ...options, isTold: true };
    const more = { mode: options?.mode ?? choices.mode, transaction: choices.transaction };
    return observe(choices.watch, channels.query, { sql, params }, more, () =>
      send(target, sql, params, told, choices),
    );
  }
  return send(target, sql, params, options, choices);
}

/**
 * @param {Target} target
 * @param {string} sql
 * @param {readonly unknown[] | undefined} params
 * @param {any} options
 * @param {Choices} choices of the pool
 * @returns {Promise<any>}
 */
function send(target, sql, params, options, choices) {
  const isSpecial =
    options === undefined || options === null
      ? choices.serializers !== none
      : typeof options === 'object' && // anything else is refused by native code
        (choices.serializers !== none ||
          options.signal !== undefined ||
          options.parsers !== undefined ||
          options.serializers !== undefined);
  return isSpecial
    ? runWith(target, sql, params, options, choices)
    : query(target, sql, params, options, choices);
}

module.exports = { choose, insideOf, run, beginWith, describeWith };
