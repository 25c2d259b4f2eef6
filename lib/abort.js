// AbortSignal → the native token that a request carries.
'use strict';

const { native } = require('./hooks.js');
const { abortError, argumentError, define, isOurs } = require('./errors.js');

/** @import { CancelToken } from '../generated/native.js' */

/**
 * The calls that wait with a signal. They share one listener, because Node.js warns of many.
 * @typedef {{ tokens: Set<CancelToken>, cancel(): void }} Waiting
 * @type {WeakMap<AbortSignal, Waiting>}
 */
const waiting = new WeakMap();

/** @returns {Waiting} */
function noneWaiting() {
  const tokens = new Set();
  return { tokens, cancel: () => tokens.forEach((token) => token.cancel()) };
}

/**
 * Checks only what is used of it, so that a signal of another realm or of a polyfill counts, too.
 * @param {any} given
 */
function isSignal(given) {
  return (
    typeof given?.addEventListener === 'function' &&
    typeof given.removeEventListener === 'function' &&
    typeof given.aborted === 'boolean'
  );
}

/**
 * @param {AbortSignal | undefined} signal
 * @returns {{ token: CancelToken | undefined, unlink(): void }} call `unlink` when the call has settled: a signal may outlive
 *   thousands of calls
 */
function link(signal) {
  if (signal === undefined) return { token: undefined, unlink() {} };
  if (!isSignal(signal)) throw argumentError('`options.signal` must be an AbortSignal.');
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
 * Calls something with the token in place of the caller's signal.
 * @template {{ signal?: AbortSignal }} O
 * @template T
 * @param {O} options
 * @param {(linked: Omit<O, 'signal'> & { signal?: CancelToken }) => Promise<T>} work
 */
async function withSignal(options, work) {
  const { signal } = options;
  const { token, unlink } = link(signal);
  try {
    return await work({ ...options, signal: token });
  } catch (error) {
    throw because(error, signal);
  } finally {
    unlink();
  }
}

/**
 * The caller's own reason becomes the cause.
 * @template T
 * @param {T} error
 * @param {AbortSignal | undefined} signal
 * @returns {T}
 */
function because(error, signal) {
  if (isOurs(error) && error.code === 'ABORT_ERR' && error.cause === undefined && signal?.aborted)
    define(error, 'cause', signal.reason);
  return error;
}

module.exports = { link, withSignal, because };
