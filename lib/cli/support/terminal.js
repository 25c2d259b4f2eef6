// How things look on a terminal: colours where they are wanted, marks of roles, sparklines, lines that fit.
'use strict';

const { stripVTControlCharacters } = require('node:util');

const BARS = ' ▁▂▃▄▅▆▇█';

/** @type {Record<string, number>} */
const COLOURS = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 };

/** @typedef {(style: string, text: string) => string} Paint */

/** Colours, unless the stream is no terminal or NO_COLOR is set. @param {any} stream @returns {Paint} */
function painter(stream) {
  if (!stream.isTTY || !stream.hasColors()) return (_, text) => text;
  return (style, text) => `\x1b[${COLOURS[style]}m${text}\x1b[0m`;
}

/** @type {Record<string, [mark: string, style: string]>} */
const ROLES = {
  primary: ['●', 'green'],
  standby: ['○', 'cyan'],
  fenced: ['◌', 'yellow'],
  quarantined: ['◌', 'yellow'],
  refused: ['✖', 'red'],
  silent: ['✖', 'red'],
  down: ['✖', 'red'],
  unknown: ['?', 'dim'],
};

/** @param {string} role @param {Paint} paint */
function roleOn(role, paint) {
  const [mark, style] = ROLES[role];
  return paint(style, `${mark} ${role}`);
}

/** @param {number[]} values */
function sparkline(values) {
  const most = Math.max(1, ...values);
  return values.map((value) => BARS[value === 0 ? 0 : 1 + Math.round((value / most) * 7)]).join('');
}

/** Columns that a text takes. @param {string} text */
const widthOf = (text) => stripVTControlCharacters(text).length;

/** @param {string} text @param {number} width */
const cut = (text, width) => (text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`);

/**
 * Breaks a text between its words; the lines after the first are indented.
 * @param {string} text
 * @param {number} width
 * @param {number} indent
 * @returns {string[]}
 */
function wrap(text, width, indent) {
  /** @type {string[]} */
  const lines = [];
  for (const word of text.trim().split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= width)
      lines.push(`${lines.pop()} ${word}`);
    else {
      const before = ' '.repeat(last === undefined ? text.length - text.trimStart().length : indent);
      lines.push(before + cut(word, width - before.length));
    }
  }
  return lines;
}

module.exports = { cut, painter, roleOn, sparkline, widthOf, wrap };
