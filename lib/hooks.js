// Functions that native code calls. Each catches what the application throws: before Node-API 10, an exception that
// leaves a call from another thread is lost.
'use strict';

const { types } = require('node:util');
const native = require('./native.js');
const { makeError, parameterError } = require('./errors.js');
const { rowFactory } = require('./rows.js');
const { partsOf } = require('./sql/sql.js');

/**
 * @param {Function} listener
 * @param {...unknown} args
 */
function deliver(listener, ...args) {
  try {
    listener(...args);
  } catch (error) {
    raise(error);
  }
}

/**
 * Reports an exception as an uncaught one.
 * @param {unknown} error
 */
function raise(error) {
  queueMicrotask(() => {
    throw error;
  });
}

/**
 * JSON text of a parameter, null if it has none. An exception of a getter or of toJSON() is rethrown unchanged.
 * @param {any} value
 * @param {number} position
 */
function stringify(value, position) {
  let text;
  try {
    text = JSON.stringify(value) ?? null;
  } catch (error) {
    // V8 and JavaScriptCore word it differently; neither comes from the application's own code.
    const message = error instanceof TypeError ? error.message : '';
    if (/circular|cyclic/i.test(message))
      throw parameterError(position, 'is an object that contains itself', error);
    if (/serializ\w* (a )?BigInt/i.test(message)) {
      throw parameterError(position, 'is an object with a bigint inside, which JSON does not have', error);
    }
    throw error;
  }
  // The JSON text of a Map, say, is {}: its contents would be lost.
  const refusal = text === '{}' && typeof value.toJSON !== 'function' ? hiddenIn(value) : undefined;
  if (refusal !== undefined) throw parameterError(position, refusal, undefined);
  return text;
}

/** @param {unknown} value @returns {string | undefined} what it is and what to send instead */
function hiddenIn(value) {
  if (partsOf(value)) return 'is a piece of SQL, not a value: put it into a sql`…` of its own';
  if (types.isMap(value))
    return 'is a Map, which JSON does not have: send Object.fromEntries(map) or [...map]';
  if (types.isSet(value)) return 'is a Set, which neither JSON nor PostgreSQL has: send [...set]';
  if (types.isSharedArrayBuffer(value)) return 'is a SharedArrayBuffer: send new Uint8Array(buffer)';
  if (types.isRegExp(value)) return 'is a RegExp, which JSON does not have: send its source';
  if (types.isNativeError(value)) return 'is an Error, of which JSON has nothing: send its message';
  if (types.isGeneratorObject(value) || types.isMapIterator(value) || types.isSetIterator(value))
    return 'is an iterator, which JSON does not have: send [...iterator]';
  return types.isWeakMap(value) || types.isWeakSet(value) ? 'is weak, and cannot be read' : undefined;
}

/** Continues with what did not fit into a turn, after the event loop has run. */
function drainLater() {
  setImmediate(native.drain);
}

// Several instances of this file may share it.
if (!native.endsWithProcess) {
  native.endsWithProcess = true;
  process.once('exit', () => native.shutDown());
}

native.setHooks({ makeError, rowFactory, stringify, deliver, drainLater });

module.exports = { native, raise };
