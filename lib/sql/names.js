// Names that become part of a statement: the only place where they are quoted.
'use strict';

const { argumentError } = require('../errors.js');

/**
 * @param {unknown} name
 * @param {string} [what] it is, for the message
 * @returns {string} exactly this name, as SQL text
 */
function quoteIdentifier(name, what = 'name') {
  if (typeof name !== 'string') throw argumentError(`\`${what}\` must be a string.`);
  if (/^\w+$/.test(name)) return `"${name}"`; // most are
  if (name === '') throw argumentError(`\`${what}\` must not be empty.`);
  if (name.includes('\0')) throw argumentError(`\`${what}\` must not contain a NUL character.`);
  // What is no valid UTF-16 would be sent as another character: as another name.
  if (/\p{Surrogate}/u.test(name)) throw argumentError(`\`${what}\` has half a surrogate pair in it.`);
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * @param {unknown} table 'table', 'schema.table', or a list of its parts
 * @returns {string}
 */
function quoteTable(table) {
  const parts = typeof table === 'string' ? table.split('.') : table;
  if (!Array.isArray(parts) || parts.length < 1 || parts.length > 2) {
    throw argumentError("`table` must be 'table', 'schema.table' or ['schema', 'table'].");
  }
  return Array.from(parts, (part) => quoteIdentifier(part, 'table')).join('.');
}

module.exports = { quoteIdentifier, quoteTable };
