// Tells the logger and the subscribers of the tracing channels what was done. Only what somebody looks at is noted.
'use strict';

const { AsyncLocalStorage } = require('node:async_hooks');
const { PoolOptions } = require('../generated/defaults.js');
const { channels, addressOf, poolOf } = require('./channels.js');
const { argumentError } = require('./errors.js');
const { factsOf } = require('./rows.js');

/** @typedef {{ sql: string, params?: readonly unknown[] }} Statement */

/**
 * What a pool was told about being watched.
 * @typedef {object} Watch
 * @property {((event: any) => unknown) | undefined} logger
 * @property {number} slowQueryMs
 * @property {boolean} logParams
 * @property {((statement: Statement) => Statement) | undefined} redact
 * @property {boolean} hasWarned that the logger failed
 * @property {string} database
 * @property {WeakRef<any> | undefined} pool that is watched
 */

/** Is set where a logger runs: what it asks of a pool is not told to it. */
const inLogger = new AsyncLocalStorage();

/**
 * @param {any} value
 * @param {string} name
 */
function durationOf(value, name) {
  if (typeof value !== 'number' || !(value >= 0))
    throw argumentError(`\`options.${name}\` must be a number, not below 0.`);
  return value;
}

/**
 * @param {any} value
 * @param {string} name
 */
function functionOf(value, name) {
  if (value !== undefined && typeof value !== 'function')
    throw argumentError(`\`options.${name}\` must be a function.`);
  return value;
}

/**
 * @param {any} options of a pool
 * @returns {{ watch: Watch, leakDetectionMs: number, rest: any }} `rest`: what is for others
 */
function takeWatch(options) {
  const {
    logger,
    slowQueryMs = PoolOptions.slowQueryMs,
    logParams = PoolOptions.logParams,
    redact,
    leakDetectionMs = PoolOptions.leakDetectionMs,
    ...rest
  } = options ?? {};
  if (typeof logParams !== 'boolean') throw argumentError('`options.logParams` must be a boolean.');
  /** @type {Watch} */
  const watch = {
    logger: functionOf(logger, 'logger'),
    slowQueryMs: durationOf(slowQueryMs, 'slowQueryMs'),
    logParams,
    redact: functionOf(redact, 'redact'),
    hasWarned: false,
    database: '',
    pool: undefined,
  };
  // What is no object of options is for native code to refuse.
  const isPlain = typeof options === 'object' && options !== null && !Array.isArray(options);
  const own = durationOf(leakDetectionMs, 'leakDetectionMs');
  return { watch, leakDetectionMs: own, rest: isPlain ? rest : options };
}

/**
 * Whether anybody wants to know of a statement.
 * @param {Watch} watch
 * @param {{ hasSubscribers: boolean }} channel
 */
function isWatched(watch, channel) {
  return watch.logger !== undefined || channel.hasSubscribers;
}

/**
 * @param {Watch} watch
 * @param {string} sql
 * @param {readonly unknown[] | undefined} params
 * @returns {Statement} as it may be shown
 */
function shown({ redact }, sql, params) {
  if (redact === undefined) return { sql, params };
  try {
    const redacted = redact({ sql, params });
    return { sql: String(redacted.sql), params: redacted.params };
  } catch {
    return { sql: '[redacted]', params: undefined };
  }
}

/**
 * Runs something that is watched.
 * @template T
 * @param {Watch} watch
 * @param {any} channel
 * @param {Statement} statement as it was given
 * @param {any} more what else its context says
 * @param {() => Promise<T>} work
 * @param {(result: T) => any} [answerOf] which result tells of host, attempts and wait
 * @returns {Promise<T>}
 */
async function observe(watch, channel, { sql, params }, more, work, answerOf = (result) => result) {
  const statement = shown(watch, sql, params);
  /** @type {any} */
  const context = {
    query: statement.sql,
    values: statement.params,
    ...poolOf(watch),
    serverAddress: undefined,
    serverPort: undefined,
    ...more,
  };
  const began = performance.now();
  const traced = async () => {
    try {
      const result = await work();
      const answer = answerOf(result);
      note(context, factsOf(answer), answer?.rowCount);
      return result;
    } catch (/** @type {any} */ error) {
      note(context, error ?? {});
      throw error;
    }
  };
  const tell = (/** @type {any} */ outcome) =>
    log(watch, statement, performance.now() - began, context, outcome);
  try {
    const result = await (channel.hasSubscribers ? channel.tracePromise(traced, context) : traced());
    tell({ rowCount: context.rowCount });
    return result;
  } catch (error) {
    tell({ error });
    throw error;
  }
}

/**
 * @param {any} context
 * @param {any} facts of a result or an error
 * @param {number | null} [rowCount]
 */
function note(context, { host, attempts, waitMs }, rowCount) {
  Object.assign(context, {
    host,
    attempts: attempts ?? 0,
    waitMs: waitMs ?? 0,
    rowCount,
    ...addressOf(host),
  });
}

/**
 * @param {Watch} watch
 * @param {Statement} statement
 * @param {number} durationMs
 * @param {any} context
 * @param {{ rowCount?: number | null, error?: unknown }} outcome
 */
function log(watch, { sql, params }, durationMs, { host, attempts, waitMs }, outcome) {
  const { logger } = watch;
  if (logger === undefined || inLogger.getStore()) return;
  if (durationMs < watch.slowQueryMs && !('error' in outcome)) return;
  const event = { sql, ...(watch.logParams && { params }), durationMs, ...outcome, host, attempts, waitMs };
  const failed = (/** @type {unknown} */ error) => warn(watch, error);
  try {
    const logged = /** @type {any} */ (inLogger.run(true, logger, event));
    if (typeof logged?.then === 'function') logged.then(undefined, failed);
  } catch (error) {
    failed(error);
  }
}

/**
 * @param {Watch} watch
 * @param {any} error of the logger
 */
function warn(watch, error) {
  if (watch.hasWarned) return;
  watch.hasWarned = true;
  process.emitWarning(`The function \`logger\` of a pool failed: ${error?.message ?? error}`, {
    type: 'HyperionWarning',
    code: 'HYPERIONDB_LOGGER',
  });
}

module.exports = { takeWatch, isWatched, observe, functionOf, shown };
