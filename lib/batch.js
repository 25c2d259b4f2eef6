// Several statements in one call: all or nothing in one round trip, or each for itself.
'use strict';

const { BatchOptions } = require('../generated/defaults.js');
const { link, because } = require('./abort.js');
const { channels } = require('./channels.js');
const { isWatched, observe } = require('./observe.js');
const { areWaitsTraced, traceWaits } = require('./traces.js');

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

/** What stands for a batch where it is told of. @param {any} statements @returns {any} */
const firstText = (statements) => statements?.[0]?.sql ?? statements?.[0];

/**
 * @param {import('../generated/native').Pool} native
 * @param {(sql: string, params: readonly unknown[], options: any) => Promise<any>} query of the pool
 * @param {unknown} statements
 * @param {any} options
 * @param {import('./statement.js').Choices} choices of the pool
 */
async function runBatch(native, query, statements, options, choices) {
  const { watch } = choices;
  const list = read(statements);
  const { atomic = BatchOptions.atomic, ...rest } = options ?? {};
  if (typeof atomic !== 'boolean') throw new TypeError('`options.atomic` must be a boolean.');
  if (!atomic) return Promise.allSettled(list.map(({ sql, params }) => query(sql, params, rest)));
  if (!isWatched(watch, channels.batch)) return sendBatch(native, list, rest, choices);
  const texts = list.map(({ sql }) => sql).join(';\n');
  const params = list.map((statement) => statement.params);
  return observe(
    watch,
    channels.batch,
    { sql: texts, params },
    { batchSize: list.length, mode: rest.mode ?? choices.mode },
    () => sendBatch(native, list, { ...rest, isTold: true }, choices),
    (results) => results.at(-1),
  );
}

/**
 * @param {import('../generated/native').Pool} native
 * @param {{ sql: string, params: readonly unknown[] }[]} list
 * @param {any} rest options
 * @param {import('./statement.js').Choices} choices of the pool
 */
async function sendBatch(native, list, rest, choices) {
  const { signal } = rest;
  const linked = signal === undefined ? undefined : link(signal);
  try {
    const texts = list.map(({ sql }) => sql);
    const params = list.map((statement) => statement.params);
    const known = linked ? { ...rest, signal: linked.token } : rest;
    const send = (/** @type {any} */ told) => native.batchAtomic(texts, params, told);
    const needsSession = list.length > 0 && areWaitsTraced(known, choices);
    return await (needsSession ? traceWaits('batch', known, choices, send) : send(known));
  } catch (error) {
    throw because(error, signal);
  } finally {
    linked?.unlink();
  }
}

module.exports = { firstText, runBatch };
