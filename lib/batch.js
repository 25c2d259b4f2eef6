// Several statements in one call: all or nothing in one round trip, or each for itself.
'use strict';

const { link, because } = require('./abort.js');

/** @typedef {string | { sql: string, params?: readonly unknown[] }} Statement */

/**
 * @param {unknown} statements
 * @returns {{ sql: string, params: readonly unknown[] }[]}
 */
function read(statements) {
  if (!Array.isArray(statements)) throw new TypeError('`statements` must be an array.');
  return statements.map((statement, i) => {
    if (typeof statement === 'string') return { sql: statement, params: [] };
    const { sql, params = [], ...rest } = statement ?? {};
    if (typeof sql !== 'string') throw new TypeError(`\`statements[${i}].sql\` must be a string.`);
    if (!Array.isArray(params)) throw new TypeError(`\`statements[${i}].params\` must be an array.`);
    for (const key of Object.keys(rest)) {
      throw new TypeError(
        `\`statements[${i}].${key}\` is not part of a statement; possible are \`sql\` and \`params\`.`,
      );
    }
    return { sql, params };
  });
}

/**
 * @param {any} native pool
 * @param {(sql: string, params: readonly unknown[], options: any) => Promise<any>} query of the pool
 * @param {unknown} statements
 * @param {any} options
 */
async function runBatch(native, query, statements, options) {
  const list = read(statements);
  const { atomic = true, ...rest } = options ?? {};
  if (typeof atomic !== 'boolean') throw new TypeError('`options.atomic` must be a boolean.');
  if (!atomic) return Promise.allSettled(list.map(({ sql, params }) => query(sql, params, rest)));
  const linked = rest.signal === undefined ? undefined : link(rest.signal);
  try {
    if (linked) rest.signal = linked.token;
    return await native.batchAtomic(
      list.map(({ sql }) => sql),
      list.map(({ params }) => params),
      rest,
    );
  } catch (error) {
    throw because(error, options?.signal);
  } finally {
    linked?.unlink();
  }
}

module.exports = { runBatch };
