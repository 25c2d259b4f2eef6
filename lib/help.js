// What is added to an error of native code: advice, and the place in the statement.
'use strict';

const { isOurs, noted } = require('./errors.js');
const { shown } = require('./observe.js');

const widest = 100; // characters of a line that are shown
const before = 60; // of them in front of the place

/**
 * @param {any} error
 * @param {string} frames of the caller
 */
function advise(error, frames) {
  if (error.code === 'POOL_EXHAUSTED' && / runTransaction \(.*\bretry\.js:/.test(frames)) {
    noted(
      error,
      'It was asked for inside of pool.transaction(work), which has a session already: to use that one, say tx.query().',
    );
  }
  if (error.code === '42601' && error.routine === 'exec_parse_message')
    noted(error, 'A call runs one statement: pool.batch([…]) takes several.');
}

/**
 * In a read mode the server always refuses writes, so a retry is useless.
 * @template E
 * @param {E} error
 * @param {boolean} isReading the mode, or the transaction
 * @returns {E}
 */
function finalIfReading(error, isReading) {
  if (isReading && isOurs(error) && error.code === '25006') error.retryable = false;
  return error;
}

/** @param {string | undefined} mode */
const isReadMode = (mode) => mode === 'read-only' || mode === 'prefer-standby';

/**
 * The line of the statement that the server refused, with a caret under the position, as in psql.
 * @param {any} error
 * @param {import('./stack.js').Call} [call]
 * @returns {string} empty if there is none, or it may not be shown
 */
function placeIn(error, { sql, watch, isFirst } = {}) {
  const position = Number(error.position);
  if (!(position > 0) || typeof sql !== 'string' || watch === undefined || isFirst) return '';
  if (shown(watch, sql, undefined).sql !== sql) return '';
  const start = [...sql].slice(0, position - 1).join('');
  const column = start.length - start.lastIndexOf('\n') - 1;
  const line = sql.slice(start.length - column).split(/\r?\n/, 1)[0];
  const from = Math.max(0, column - before);
  const label = `    line ${start.split('\n').length}: ${from > 0 ? '…' : ''}`;
  const indent = line.slice(from, column).replace(/[^\t]/g, ' ');
  return `\n${label}${line.slice(from, from + widest)}\n${' '.repeat(label.length)}${indent}^`;
}

module.exports = { advise, finalIfReading, isReadMode, placeIn };
