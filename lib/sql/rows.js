// Rows as they stand in a statement: `("a", "b") values ($1, $2), ($3, default)`.
'use strict';

const { argumentError } = require('../errors.js');
const { quoteIdentifier } = require('./names.js');

/**
 * What writes it.
 * @typedef {object} Writer
 * @property {(text: string) => unknown} text
 * @property {(value: any, row: number, column: number) => void} cell
 */

/**
 * @param {unknown[]} rows
 * @param {string} [name] of the one that was given, which is not in a list
 * @returns {string[]} all keys that they have
 */
function columnsOf(rows, name) {
  if (rows.length === 0) throw argumentError('`rows` must not be empty.');
  /** @type {Set<string>} */
  const keys = new Set();
  Array.from(rows, (row, i) => {
    if (!isRow(row))
      throw argumentError(`\`${name ?? `rows[${i}]`}\` must be an object with a key for each column.`);
    for (const key of Object.keys(row)) keys.add(key);
  });
  if (keys.size === 0) throw argumentError(`\`${name ?? 'rows'}\` must have a column.`);
  return [...keys];
}

/** @param {unknown} row @returns {row is object} */
function isRow(row) {
  return (
    typeof row === 'object' &&
    row !== null &&
    !Array.isArray(row) &&
    !ArrayBuffer.isView(row) &&
    !(row instanceof Date || row instanceof Map || row instanceof Set)
  );
}

/**
 * Its own only: a column may be named "constructor".
 * @param {any} row
 * @param {string} key
 */
function valueOf(row, key) {
  return Object.hasOwn(row, key) ? row[key] : undefined;
}

/**
 * What a row does not have, or has as undefined, gets its default.
 * @param {Writer} writer
 * @param {readonly string[]} columns
 * @param {readonly unknown[]} rows
 */
function writeRows(writer, columns, rows) {
  writer.text(`(${columns.map((column) => quoteIdentifier(column, 'column')).join(', ')}) `);
  const cell = (/** @type {any} */ value, /** @type {number} */ row, /** @type {number} */ column) =>
    value === undefined ? writer.text('default') : writer.cell(value, row, column);
  const lists = rows.map((row) => columns.map((column) => valueOf(row, column)));
  writeLists({ text: writer.text, cell }, lists);
}

/**
 * @param {Writer} writer
 * @param {readonly unknown[]} lists
 */
function writeLists(writer, lists) {
  const { length } = /** @type {any} */ (lists[0] ?? '');
  Array.from(lists, (list, i) => {
    if (!Array.isArray(list) || list.length === 0 || list.length !== length)
      throw argumentError(
        `\`rows[${i}]\` must be an array of values, as long as the others; or all are objects.`,
      );
    writer.text(i === 0 ? 'values (' : ', (');
    for (let j = 0; j < length; j++) {
      if (j > 0) writer.text(', ');
      writer.cell(list[j], i, j);
    }
    writer.text(')');
  });
}

module.exports = { columnsOf, isRow, valueOf, writeLists, writeRows };
