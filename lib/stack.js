// Who called us: the stacks of errors, and of what may be forgotten.
'use strict';

const { HyperionError, ParameterError, ConfigurationError } = require('./errors.js').classes;

/**
 * Gives an error the stack of who waits for it. V8 finds the awaiting functions when the promise is rejected; to note
 * the caller before each call would cost as much as everything else that the JS thread does for a query.
 * @template T
 * @param {T} error
 * @param {Function} entry the function of ours that the application called
 * @returns {T}
 */
function locate(error, entry) {
  if (
    !(error instanceof HyperionError) &&
    !(error instanceof ParameterError) &&
    !(error instanceof ConfigurationError)
  ) {
    return error; // of the application itself
  }
  const frames = framesOf(entry);
  if (frames === undefined) return error;
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

module.exports = { locate, framesOf };
