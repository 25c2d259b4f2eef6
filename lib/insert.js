// insert(): turns rows, given as objects, into one INSERT.
'use strict';

const { InsertOptions } = require('../generated/defaults.js');
const { argumentError } = require('./errors.js');
const { keyPlaces } = require('./serializers.js');
const { quoteIdentifier, quoteTable } = require('./sql/names.js');
const { columnsOf, valueOf, writeRows } = require('./sql/rows.js');
const { Composer } = require('./sql/sql.js');

/**
 * @import { InsertQueryOptions, Parameter } from '../generated/index.js'
 * @import { Pool } from './pool.js'
 */

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
  const isList = Array.isArray(given);
  const rows = isList ? given : [given];
  const whole = new Composer().text(`insert into ${quoteTable(table)} `);
  const columns = columnsOf(rows, isList ? undefined : 'row');
  /** Positions of the values of each column. @type {number[][]} */
  const places = columns.map(() => []);
  const cell = (/** @type {Parameter} */ value, /** @type {number} */ _, /** @type {number} */ column) => {
    places[column].push(whole.count);
    whole.value(value);
  };
  writeRows({ text: (text) => whole.text(text), cell }, columns, rows);
  const conflict = onConflict(idempotency, conflictTarget, rows);
  const { text, values } = whole.text(`${conflict} returning *`).done();
  const keys = [conflictTarget ?? []].flat().flatMap((column) => places[columns.indexOf(column)] ?? []);
  const repeated = idempotency ? { ...rest, retry: rest.retry ?? true, [keyPlaces]: keys } : rest;
  const stored = await target.query(text, values, repeated);
  return isList ? stored : stored[0];
}

/**
 * Updates a column to its own value, because DO NOTHING would return no row.
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
    // A default may be a new value each time, and NULL equals nothing: either would be stored twice.
    if (!rows.every((row) => (valueOf(row, column) ?? null) !== null))
      throw argumentError(
        `Every row needs a value for \`${column}\`, which is in \`options.conflictTarget\`.`,
      );
  }
  return ` on conflict (${names.join(', ')}) do update set ${names[0]} = excluded.${names[0]}`;
}

module.exports = { insertInto };
