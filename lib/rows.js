// Compiles the functions that build the rows of one list of columns; native code calls them with decoded cells. The only
// `new Function` of the package. A column may have any name, so a name enters the code only as a JSON string: it is an
// own property, even "__proto__", and never code.
'use strict';

const { resultError } = require('./errors.js');
const native = require('./native.js');
const { parserOf } = require('./parsers.js');

/**
 * @typedef {[name: string, typeOid: number, typeName: string, typeModifier: number, tableOid: number,
 *            columnNumber: number, isJson: boolean]} Column
 * @typedef {(cell: any) => unknown} Convert
 * @typedef {{ host: string | undefined, attempts: number, waitMs: number }} Facts
 */

/** Host, attempts and wait of results, for calls that asked for them. Stored on the addon, like the sets of parsers. */
const shared = /** @type {{ facts?: WeakMap<object, Facts> }} */ (native);
const facts = (shared.facts ??= new WeakMap());
const noFacts = Object.freeze({ host: undefined, attempts: 1, waitMs: 0 });

/** @param {any} result @returns {Facts} */
const factsOf = (result) => facts.get(result) ?? noFacts;

/** Shared by all results. It inherits nothing, because the application may change Object.prototype. */
const hidden = {
  __proto__: null,
  value: /** @type {unknown} */ (undefined),
  writable: true,
  configurable: true,
};

/**
 * Called by native code, once per list of columns.
 * @param {Column[]} columns
 * @param {boolean} asArrays the shape of a row
 * @param {number} parsersId
 * @param {number} batch how many rows native code hands over at once; 0: too many columns for arguments
 */
function rowFactory(columns, asArrays, parsersId, batch) {
  /** @type {number[]} */
  const parsed = [];
  const converts = columns.map((column, i) => {
    const parser = parserOf(parsersId, column[1], column[2]);
    if (parser) parsed.push(i);
    return parser
      ? guarded(weakly(parser), column, 'was refused by its parser')
      : column[6]
        ? guarded(JSON.parse, column, 'is not JSON')
        : null;
  });
  const seal = sealer(columns);
  const made =
    (batch > 0 && compile(columns, converts, asArrays, batch, seal)) || looped(columns, converts, asArrays);
  return [...made, seal, parsed, made[0] === undefined];
}

/**
 * @param {Column[]} columns
 * @returns attaches what a result has besides its rows, so that comparing it with an array still works
 */
function sealer(columns) {
  const fields = Object.freeze(
    columns.map(([name, typeOid, typeName, typeModifier, tableOid, columnNumber]) =>
      Object.freeze({ name, typeOid, typeName, typeModifier, tableOid, columnNumber }),
    ),
  );
  /**
   * @param {unknown[]} rows
   * @param {number | null} rowCount
   * @param {string} command
   * @param {string} [host] and what follows: only if the call asked for it
   * @param {number} [attempts]
   * @param {number} [waitMs]
   */
  return (rows, rowCount, command, host, attempts, waitMs) => {
    if (host !== undefined) facts.set(rows, /** @type {Facts} */ ({ host, attempts, waitMs }));
    hidden.value = rowCount;
    Object.defineProperty(rows, 'rowCount', hidden);
    hidden.value = command;
    Object.defineProperty(rows, 'command', hidden);
    hidden.value = fields;
    return Object.defineProperty(rows, 'fields', hidden);
  };
}

/**
 * @param {Convert} convert
 * @param {Column} column
 * @param {string} failure
 * @returns {Convert}
 */
function guarded(convert, [name, , typeName], failure) {
  return (text) => {
    if (text === null) return null;
    try {
      return convert(text);
    } catch (error) {
      throw resultError(`The value of column "${name}" (${typeName}) ${failure}.`, error);
    }
  };
}

/**
 * Weak, because native code holds the factory, and a parser may reference its pool. The pool or the call that it was
 * passed to keeps the parser alive.
 * @param {import('./parsers.js').Parser} parser
 * @returns {Convert}
 */
function weakly(parser) {
  const ref = new WeakRef(parser);
  return (text) => /** @type {import('./parsers.js').Parser} */ (ref.deref())(text);
}

/**
 * Cells as arguments, ten rows per call: the fastest way that was measured.
 * @param {Column[]} columns
 * @param {(Convert | null)[]} converts
 * @param {boolean} asArrays
 * @param {number} batch
 * @param {Function} seal
 */
function compile(columns, converts, asArrays, batch, seal) {
  const last = new Map(columns.map(([name], i) => [name, i])); // if two columns have the same name, the last one wins
  const cells = (/** @type {number} */ row) => columns.map((_, i) => `c${row}_${i}`);
  const row = (/** @type {number} */ n) => {
    const values = cells(n).map((cell, i) => (converts[i] ? `f[${i}](${cell})` : cell));
    if (asArrays) return `[${values.join(',')}]`;
    return `{${values
      .map((value, i) => (last.get(columns[i][0]) === i ? `${key(columns[i][0])}:${value}` : ''))
      .filter(Boolean)
      .join(',')}}`;
  };
  const all = Array.from({ length: batch }, (_, n) => n);
  const text = `'use strict';return[
    (rowCount,command,${cells(0)})=>seal([${row(0)}],rowCount,command),
    (rows,${cells(0)})=>{rows.push(${row(0)})},
    (rows,${all.flatMap(cells)})=>{rows.push(${all.map(row)})}]`;
  try {
    return new Function('seal', 'f', text)(seal, converts);
  } catch (error) {
    if (error instanceof EvalError) return null; // the process disallows code generation from strings
    throw error;
  }
}

/**
 * JSON allows two characters that older JavaScript takes for line ends. As a computed key, "__proto__" is a property
 * like any other. Computed keys for all names would double the time of a row and cost a second object, because V8 knows
 * the shape of a literal only up to its first computed key.
 * @param {string} name
 */
function key(name) {
  const text = JSON.stringify(name).replace(/[\u2028\u2029]/g, (c) =>
    c === '\u2028' ? '\\u2028' : '\\u2029',
  );
  return name === '__proto__' ? `[${text}]` : text;
}

/**
 * One row per call, its cells in an array.
 * @param {Column[]} columns
 * @param {(Convert | null)[]} converts
 * @param {boolean} asArrays
 */
function looped(columns, converts, asArrays) {
  /**
   * @param {unknown[]} rows
   * @param {unknown[]} cells
   */
  const one = (rows, cells) => {
    converts.forEach((convert, i) => convert && (cells[i] = convert(cells[i])));
    if (asArrays) return void rows.push(cells);
    const row = {};
    columns.forEach(([name], i) => {
      const own = { __proto__: null, value: cells[i], writable: true, enumerable: true, configurable: true };
      Object.defineProperty(row, name, own);
    });
    rows.push(row);
  };
  return [undefined, one, one];
}

module.exports = { rowFactory, factsOf };
