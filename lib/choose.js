// Splits the options of a pool and of a query: what lib/ keeps, and what native code gets instead.
'use strict';

const defaults = require('../generated/defaults.js').PoolOptions;
const { InternalOptions } = require('../generated/names.js');
const { argumentError, unknownOption } = require('./errors.js');
const { parserSet, withParsers } = require('./parsers.js');
const { keyPlaces, serializerSet, none } = require('./serializers.js');

/**
 * @import * as Native from '../generated/native.js'
 * @import { Mode, PoolOptions, QueryEvent, QueryOptions, RetryOptions, Statement } from '../generated/index.js'
 * @import { Greeter } from './greeting.js'
 * @import { ParserSet } from './parsers.js'
 * @import { Provider } from './password.js'
 * @import { Pool } from './pool.js'
 * @import { SerializerSet } from './serializers.js'
 */

/**
 * What is observed of a pool, and by whom.
 * @typedef {object} Watch
 * @property {((event: QueryEvent) => unknown) | undefined} logger
 * @property {number} slowQueryMs
 * @property {boolean} logParams
 * @property {((statement: Statement) => Statement) | undefined} redact
 * @property {boolean} hasWarned that the logger failed
 * @property {string} database
 * @property {WeakRef<Pool> | undefined} pool that is watched
 */

/**
 * The options of a pool that native code does not know.
 * @typedef {object} Choices
 * @property {ParserSet} parsers
 * @property {SerializerSet} serializers
 * @property {number | undefined} timeoutMs
 * @property {number | undefined} acquireTimeoutMs
 * @property {Mode | undefined} mode
 * @property {RetryOptions | undefined} retry
 * @property {Watch} watch
 * @property {number} leakDetectionMs
 * @property {boolean} waits a call needs a connection first; false in a transaction, which has one
 * @property {object} [transaction] tracing context of the transaction that the call is in
 * @property {boolean} [isReading] the transaction that the call is in may only read
 */

/**
 * @param {unknown} value
 * @param {string} name
 */
function durationOf(value, name) {
  if (typeof value !== 'number' || !(value >= 0))
    throw argumentError(`\`options.${name}\` must be a number, not below 0.`);
  return value;
}

/**
 * @template {Function | undefined} F
 * @param {F} value
 * @param {string} name
 */
function functionOf(value, name) {
  if (value !== undefined && typeof value !== 'function')
    throw argumentError(`\`options.${name}\` must be a function.`);
  return value;
}

/**
 * Refuses options that only lib/ may pass to native code.
 * @param {object | null | undefined} options
 * @param {'PoolOptions' | 'QueryOptions' | 'BatchOptions' | 'TransactionOptions'} struct
 */
function refuseInternal(options, struct) {
  if (typeof options !== 'object' || options === null) return;
  for (const name of InternalOptions) if (name in options) throw unknownOption(name, struct);
}

/**
 * @param {PoolOptions | undefined} given
 * @returns {{ choices: Choices, provider?: Provider, greeter?: Greeter, known: Native.PoolOptions | undefined }}
 *   `known`: the options for native code
 */
function choosePool(given) {
  refuseInternal(given, 'PoolOptions');
  // Native code refuses anything that is not an object.
  const isPlain = typeof given === 'object' && given !== null && !Array.isArray(given);
  const {
    logger,
    slowQueryMs = defaults.slowQueryMs,
    logParams = defaults.logParams,
    redact,
    leakDetectionMs = defaults.leakDetectionMs,
    ...more
  } = isPlain ? given : {};
  if (typeof logParams !== 'boolean') throw argumentError('`options.logParams` must be a boolean.');
  const watch = {
    logger: functionOf(logger, 'logger'),
    slowQueryMs: durationOf(slowQueryMs, 'slowQueryMs'),
    logParams,
    redact: functionOf(redact, 'redact'),
    hasWarned: false,
    database: '',
    pool: undefined,
  };
  durationOf(leakDetectionMs, 'leakDetectionMs');
  const { serializers, password, onConnect, ...rest } = more;
  const { timeoutMs, acquireTimeoutMs, mode, retry } = rest;
  const parsers = parserSet(rest.parsers);
  const own = { timeoutMs, acquireTimeoutMs, mode, retry, leakDetectionMs };
  const choices = { parsers, serializers: serializerSet(serializers), ...own, watch, waits: true };
  const greeter = functionOf(onConnect, 'onConnect');
  /** @type {Native.PoolOptions} */
  const known = withParsers(rest, parsers);
  if (greeter) known.asksOnConnect = true;
  if (typeof password !== 'function')
    return { choices, greeter, known: isPlain ? { ...known, password } : given };
  return { choices, provider: password, greeter, known: { ...known, asksForPassword: true } };
}

/**
 * Inside a transaction, which has its own connection and deadline.
 * @param {Choices} choices of the pool
 * @param {boolean} isReading
 * @param {object | undefined} transaction its context
 * @returns {Choices}
 */
function insideOf(choices, isReading, transaction) {
  return { ...choices, timeoutMs: undefined, waits: false, isReading, transaction };
}

/**
 * Whether native code can take the options of a query as they are.
 * @param {QueryOptions | undefined} options
 * @param {Choices} choices of the pool
 * @returns {options is Native.QueryOptions | undefined}
 */
function areKnown(options, choices) {
  if (choices.serializers !== none) return false;
  if (options === undefined || options === null) return true;
  const { signal, parsers, serializers } = options;
  if (keyPlaces in options) return false;
  return signal === undefined && parsers === undefined && serializers === undefined;
}

/**
 * Keep `parsers` alive until the rows have been built. The signal is left out: native code takes a token instead.
 * @param {QueryOptions} options
 * @param {Choices} choices of the pool
 */
function chooseQuery({ serializers, signal: _, ...rest }, choices) {
  const parsers = parserSet(rest.parsers, choices.parsers);
  /** @type {Native.QueryOptions} */
  const known = withParsers(rest, parsers);
  return { known, parsers, serializers: serializerSet(serializers, choices.serializers) };
}

module.exports = { refuseInternal, choosePool, insideOf, areKnown, chooseQuery };
