'use strict';

/** @param {string[]} titles @param {string[][]} rows @returns {string[]} lines */
function table(titles, rows) {
  const widths = titles.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
  return [titles, ...rows].map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]))
      .join('  ')
      .trimEnd(),
  );
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

module.exports = { table, sizeOf, millisecondsOf };
