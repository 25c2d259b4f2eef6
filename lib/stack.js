// Who called us: the stacks of errors, and of what may be forgotten.
'use strict';

const { adopt, define, isOurs } = require('./errors.js');
const { advise, placeIn } = require('./help.js');
const { shown } = require('./observe.js');

/**
 * Where each text was asked for the first time, for errors that nobody awaits: V8 knows no frames for them. Only the
 * first time, because a stack costs as much as everything else that the JS thread does for a query; and only of so many
 * texts, and of such a length, for programs that make a new one for each call.
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
 * @returns {string} what it was noted as
 */
function noteWork(work, entry) {
  const text = Function.prototype.toString.call(work);
  noteCall(text, entry);
  return text;
}

/**
 * A call, for an error that nobody of the application awaits.
 * @typedef {object} Call
 * @property {string} [sql] as it was noted
 * @property {import('./choose.js').Watch} [watch] of the pool
 * @property {boolean} [isFirst] `sql` is one of several; which one failed is not known
 * @property {string} [frames] of who made it, where they are known
 */

/**
 * What stands in a stack in place of the frames that nobody has.
 * @param {Call} call
 */
function callOf({ sql, watch, frames }) {
  if (frames !== undefined) return frames;
  if (typeof sql !== 'string') return '';
  const text = watch ? shown(watch, sql, undefined).sql.slice(0, 200).replace(/\s+/g, ' ') : 'a transaction';
  const first = firstCalls.get(sql);
  return `\n    in: ${text}${first ? `\n    which was asked for the first time${first}` : ''}`;
}

/** Whether the application is in them, not only this package and Node.js. @param {string} frames */
function hasCaller(frames) {
  const isCaller = (/** @type {string} */ line) =>
    line.startsWith('    at ') && !line.includes(__dirname) && !line.includes('(node:internal');
  return frames.split('\n').some(isCaller);
}

/**
 * Gives an error the stack of who waits for it. V8 finds the awaiting functions when the promise is rejected; to note
 * the caller before each call would cost as much as everything else that the JS thread does for a query.
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
 * For an error that has the stack of a part of the call: only if nobody of the application is on it.
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
 * As text at once: a stack that V8 has not written down yet holds on to the objects whose methods are on it.
 * @param {Function} entry the function of ours that the application called
 * @returns {string | undefined} a line for each who waits for it; undefined where the engine does not tell
 */
function framesOf(entry) {
  if (typeof Error.captureStackTrace !== 'function') return undefined;
  const holder = /** @type {{ stack?: unknown }} */ ({});
  Error.captureStackTrace(holder, entry);
  const stack = typeof holder.stack === 'string' ? holder.stack : '';
  return stack.includes('\n    at ') ? stack.slice(stack.indexOf('\n    at ')) : '';
}

module.exports = { locate, locateIfLost, framesOf, noteCall, noteWork };
