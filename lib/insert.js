// insert(): rows, given as objects, become one INSERT.
'use strict';

const { InsertOptions } = require('../generated/defaults.js');
const { argumentError } = require('./errors.js');
const { keyPlaces } = require('./serializers.js');
const { quoteIdentifier, quoteTable } = require('./sql.js');

/**
 * @import { InsertQueryOptions, Parameter } from '../generated/index.js'
 * @import { Pool } from './pool.js'
 */

const maxParameters = 65535; // the protocol counts them in 16 bits

/**
 * @param {Pick<Pool, 'query'>} target pool or transaction
 * @param {unknown} table
 * @param {unknown} given a row, or a list of them
 * @param {InsertQueryOptions | undefined} options
 */
async function insertInto(target, table, given, options) {
  if (options !== undefined && options !== null && typeof options !== 'object')
    throw argumentError('`options` must be an object.');
  const { idempotency = InsertOptions.idempotency, conflictTarget, ...rest } = options ?? {};
  const into = quoteTable(table);
  const isList = Array.isArray(given);
  const { columns, lists, params, places } = valuesOf(isList ? given : [given], isList);
  const names = columns.map((column) => quoteIdentifier(column, 'column'));
  const conflict = onConflict(idempotency, conflictTarget, isList ? given : [given]);
  const sql = `insert into ${into} (${names.join(', ')}) values ${lists.join(', ')}${conflict} returning *`;
  const keys = [conflictTarget ?? []].flat().flatMap((column) => places.get(column) ?? []);
  const repeated = idempotency ? { ...rest, retry: rest.retry ?? true, [keyPlaces]: keys } : rest;
  const rows = await target.query(sql, params, repeated);
  return isList ? rows : rows[0];
}

/**
 * @param {unknown[]} rows
 * @param {boolean} isList
 */
function valuesOf(rows, isList) {
  if (rows.length === 0) throw argumentError('`rows` must not be empty.');
  /** @type {Set<string>} */
  const keys = new Set();
  Array.from(rows, (row, i) => {
    if (!isRow(row))
      throw argumentError(
        `\`${isList ? `rows[${i}]` : 'row'}\` must be an object with a key for each column.`,
      );
    for (const key of Object.keys(row)) keys.add(key);
  });
  if (keys.size === 0) throw argumentError(`\`${isList ? 'rows' : 'row'}\` must have a column.`);
  const columns = [...keys];
  /** @type {Parameter[]} */
  const params = [];
  /** Where in `params` the values of each column are. @type {Map<string, number[]>} */
  const places = new Map(columns.map((column) => [column, []]));
  const lists = rows.map((row) => {
    const cells = columns.map((key) => {
      const value = valueOf(row, key);
      if (value === undefined) return 'default';
      places.get(key)?.push(params.length);
      return `$${params.push(value)}`;
    });
    return `(${cells.join(', ')})`;
  });
  if (params.length > maxParameters) {
    const message = `A statement has at most ${maxParameters} parameters; \`rows\` has ${params.length} values.`;
    throw argumentError(message);
  }
  return { columns, lists, params, places };
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
 * An update that changes nothing, because DO NOTHING would return no row.
 * @param {unknown} idempotency
 * @param {unknown} target
 * @param {unknown[]} rows
 */
function onConflict(idempotency, target, rows) {
  if (typeof idempotency !== 'boolean') throw argumentError('`options.idempotency` must be a boolean.');
  if (!idempotency) {
    if (target === undefined || target === null) return '';
    throw argumentError('`options.conflictTarget` has a meaning only with `idempotency: true`.');
  }
  const columns = typeof target === 'string' ? [target] : target;
  if (!Array.isArray(columns) || columns.length === 0) {
    throw argumentError(
      '`options.idempotency` needs `options.conflictTarget`: the column of the primary key or of a unique constraint, ' +
        "such as 'id', or a list of them.",
    );
  }
  const names = Array.from(columns, (column) => quoteIdentifier(column, 'options.conflictTarget'));
  for (const column of columns) {
    // A default would be another value each time, and NULL is never the same: both would be stored twice.
    if (!rows.every((row) => (valueOf(row, column) ?? null) !== null))
      throw argumentError(
        `Every row needs a value for \`${column}\`, which is in \`options.conflictTarget\`.`,
      );
  }
  return ` on conflict (${names.join(', ')}) do update set ${names[0]} = excluded.${names[0]}`;
}

module.exports = { insertInto };
