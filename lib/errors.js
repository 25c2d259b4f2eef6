// The error classes, made from the generated table, and the one place where an error is put together.
'use strict';

const table = require('../generated/errors.js');

/**
 * @typedef {{ code?: string, outcome?: string, retryable?: boolean, host?: string, attempts?: number }} Fields
 *   and, from the server, every field of its report
 */

/** The parent of all errors but those that are TypeErrors. */
class HyperionError extends Error {}
Object.defineProperty(HyperionError.prototype, 'name', {
  value: 'HyperionError',
  writable: true,
  configurable: true,
});

/** @type {Record<string, ErrorConstructor>} */
const parents = { HyperionError: /** @type {any} */ (HyperionError), TypeError, Error };

/** @type {Record<string, any>} */
const classes = { HyperionError };
/** In the order of the native enumeration. @type {any[]} */
const byKind = [];
/** @type {Record<string, string>} */
const codes = {};
for (const { name, parent, code } of table) {
  const Parent = parents[parent];
  const made = /** @type {any} */ ({ [name]: class extends Parent {} }[name]);
  Object.defineProperty(made.prototype, 'name', { value: name, writable: true, configurable: true });
  classes[name] = parents[name] = made;
  codes[name] = code;
  byKind.push(made);
}

/**
 * Called by native code.
 * @param {number} kind
 * @param {string} message
 * @param {Fields} fields
 * @param {readonly string[]} causes one line per host or attempt
 * @param {unknown} cause
 */
function makeError(kind, message, fields, causes, cause) {
  return build(byKind[kind], message, fields, causes, cause);
}

/**
 * @param {any} Class
 * @param {string} message
 * @param {Fields} fields
 * @param {readonly string[]} causes
 * @param {unknown} cause
 */
function build(Class, message, fields, causes = [], cause = undefined) {
  const text =
    causes.length === 0 ? message : `${message}\n${causes.map((line) => `  - ${line}`).join('\n')}`;
  const error = cause === undefined ? new Class(text) : new Class(text, { cause });
  return Object.assign(error, fields);
}

/**
 * @param {string} name of its class
 * @param {string} message
 * @param {'not-sent' | 'committed'} outcome
 * @param {unknown} [cause]
 */
function make(name, message, outcome, cause) {
  const attempts = outcome === 'not-sent' ? 0 : 1;
  const fields = { code: codes[name], outcome, retryable: false, attempts };
  return build(classes[name], message, fields, [], cause);
}

/**
 * @param {number} position from 1
 * @param {string} reason
 * @param {unknown} cause
 */
function parameterError(position, reason, cause) {
  return make('ParameterError', `Parameter $${position} ${reason}.`, 'not-sent', cause);
}

/**
 * The statement did run; its answer could not be shown as asked.
 * @param {string} message
 * @param {unknown} cause
 */
function resultError(message, cause) {
  return make('ResultError', message, 'committed', cause);
}

/** @param {AbortSignal} signal */
function abortError(signal) {
  return make('AbortError', 'The call was aborted before it began.', 'not-sent', signal.reason);
}

/**
 * What was passed cannot be meant; nothing was sent.
 * @param {string} message
 */
function argumentError(message) {
  return make('ConfigurationError', message, 'not-sent');
}

/**
 * What was in doubt is known now: nothing is stored.
 * @param {string} message
 * @param {any} cause
 */
function changedNothing(message, cause) {
  const { code, host, attempts } = cause.cause ?? cause;
  const fields = { code, outcome: 'rolled-back', retryable: true, host, attempts };
  return build(classes.ConnectionLostError, message, fields, [], cause);
}

/**
 * @template {Error} E
 * @param {E} error
 * @param {string} note one more line of its message
 */
function noted(error, note) {
  const { message, stack } = error;
  error.message = `${message}\n  - ${note}`;
  const value = stack?.replace(message, () => error.message);
  return Object.defineProperty(error, 'stack', { value, writable: true, configurable: true });
}

module.exports = {
  classes,
  makeError,
  parameterError,
  resultError,
  abortError,
  argumentError,
  changedNothing,
  noted,
};
