// Reports calls to the logger and to the subscribers of the tracing channels. Without either nothing is recorded.
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

/** Set while a logger runs: its own statements are not logged. */
const inLogger = new AsyncLocalStorage();

/**
 * Whether there is a logger or a subscriber.
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
 * @returns {Statement} as it may be logged
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
 * Runs a call. With a logger or a subscriber, native code is asked for the details, and they are reported.
 * @template O, T
 * @param {Choices} choices of the pool
 * @param {TracingChannel<any>} channel
 * @param {() => Statement & object} describe the statement as given, and more fields of the context
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
