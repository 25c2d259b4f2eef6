// The stacks of callers, for errors and for transactions that may be left open.
'use strict';

const { adopt, define, isOurs } = require('./errors.js');
const { advise, placeIn } = require('./help.js');
const { shown } = require('./observe.js');

/**
 * Where each text was first used, for errors that nobody awaits: V8 has no frames for them. Only the first time, because
 * a stack costs as much as all other work of the JS thread for a query; and only for a bounded number and length of
 * texts, because some programs make a new one for each call.
 * @type {Map<string, string>}
 */
const firstCalls = new Map();
const mostTexts = 1000;
const longestText = 10_000;

/**
 * @param {unknown} sql
 * @param {Function} entry the function of ours that the application called
 */
function noteCall(sql, entry) {
  if (firstCalls.size >= mostTexts || typeof sql !== 'string' || firstCalls.has(sql)) return;
  if (sql.length <= longestText) firstCalls.set(sql, framesOf(entry) ?? '');
}

/**
 * @param {Function} work of a transaction
 * @param {Function} entry
 * @returns {string} the key that it was noted under
 */
function noteWork(work, entry) {
  const text = Function.prototype.toString.call(work);
  noteCall(text, entry);
  return text;
}

/**
 * A call, for an error that no code of the application awaits.
 * @typedef {object} Call
 * @property {string} [sql] key that it was noted under
 * @property {import('./choose.js').Watch} [watch] of the pool
 * @property {boolean} [isFirst] `sql` is one of several; which one failed is not known
 * @property {string} [frames] of its caller, if known
 */

/**
 * Replaces unknown frames in a stack.
 * @param {Call} call
 */
function callOf({ sql, watch, frames }) {
  if (frames !== undefined) return frames;
  if (typeof sql !== 'string') return '';
  const text = watch ? shown(watch, sql, undefined).sql.slice(0, 200).replace(/\s+/g, ' ') : 'a transaction';
  const first = firstCalls.get(sql);
  return `\n    in: ${text}${first ? `\n    which was asked for the first time${first}` : ''}`;
}

/** Whether they include the application, not only this package and Node.js. @param {string} frames */
function hasCaller(frames) {
  const isCaller = (/** @type {string} */ line) =>
    line.startsWith('    at ') && !line.includes(__dirname) && !line.includes('(node:internal');
  return frames.split('\n').some(isCaller);
}

/**
 * Gives an error the stack of its caller. V8 finds the awaiting functions when the promise is rejected; capturing the
 * caller before each call would cost as much as all other work of the JS thread for a query.
 * @template T
 * @param {T} error
 * @param {Function} entry the function of ours that the application called
 * @param {Call} [call]
 * @returns {T}
 */
function locate(error, entry, call) {
  if (!isOurs(error)) return error;
  adopt(error);
  const own = framesOf(entry);
  if (own === undefined) return error;
  advise(error, own);
  if (hasCaller(own)) return withFrames(error, `${placeIn(error, call)}${own}`);
  return call ? withFrames(error, `${placeIn(error, call)}${callOf(call)}`) : error;
}

/**
 * For an error that has the stack of a part of the call: replaces it only if the application is not on it.
 * @template T
 * @param {T} error
 * @param {Call} call
 * @returns {T}
 */
function locateIfLost(error, call) {
  if (!isOurs(error)) return error;
  const { name, message, stack = '' } = /** @type {any} */ (error);
  const frames = stack.slice(`${name}: ${message}`.length);
  return hasCaller(frames) ? error : withFrames(error, `${frames}${callOf(call)}`);
}

/** @param {any} error @param {string} frames */
function withFrames(error, frames) {
  const value = `${error.name}: ${error.message}${frames}`;
  return define(error, 'stack', value);
}

/**
 * Formatted at once: a stack that V8 has not formatted yet keeps the objects alive whose methods are on it.
 * @param {Function} entry the function of ours that the application called
 * @returns {string | undefined} one line per frame; undefined if the engine has none
 */
function framesOf(entry) {
  if (typeof Error.captureStackTrace !== 'function') return undefined;
  const holder = /** @type {{ stack?: unknown }} */ ({});
  Error.captureStackTrace(holder, entry);
  const stack = typeof holder.stack === 'string' ? holder.stack : '';
  return stack.includes('\n    at ') ? stack.slice(stack.indexOf('\n    at ')) : '';
}

module.exports = { locate, locateIfLost, framesOf, noteCall, noteWork };
