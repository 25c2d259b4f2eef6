// The arguments of batch(): several statements in one call.
'use strict';

const defaults = require('../generated/defaults.js').BatchOptions;
const { argumentError } = require('./errors.js');
const { statementOf } = require('./sql/statement.js');

/**
 * @import { BatchOptions, Parameter } from '../generated/index.js'
 * @typedef {{ sql: string, params: readonly Parameter[] }} Statement
 */

/**
 * @param {unknown} statements
 * @param {BatchOptions | undefined} options
 * @returns {{ list: Statement[], atomic: boolean, rest: BatchOptions }} `rest`: options of each, or of all
 */
function readBatch(statements, options) {
  if (!Array.isArray(statements)) throw argumentError('`statements` must be an array.');
  const list = statements.map((statement, i) => {
    if (typeof statement === 'string') return { sql: statement, params: [] };
    const one = statementOf(statement, `statements[${i}]`);
    if (one) return { sql: one.text, params: one.values };
    const { sql, params = [], ...more } = statement ?? {};
    if (typeof sql !== 'string') throw argumentError(`\`statements[${i}].sql\` must be a string.`);
    if (!Array.isArray(params)) throw argumentError(`\`statements[${i}].params\` must be an array.`);
    for (const key of Object.keys(more)) {
      throw argumentError(
        `\`statements[${i}].${key}\` is not part of a statement; possible are \`sql\` and \`params\`.`,
      );
    }
    return { sql, params };
  });
  const { atomic = defaults.atomic, ...rest } = options ?? {};
  if (typeof atomic !== 'boolean') throw argumentError('`options.atomic` must be a boolean.');
  return { list, atomic, rest };
}

module.exports = { readBatch };
