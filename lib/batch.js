// Several statements in one call: all or nothing in one round trip, or each for itself.
'use strict';

const { link, because } = require('./abort.js');
const { channels } = require('./channels.js');
const { isWatched, observe } = require('./observe.js');

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
 * @param {import('./observe.js').Watch} watch
 */
async function runBatch(native, query, statements, options, watch) {
  const list = read(statements);
  const { atomic = true, ...rest } = options ?? {};
  if (typeof atomic !== 'boolean') throw new TypeError('`options.atomic` must be a boolean.');
  if (!atomic) return Promise.allSettled(list.map(({ sql, params }) => query(sql, params, rest)));
  if (!isWatched(watch, channels.batch)) return sendBatch(native, list, rest);
  const texts = list.map(({ sql }) => sql).join(';\n');
  const params = list.map((statement) => statement.params);
  return observe(
    watch,
    channels.batch,
    { sql: texts, params },
    { batchSize: list.length, mode: rest.mode },
    () => sendBatch(native, list, { ...rest, isTold: true }),
    (results) => results.at(-1),
  );
}

/**
 * @param {any} native pool
 * @param {{ sql: string, params: readonly unknown[] }[]} list
 * @param {any} rest options
 */
async function sendBatch(native, list, rest) {
  const { signal } = rest;
  const linked = signal === undefined ? undefined : link(signal);
  try {
    return await native.batchAtomic(
      list.map(({ sql }) => sql),
      list.map(({ params }) => params),
      linked ? { ...rest, signal: linked.token } : rest,
    );
  } catch (error) {
    throw because(error, signal);
  } finally {
    linked?.unlink();
  }
}

module.exports = { runBatch };
