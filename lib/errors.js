// The error classes, built from the generated table, and the only place where errors are created.
'use strict';

const table = require('../generated/errors.js');

/**
 * @import { ErrorFacts } from '../generated/index.js'
 * @typedef {{ -readonly [Name in keyof ErrorFacts]?: ErrorFacts[Name] }} Fields
 */

/** The parent of all errors that are not TypeErrors. */
class HyperionError extends Error {}
define(HyperionError.prototype, 'name', 'HyperionError');
/** Marks a class as ours, whichever copy of this file made it: an application may have loaded several. */
const brand = Symbol.for('class of hyperiondb-client');
define(HyperionError.prototype, brand, 'HyperionError');

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
  define(made.prototype, 'name', name);
  define(made.prototype, brand, name);
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
 * The statement ran, but its answer could not be shown as asked.
 * @param {string} message
 * @param {unknown} cause
 */
function resultError(message, cause) {
  return make('ResultError', message, 'committed', cause);
}

/** @param {string} message */
function closedError(message) {
  return make('TransactionClosedError', message, 'not-sent');
}

/** @param {AbortSignal} signal */
function abortError(signal) {
  return make('AbortError', 'The call was aborted before it began.', 'not-sent', signal.reason);
}

/**
 * An invalid argument; nothing was sent.
 * @param {string} message
 */
function argumentError(message) {
  return make('ConfigurationError', message, 'not-sent');
}

/**
 * @param {string} name
 * @param {string} struct whose option it is not
 */
function unknownOption(name, struct) {
  const error = argumentError(`\`options.${name}\` is not an option of ${struct}.`);
  return Object.assign(error, { code: 'ERR_UNKNOWN_OPTION' });
}

/**
 * A transaction that was in doubt turned out not to be stored.
 * @param {string} message
 * @param {any} cause
 */
function changedNothing(message, cause) {
  const { code, host, attempts } = cause.cause ?? cause;
  /** @type {Fields} */
  const fields = { code, outcome: 'rolled-back', retryable: true, host, attempts };
  return build(classes.ConnectionLostError, message, fields, [], cause);
}

/**
 * Whether this package made it. An application may throw anything: a Symbol, an object without a prototype, a Proxy that
 * throws on every access.
 * @param {unknown} thrown
 * @returns {thrown is Error & Fields}
 */
function isOurs(thrown) {
  try {
    return typeof thrown === 'object' && thrown !== null && brand in thrown;
  } catch {
    return false;
  }
}

/** Classes whose cause was thrown by the application. */
const ofCallers = new Set(['ParameterError', 'ResultError']);

/**
 * Native code calls the copy of lib/ that was loaded last, for the pools of all copies. This gives an error our classes.
 * @template E
 * @param {E} error
 * @returns {E}
 */
function adopt(error) {
  for (let at = /** @type {any} */ (error); isOurs(at); at = at.cause) {
    const own = classes[/** @type {any} */ (at)[brand]];
    if (own && !(at instanceof own)) Object.setPrototypeOf(at, own.prototype);
    if (ofCallers.has(at.name)) break;
  }
  return error;
}

/** @param {unknown} value anything at all */
function textOf(value) {
  try {
    return String(value);
  } catch {
    return '(something that has no text)';
  }
}

/** @param {any} thrown anything at all */
function messageOf(thrown) {
  try {
    return textOf(thrown?.message ?? thrown);
  } catch {
    return textOf(thrown);
  }
}

/**
 * Defines a property that is not enumerable, whatever somebody has put on Object.prototype.
 * @template {object} T
 * @param {T} object
 * @param {string | symbol} key
 * @param {unknown} value
 */
function define(object, key, value) {
  const descriptor = { __proto__: null, value, writable: true, configurable: true };
  return Object.defineProperty(object, key, descriptor);
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
  return define(error, 'stack', value);
}

module.exports = {
  adopt,
  classes,
  makeError,
  parameterError,
  resultError,
  abortError,
  argumentError,
  closedError,
  changedNothing,
  define,
  isOurs,
  messageOf,
  noted,
  textOf,
  unknownOption,
};
