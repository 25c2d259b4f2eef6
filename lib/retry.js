// Runs a transaction, and reruns it where that is safe: the only retries of this layer.
'use strict';

const defaults = require('../generated/defaults.js');
const { because } = require('./abort.js');
const { isOurs } = require('./errors.js');
const { checkOnce, commitOnce, isMissing, makeTable, putToken } = require('./once.js');
const { commitIfOpen, mayRunAgain, whyEnded } = require('./transaction.js');

/**
 * @import { RetryOptions as Retries, TransactionOptions } from '../generated/index.js'
 * @import { Choices } from './choose.js'
 * @import { Pool } from './pool.js'
 * @typedef {import('./transaction.js').Transaction} Transaction
 * @typedef {import('./traces.js').TransactionTrace} TransactionTrace
 */

/**
 * @typedef {object} Means
 * @property {(options: TransactionOptions | undefined, onEnd?: TransactionTrace['onEnd']) => Promise<Transaction>} begin
 * @property {(delayMs: number) => Promise<void>} pause
 * @property {Pool} pool
 */

/**
 * @template T
 * @param {Means} means
 * @param {(tx: Transaction) => Promise<T> | T} work
 * @param {TransactionOptions | undefined} options
 * @param {Choices} settings of the pool
 * @returns {Promise<T>}
 */
async function runTransaction({ begin, pause, pool }, work, options, settings) {
  const isOnce = checkOnce(options, settings.mode);
  const timeoutMs = options?.timeoutMs ?? settings.timeoutMs ?? 0;
  const deadline = timeoutMs > 0 ? performance.now() + timeoutMs : Infinity;
  const leftMs = () => deadline - performance.now();
  const { exactlyOnce: _, ...rest } = options ?? {};
  const given = isOnce === undefined ? options : rest;
  const limits = () => ({
    timeoutMs:
      deadline === Infinity
        ? (settings.acquireTimeoutMs ?? defaults.PoolOptions.acquireTimeoutMs)
        : Math.max(1, leftMs()),
    signal: options?.signal,
  });
  for (let attempts = 1, hasTable = false; ; attempts++) {
    const limit = deadline === Infinity && !options?.signal ? undefined : limitOfOne();
    const left = deadline === Infinity ? given : { ...given, timeoutMs: Math.max(1, leftMs()) };
    const tx = await begin(left, limit?.onEnd);
    let token;
    let hasWorked = false;
    try {
      token = isOnce ? await putToken(tx) : undefined;
      const result = await (limit ? Promise.race([work(tx), limit.passed(tx)]) : work(tx));
      hasWorked = true;
      await (token ? commitOnce(tx, token, pool, limits) : commitIfOpen(tx));
      return result;
    } catch (error) {
      await tx.rollback().catch(() => {}); // it may have ended on its own; the error says why
      if (isOnce && !token && !hasTable && isMissing(error)) {
        await makeTable(pool, limits(), error);
        hasTable = true;
        attempts--;
        continue;
      }
      const isReason = hasWorked || mayRunAgain(tx, error);
      const delayMs = isReason ? retryDelay(error, attempts, settings.retry, leftMs()) : undefined;
      if (delayMs === undefined) throw because(error, options?.signal);
      await pause(delayMs);
    }
  }
}

/** Ends a call when its transaction's time limit or signal does, whatever the function is waiting for. */
function limitOfOne() {
  let onPassed = () => {};
  const passed = new Promise((resolve) => (onPassed = () => resolve(undefined)));
  return {
    /** @type {TransactionTrace['onEnd']} */
    onEnd(_outcome, _why, code) {
      if (code === 'ETIMEDOUT' || code === 'ABORT_ERR') onPassed();
    },
    /** @param {Transaction} tx @returns {Promise<never>} rejects with what ended it */
    async passed(tx) {
      await passed;
      const error = await whyEnded(tx);
      if (isOurs(error) && ['TimeoutError', 'AbortError'].includes(error.name)) throw error;
      return new Promise(() => {}); // the connection was lost: the function gets the error
    },
  };
}

/**
 * @param {unknown} error
 * @param {number} attempts so far
 * @param {Retries | undefined} options
 * @param {number} leftMs of the deadline
 * @returns {number | undefined} milliseconds; undefined: no retry
 */
function retryDelay(error, attempts, options, leftMs) {
  if (!isOurs(error) || !error.retryable) return undefined;
  const {
    maxAttempts = defaults.RetryOptions.maxAttempts,
    baseDelayMs = defaults.RetryOptions.baseDelayMs,
    maxDelayMs = defaults.RetryOptions.maxDelayMs,
  } = options ?? {};
  if (attempts >= maxAttempts) return undefined;
  // Full jitter, so that transactions that collided do not collide again.
  const delayMs = Math.random() * Math.min(maxDelayMs, baseDelayMs * 2 ** (attempts - 1));
  return delayMs < leftMs ? delayMs : undefined;
}

module.exports = { runTransaction, retryDelay };
