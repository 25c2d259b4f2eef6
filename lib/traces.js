// Spans of the channels `pool:acquire` and `transaction`; native code reports the course of the call. Only with a
// subscriber.
'use strict';

const { AsyncResource } = require('node:async_hooks');
const { channels, addressOf, poolOf, spans } = require('./channels.js');
const { isOurs } = require('./errors.js');

/**
 * @import { Mode, Outcome, TransactionOptions } from '../generated/index.js'
 * @import { Choices } from './choose.js'
 */

const waits = spans(channels.acquire);
const transactions = spans(channels.transaction);

/** @param {Choices} choices */
const areWaitsTraced = (choices) => choices.waits && channels.acquire.hasSubscribers;

/**
 * One span for each time that a call waits for a connection: once, and again for each retry.
 * @template {{ mode?: Mode, onWait?: (host: string, waitMs: number) => void }} O
 * @template T
 * @param {'query' | 'describe' | 'batch' | 'transaction'} operation
 * @param {O | undefined} options of the call; native code refuses anything that is not an object
 * @param {Choices} choices of the pool
 * @param {(options: O | undefined) => Promise<T>} work called with the options for native code
 * @returns {Promise<T>}
 */
function traceWaits(operation, options, choices, work) {
  if (!areWaitsTraced(choices) || typeof (options ?? {}) !== 'object') return work(options);
  const mode = options?.mode ?? choices.mode;
  const caller = new AsyncResource('hyperiondb:pool:acquire');
  const begin = () =>
    waits.begin(caller, {
      ...{ ...poolOf(choices.watch), operation, mode },
      ...{ host: undefined, ...addressOf(), waitMs: undefined },
    });
  const end = (/** @type {object} */ facts, /** @type {unknown} */ error) =>
    caller.runInAsyncScope(waits.end, undefined, caller, facts, error);
  const onWait = (/** @type {string} */ host, /** @type {number} */ waitMs) => {
    caller.runInAsyncScope(begin); // unless it has begun
    if (host) end({ host, ...addressOf(host), waitMs }, undefined);
  };
  if (operation !== 'describe') begin(); // which may be known without a connection
  const result = work(/** @type {O} */ ({ ...options, onWait }));
  result.then(
    () => end({}, undefined),
    (error) => end({ waitMs: isOurs(error) ? (error.waitMs ?? 0) : 0 }, error),
  );
  return result;
}

/**
 * What a channel reports of a transaction.
 * @typedef {{ host?: string, attempts: number, outcome: Outcome | undefined } & object} TransactionContext
 *
 * What is reported of a transaction while it runs.
 * @typedef {object} TransactionTrace
 * @property {TransactionContext} context
 * @property {(outcome: Outcome, why: string, code: string) => void} onEnd called by native code, once per begin
 * @property {(call: Promise<unknown>) => void} endWith called with the promise of its commit or rollback
 */

/**
 * @param {TransactionOptions | undefined} options
 * @param {Choices} choices of the pool
 * @returns {TransactionContext}
 */
function contextOf(options, choices) {
  const { isolation, mode = choices.mode, readOnly = false } = options ?? {};
  const result = { host: undefined, ...addressOf(), attempts: 0, outcome: undefined };
  return { ...poolOf(choices.watch), ...{ isolation, mode, readOnly }, ...result };
}

/**
 * pool.transaction(): from the call to its result.
 * @template T
 * @param {TransactionOptions | undefined} options
 * @param {Choices} choices
 * @param {(trace?: TransactionTrace) => Promise<T>} run
 * @returns {Promise<T>}
 */
function traceTransaction(options, choices, run) {
  if (!channels.transaction.hasSubscribers) return run();
  const context = contextOf(options, choices);
  /** @type {TransactionTrace} */
  const trace = { context, onEnd: (outcome) => void (context.outcome = outcome), endWith() {} };
  const traced = async () => {
    try {
      const result = await run(trace);
      if (context.outcome === 'unknown') context.outcome = 'committed'; // it was looked up
      return result;
    } catch (error) {
      // What was in doubt may be known now, and what was never begun has the outcome of its error.
      const isKnown = context.outcome !== undefined && context.outcome !== 'unknown';
      if (!isKnown && isOurs(error)) context.outcome = error.outcome ?? context.outcome;
      throw error;
    }
  };
  return channels.transaction.tracePromise(traced, context);
}

/**
 * pool.begin(): from the call to the end of the transaction.
 * @template T
 * @param {TransactionOptions | undefined} options
 * @param {Choices} choices
 * @param {(trace?: TransactionTrace) => Promise<T>} begin
 * @returns {Promise<T>}
 */
async function traceBegin(options, choices, begin) {
  if (!channels.transaction.hasSubscribers) return begin();
  const context = contextOf(options, choices);
  const caller = new AsyncResource('hyperiondb:transaction');
  const end = (/** @type {object} */ facts, /** @type {unknown} */ error) =>
    caller.runInAsyncScope(transactions.end, undefined, caller, facts, error);
  let isEnding = false;
  transactions.begin(caller, context);
  try {
    return await begin({
      context,
      onEnd(outcome, why, code) {
        context.outcome = outcome;
        if (!isEnding) end({}, why ? Object.assign(new Error(why), code && { code }) : undefined);
      },
      endWith(call) {
        if (isEnding) return;
        isEnding = true;
        call.then(
          () => end({}, undefined),
          (error) => end({}, error),
        );
      },
    });
  } catch (error) {
    end({ outcome: isOurs(error) ? error.outcome : undefined }, error);
    throw error;
  }
}

/** @param {TransactionTrace} trace @param {string} host where it was begun */
function traceBegun({ context }, host) {
  Object.assign(context, { host, ...addressOf(host), attempts: context.attempts + 1 });
}

module.exports = { areWaitsTraced, traceWaits, traceTransaction, traceBegin, traceBegun };
