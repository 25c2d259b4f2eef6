// The first arguments of a call that takes SQL: a text and its values, or one object that has both.
'use strict';

const { argumentError } = require('../errors.js');
const { isPlain, partsOf } = require('./sql.js');
const { isTemplate } = require('./template.js');

/** Keys of `pg`, and what to use here instead. @type {Record<string, string>} */
const ways = {
  name: 'statements are prepared by themselves',
  rowMode: "it is an option: query(statement, { rowMode: 'array' })",
  types: 'the option `parsers` is for that',
  sql: 'it is called `text` here',
  params: 'they are called `values` here',
};

/**
 * @param {unknown} given
 * @param {string} [name]
 * @returns {{ text: string, values: readonly any[] } | undefined} undefined: it is a text, or something that native code refuses
 */
function statementOf(given, name = 'statement') {
  if (typeof given !== 'object' || given === null) return undefined;
  if (partsOf(given)) return /** @type {any} */ (given);
  if (isTemplate(given)) throw argumentError('This is no tag: write query(sql`…`).');
  if (!isPlain(given) || !Object.hasOwn(given, 'text')) return undefined;
  const { text, values = [], ...more } = /** @type {any} */ ({ __proto__: null, ...given });
  if (typeof text !== 'string') throw argumentError(`\`${name}.text\` must be a string.`);
  if (!Array.isArray(values)) throw argumentError(`\`${name}.values\` must be an array.`);
  for (const key of Object.keys(more)) {
    const way = Object.hasOwn(ways, key) ? ways[key] : 'possible are `text` and `values`';
    throw argumentError(`\`${name}.${key}\` is not part of a statement: ${way}.`);
  }
  return { text, values };
}

/**
 * `(sql, params, options)`, or `(statement, options)`.
 * @template O
 * @param {unknown} given
 * @param {any} second
 * @param {any} third
 * @returns {{ sql: string, params: readonly any[] | undefined, options: O | undefined }}
 */
function readCall(given, second, third) {
  const statement = statementOf(given);
  if (!statement) return { sql: /** @type {any} */ (given), params: second, options: third };
  const { text: sql, values: params } = statement;
  if (!Array.isArray(second) && third === undefined) return { sql, params, options: second };
  // A wrapper that forwards (sql, params, options) may pass no params.
  if ((second ?? []).length === 0) return { sql, params, options: third };
  throw argumentError(
    'The values are in the statement already; behind it are its options: query(statement, options).',
  );
}

module.exports = { readCall, statementOf };
