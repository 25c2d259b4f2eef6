// AbortSignal → the native token that a request carries.
'use strict';

const { native } = require('./hooks.js');
const { abortError } = require('./errors.js');

/**
 * The calls that wait with a signal. It gets one listener for all of them: Node.js warns of many.
 * @typedef {{ tokens: Set<{ cancel(): void }>, cancel(): void }} Waiting
 * @type {WeakMap<AbortSignal, Waiting>}
 */
const waiting = new WeakMap();

/** @returns {Waiting} */
function noneWaiting() {
  const tokens = new Set();
  return { tokens, cancel: () => tokens.forEach((token) => token.cancel()) };
}

/**
 * @typedef {{ token: object, unlink(): void }} Link
 * @param {AbortSignal} signal
 * @returns {Link} unlink it when the call has settled: a signal may outlive thousands of calls
 */
function link(signal) {
  if (typeof signal?.addEventListener !== 'function')
    throw new TypeError('`options.signal` must be an AbortSignal.');
  if (signal.aborted) throw abortError(signal);
  const token = native.CancelToken.make();
  const { tokens, cancel } = waiting.get(signal) ?? noneWaiting();
  if (tokens.size === 0) {
    waiting.set(signal, { tokens, cancel });
    signal.addEventListener('abort', cancel, { once: true });
  }
  tokens.add(token);
  return {
    token,
    unlink: () => {
      if (tokens.delete(token) && tokens.size === 0) signal.removeEventListener('abort', cancel);
    },
  };
}

/**
 * The caller's own reason becomes the cause.
 * @template T
 * @param {T} error
 * @param {AbortSignal | undefined} signal
 * @returns {T}
 */
function because(error, signal) {
  const e = /** @type {any} */ (error);
  if (signal?.aborted && e?.code === 'ABORT_ERR' && e.cause === undefined) {
    Object.defineProperty(e, 'cause', { value: signal.reason, writable: true, configurable: true });
  }
  return error;
}

module.exports = { link, because };
