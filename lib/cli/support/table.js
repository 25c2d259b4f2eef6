// A table that fits the width of a terminal.
'use strict';

const { cut, widthOf, wrap } = require('./terminal');

/**
 * @template T
 * @typedef {object} Column
 * @property {string} title
 * @property {(row: T) => string} cell
 * @property {boolean} [isNumber] stands on the right
 * @property {boolean} [isSpare] left out where there is no room; the last one first
 */

/** @param {string} text @param {number} width @param {boolean} [isNumber] */
const pad = (text, width, isNumber) => {
  const blank = ' '.repeat(width - widthOf(text));
  return isNumber ? blank + text : text + blank;
};

/**
 * @template T
 * @param {Column<T>[]} columns
 * @param {T[]} rows
 * @returns {string[]} the line of titles, and one for each row
 */
function table(columns, rows) {
  const cells = columns.map(({ title, cell, isNumber }) => {
    const texts = [title, ...rows.map(cell)];
    const width = Math.max(...texts.map(widthOf));
    return texts.map((text) => pad(text, width, isNumber));
  });
  return [undefined, ...rows].map((_, at) =>
    cells
      .map((column) => column[at])
      .join('  ')
      .trimEnd(),
  );
}

/**
 * A table of hosts that is at most so wide; the last column says why a host is not usable: where it does not fit, it
 * stands below its host.
 * @template T
 * @param {Column<T>[]} columns
 * @param {(row: T) => string} why
 * @param {T[]} rows
 * @param {number} width
 * @returns {string[]}
 */
function hostTable(columns, why, rows, width) {
  const fits = (/** @type {string[]} */ lines) => lines.every((line) => widthOf(line) <= width);
  const all = table([...columns, { title: 'WHY', cell: why }], rows);
  if (fits(all)) return all;
  let shown = columns;
  let lines = table(shown, rows);
  while (!fits(lines)) {
    const spare = shown.findLast(({ isSpare }) => isSpare);
    if (!spare) break;
    shown = shown.filter((column) => column !== spare);
    lines = table(shown, rows);
  }
  const surplus = Math.max(...lines.map(widthOf)) - width;
  if (surplus > 0) {
    const [name, ...others] = shown;
    const most = Math.max(...rows.map((row) => widthOf(name.cell(row)))) - surplus;
    lines = table([{ ...name, cell: (row) => cut(name.cell(row), most) }, ...others], rows);
  }
  const [titles, ...below] = lines;
  const reasons = rows.map((row) => (why(row) ? wrap(`    ${why(row)}`, width, 4) : []));
  return [titles, ...below.flatMap((line, at) => [line, ...reasons[at]])];
}

/** @param {number | null | undefined} bytes */
function sizeOf(bytes) {
  if (bytes === undefined || bytes === null) return '-';
  for (const unit of ['B', 'kB', 'MB', 'GB']) {
    if (bytes < 1024) return `${bytes < 10 && unit !== 'B' ? bytes.toFixed(1) : Math.round(bytes)} ${unit}`;
    bytes /= 1024;
  }
  return `${Math.round(bytes)} TB`;
}

/** @param {number | null | undefined} ms */
const millisecondsOf = (ms) =>
  ms === undefined || ms === null ? '-' : `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;

module.exports = { hostTable, sizeOf, millisecondsOf };
