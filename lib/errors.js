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
for (const { name, parent } of table) {
  const Parent = parents[parent];
  const made = /** @type {any} */ ({ [name]: class extends Parent {} }[name]);
  Object.defineProperty(made.prototype, 'name', { value: name, writable: true, configurable: true });
  classes[name] = parents[name] = made;
  byKind.push(made);
}

/** What is wrong with an argument has Node's own codes, wherever it was found. */
const nodeCodes = {
  configuration: 'ERR_INVALID_ARG_VALUE',
  parameter: 'ERR_INVALID_ARG_VALUE',
  result: 'ERR_RESULT',
};

/**
 * Called by native code.
 * @param {number} kind
 * @param {string} message
 * @param {Fields} fields
 * @param {readonly string[]} causes one line per host or attempt
 * @param {unknown} cause
 */
function makeError(kind, message, fields, causes, cause) {
  const name = table[kind].kind;
  fields.code ||=
    /** @type {Record<string, string>} */ (nodeCodes)[name] ?? name.toUpperCase().replaceAll('-', '_');
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
 * @param {number} position from 1
 * @param {string} reason
 * @param {unknown} cause
 */
function parameterError(position, reason, cause) {
  const fields = { code: 'ERR_INVALID_ARG_VALUE', outcome: 'not-sent', retryable: false, attempts: 0 };
  return build(classes.ParameterError, `Parameter $${position} ${reason}.`, fields, [], cause);
}

/**
 * The statement did run; its answer could not be shown as asked.
 * @param {string} message
 * @param {unknown} cause
 */
function resultError(message, cause) {
  const fields = { code: 'ERR_RESULT', outcome: 'committed', retryable: false, attempts: 1 };
  return build(classes.ResultError, message, fields, [], cause);
}

/** @param {AbortSignal} signal */
function abortError(signal) {
  const fields = { code: 'ABORT_ERR', outcome: 'not-sent', retryable: false, attempts: 0 };
  return build(classes.AbortError, 'The call was aborted before it began.', fields, [], signal.reason);
}

/**
 * What was passed cannot be meant; nothing was sent.
 * @param {string} message
 */
function argumentError(message) {
  const fields = { code: 'ERR_INVALID_ARG_VALUE', outcome: 'not-sent', retryable: false, attempts: 0 };
  return build(classes.ConfigurationError, message, fields);
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
