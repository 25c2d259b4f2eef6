// Tells the logger and the subscribers of the tracing channels what was done. Only what somebody looks at is noted.
'use strict';

const { AsyncLocalStorage } = require('node:async_hooks');
const { channels, addressOf, poolOf } = require('./channels.js');
const { adopt, isOurs, messageOf } = require('./errors.js');
const { factsOf } = require('./rows.js');

/**
 * @import { QueryEvent, Statement } from '../generated/index.js'
 * @import { TracingChannel } from 'node:diagnostics_channel'
 * @import { Choices, Watch } from './choose.js'
 * @import { Facts } from './rows.js'
 */

/** Is set where a logger runs: what it asks of a pool is not told to it. */
const inLogger = new AsyncLocalStorage();

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
 * Runs something. If anybody watches, native code is asked to tell of it, and they are told.
 * @template O, T
 * @param {Choices} choices of the pool
 * @param {TracingChannel<any>} channel
 * @param {() => Statement & object} describe the statement as it was given, and what else the context says
 * @param {O} options of the call
 * @param {(told: O) => Promise<T>} work
 * @returns {Promise<T>}
 */
function observe(choices, channel, describe, options, work) {
  if (!isWatched(choices.watch, channel)) return work(options);
  return watched(choices, channel, describe(), options, work);
}

/**
 * @template O, T
 * @param {Choices} choices
 * @param {TracingChannel<any>} channel
 * @param {Statement & object} statement
 * @param {O} options
 * @param {(told: O) => Promise<T>} work
 */
async function watched({ watch, mode }, channel, { sql, params, ...more }, options, work) {
  const statement = shown(watch, sql, params);
  const told = { ...options, isTold: true };
  /** @type {any} */
  const context = {
    query: statement.sql,
    values: statement.params,
    ...poolOf(watch),
    ...addressOf(),
    mode: /** @type {any} */ (options)?.mode ?? mode,
    ...more,
  };
  const began = performance.now();
  const traced = async () => {
    try {
      const result = await work(told);
      const answer = channel === channels.batch ? /** @type {any} */ (result).at(-1) : result;
      note(context, factsOf(answer), answer?.rowCount);
      return result;
    } catch (error) {
      note(context, isOurs(error) ? adopt(error) : {});
      throw error;
    }
  };
  const tell = (/** @type {{ rowCount?: number | null, error?: unknown }} */ outcome) =>
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
 * @param {unknown} error of the logger
 */
function warn(watch, error) {
  if (watch.hasWarned) return;
  watch.hasWarned = true;
  process.emitWarning(`The function \`logger\` of a pool failed: ${messageOf(error)}`, {
    type: 'HyperionWarning',
    code: 'HYPERIONDB_LOGGER',
  });
}

module.exports = { isWatched, observe, shown };
