// sql`…`: composed statements. The literal parts of a template are text, everything else is a value, except pieces that were
// made here. Not here: how a statement is sent.
'use strict';

const { inspect } = require('node:util');
const { argumentError } = require('../errors.js');
const { quoteIdentifier } = require('./names.js');
const { columnsOf, isRow, writeLists, writeRows } = require('./rows.js');
const { numbered, refusePlaceholders, separated, templateOf } = require('./template.js');

/**
 * @import { Hole } from './template.js'
 * @typedef {{ readonly texts: readonly string[], readonly values: readonly any[] }} Parts the values are between the texts
 * @typedef {() => string} Naming gives the name of a value, for a message
 */

const maxParameters = 65535; // the protocol counts them in 16 bits
/** Marks the pieces of every copy of this file that an application has loaded. Data cannot have a symbol. */
const parts = Symbol.for('parts of a piece of hyperiondb-client');

/** A piece of SQL, or all of it, with its values. */
class Sql {
  #texts;
  #values;
  #text;

  /**
   * @param {readonly string[]} texts
   * @param {readonly any[]} values
   * @param {string} [text] with placeholders
   */
  constructor(texts, values, text) {
    if (values.length > maxParameters)
      throw argumentError(
        `A statement has at most ${maxParameters} parameters; this one has ${values.length}.`,
      );
    this.#texts = texts;
    this.#values = values;
    this.#text = text;
  }

  get text() {
    return (this.#text ??= numbered(this.#texts));
  }

  get values() {
    return this.#values;
  }

  /** @returns {Parts} */
  get [parts]() {
    return { texts: this.#texts, values: this.#values };
  }

  /** As it may be logged: without its values. */
  [inspect.custom]() {
    return `Sql { text: ${inspect(this.text)}, values: ${this.#values.length} }`;
  }
}

/** @param {any} value @returns {Parts | undefined} */
const partsOf = (value) => (typeof value === 'object' && value !== null ? value[parts] : undefined);

/** @type {Parts} */
const nothing = { texts: [''], values: [] };

/** Composes a statement from left to right. */
class Composer {
  #texts = [''];
  /** @type {any[]} */
  #values = [];

  /** @param {string} text */
  text(text) {
    this.#texts[this.#values.length] += text;
    return this;
  }

  /** @param {any} value */
  value(value) {
    this.#values.push(value);
    this.#texts.push('');
    return this;
  }

  /** @param {Parts} piece */
  piece({ texts, values }) {
    this.text(texts[0]);
    for (let i = 0; i < values.length; i++) this.value(values[i]).text(texts[i + 1]);
    return this;
  }

  /** How many values it has so far. */
  get count() {
    return this.#values.length;
  }

  /** @param {any} given a value, or a piece @param {Naming} name */
  add(given, name) {
    const piece = pieceOf(given, name);
    return piece ? this.piece(piece) : this.value(given);
  }

  done() {
    return new Sql(separated(this.#texts), this.#values);
  }
}

/**
 * @param {TemplateStringsArray} strings
 * @param {...any} values
 * @returns {Sql}
 */
function sql(strings, ...values) {
  const { holes, texts, text } = templateOf(strings, values.length);
  /** @type {(Parts | undefined)[] | undefined} */
  let pieces;
  for (let i = 0; i < values.length; i++) {
    const piece = pieceAt(holes[i], values[i], i);
    if (piece) (pieces ??= [])[i] = piece;
  }
  if (pieces === undefined) return new Sql(texts, values, text);
  const whole = new Composer().text(strings[0]);
  for (let i = 0; i < values.length; i++) {
    const piece = pieces[i];
    (piece ? whole.piece(piece) : whole.value(values[i])).text(strings[i + 1]);
  }
  return whole.done();
}

/**
 * @param {Hole} hole
 * @param {any} given
 * @param {number} i
 * @returns {Parts | undefined} undefined: it is a value
 */
function pieceAt(hole, given, i) {
  const name = () => `Value ${i + 1} of the template`;
  if (given === false && hole.ofFalse === 'nothing') return nothing;
  const piece = pieceOf(given, name);
  if (piece) return piece;
  if (hole.isQuoted)
    throw refused(
      name,
      'is inside of quotes or of a comment, where it is no parameter: put texts together with ||',
    );
  if (given === false && hole.ofFalse === 'unclear')
    throw refused(
      name,
      'is false, which could be left out here: write ${when ? sql`…` : sql``}, or ${value}::bool',
    );
  if (hole.isList && Array.isArray(given))
    throw refused(name, 'is an array behind IN: write `= any(${list})`, or `in (${sql.join(list)})`');
  return undefined;
}

/**
 * @param {any} given
 * @param {Naming} name
 * @returns {Parts | undefined} undefined: it is a value
 */
function pieceOf(given, name) {
  if (given === undefined)
    throw refused(
      name,
      'is undefined: NULL is null, and ${value !== undefined && sql`…`} a part that may be missing',
    );
  if (typeof given === 'function') throw refused(name, 'is a function: call it');
  if (typeof given === 'symbol') throw refused(name, 'is a symbol, which PostgreSQL does not have');
  if (typeof given !== 'object' || given === null) return undefined;
  const piece = partsOf(given);
  if (piece) return piece;
  if (Array.isArray(given)) {
    if (given.some(partsOf))
      throw refused(name, 'is an array of pieces: put them together with sql.join(list)');
  } else if (isForeign(given)) {
    throw refused(name, 'is SQL of another library: only sql`…` of this one can be a part of it');
  } else if (typeof given.then === 'function') {
    throw refused(name, 'is a Promise: await it first');
  }
  return undefined;
}

/** @param {Naming} name @param {string} reason */
const refused = (name, reason) => argumentError(`${name()} ${reason}.`);

/** Data, not an instance of a class. @param {object} given */
function isPlain(given) {
  const prototype = Object.getPrototypeOf(given);
  return prototype === null || prototype === Object.prototype;
}

/** Whether it looks like SQL of drizzle, Knex, Kysely, slonik or sql-template-tag. @param {any} given */
function isForeign(given) {
  if (typeof given.type === 'string' && given.type.startsWith('SLONIK_TOKEN_')) return true;
  if (isPlain(given)) return false;
  const isSql = ['getSQL', 'toSQL', 'toOperationNode'].some((method) => typeof given[method] === 'function');
  return isSql || (Array.isArray(given.strings) && Array.isArray(given.values));
}

/** @param {string} text @returns {Sql} */
const textOnly = (text) => new Sql([text], [], text);

/**
 * @param {...any} names the parts of a name, or a list of them
 * @returns {Sql}
 */
function id(...names) {
  let text = '';
  for (const name of Array.isArray(names[0]) && names.length === 1 ? names[0] : names)
    text += `${text && '.'}${quoteIdentifier(name)}`;
  if (text === '') throw argumentError('`name` must not be empty.');
  return textOnly(text);
}

/**
 * @param {unknown} list of values and pieces
 * @param {unknown} [separator] a piece
 * @returns {Sql}
 */
function join(list, separator = comma) {
  const between = partsOf(separator);
  if (!between) throw argumentError('`separator` must be a piece of SQL, such as sql` and `.');
  if (!Array.isArray(list)) throw argumentError('`list` must be an array.');
  if (list.length === 0)
    throw argumentError('`list` must not be empty; `= any(${list})` takes an empty list.');
  const whole = new Composer();
  Array.from(list, (item, i) => {
    const name = () => `\`list[${i}]\``;
    if (item === false) throw refused(name, 'is false: take what is left out away with .filter(Boolean)');
    if (i > 0) whole.piece(between);
    whole.add(item, name);
  });
  return whole.done();
}

/**
 * @param {unknown} rows arrays of values, or objects with a key for each column
 * @returns {Sql}
 */
function values(rows) {
  if (!Array.isArray(rows)) throw argumentError('`rows` must be an array.');
  const whole = new Composer();
  const text = (/** @type {string} */ given) => whole.text(given);
  if (rows.length > 0 && !isRow(rows[0])) {
    writeLists({ text, cell: (given, i, j) => void whole.add(given, () => `\`rows[${i}][${j}]\``) }, rows);
  } else {
    const columns = columnsOf(rows);
    const name = (/** @type {number} */ i, /** @type {number} */ j) => () => `\`rows[${i}].${columns[j]}\``;
    writeRows({ text, cell: (given, i, j) => void whole.add(given, name(i, j)) }, columns, rows);
  }
  return whole.done();
}

/**
 * @param {unknown} text that is trusted
 * @returns {Sql}
 */
function raw(text) {
  if (typeof text !== 'string') throw argumentError('`text` must be a string.');
  refusePlaceholders(text);
  return textOnly(text);
}

const comma = textOnly(', ');

module.exports = { Composer, isPlain, partsOf, sql: Object.assign(sql, { id, join, values, raw }) };
