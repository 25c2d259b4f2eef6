// Who called us: the stacks of errors, and of what may be forgotten.
'use strict';

const { HyperionError, ParameterError, ConfigurationError } = require('./errors.js').classes;
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
 * What stands in a stack in place of the frames that nobody has.
 * @param {{ sql: string, watch: import('./observe.js').Watch }} call
 */
function callOf({ sql, watch }) {
  if (typeof sql !== 'string') return '';
  const text = shown(watch, sql, undefined).sql.slice(0, 200).replace(/\s+/g, ' ');
  const frames = firstCalls.get(sql);
  return `\n    in: ${text}${frames ? `\n    which was asked for the first time${frames}` : ''}`;
}

/**
 * Gives an error the stack of who waits for it. V8 finds the awaiting functions when the promise is rejected; to note
 * the caller before each call would cost as much as everything else that the JS thread does for a query.
 * @template T
 * @param {T} error
 * @param {Function} entry the function of ours that the application called
 * @param {{ sql: string, watch: import('./observe.js').Watch }} [call] for an error that nobody awaits
 * @returns {T}
 */
function locate(error, entry, call) {
  if (
    !(error instanceof HyperionError) &&
    !(error instanceof ParameterError) &&
    !(error instanceof ConfigurationError)
  ) {
    return error; // of the application itself
  }
  const own = framesOf(entry);
  if (own === undefined) return error;
  const frames = own === '' && call ? callOf(call) : own;
  const { name, message } = /** @type {Error} */ (error);
  Object.defineProperty(error, 'stack', {
    value: `${name}: ${message}${frames}`,
    writable: true,
    configurable: true,
  });
  return error;
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

module.exports = { locate, framesOf, noteCall };
