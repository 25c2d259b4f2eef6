// The path of each call to native code, each step once: observe (logger, channels), choose (its options), trace (its
// waits), send. Observe comes first, so that refused options are reported as well; the public method that was called
// locates the error.
'use strict';

const { because, link, withSignal } = require('./abort.js');
const { channels } = require('./channels.js');
const { areKnown, chooseQuery, refuseInternal } = require('./choose.js');
const { isWatched, observe } = require('./observe.js');
const { copyOf } = require('./order.js');
const { isForSerializers, keyPlaces, serialize, withKeys } = require('./serializers.js');
const { areWaitsTraced, traceWaits } = require('./traces.js');

/**
 * @import * as Native from '../generated/native.js'
 * @import { BatchOptions, Parameter, QueryOptions, TransactionOptions } from '../generated/index.js'
 * @import { Choices } from './choose.js'
 * @import { Order } from './order.js'
 * @import { TransactionTrace } from './traces.js'
 */

/** @param {unknown} options native code refuses anything that is not an object */
const areOptions = (options) => typeof options === 'object' || options === undefined;

/**
 * @typedef {(params: readonly Parameter[] | undefined, options: Native.QueryOptions | undefined) => Promise<any>} Send
 */

/**
 * @param {Native.Pool | Native.Transaction} target
 * @param {string} sql
 * @param {readonly Parameter[] | undefined} params
 * @param {QueryOptions | undefined} options
 * @param {Choices} choices of the pool
 * @param {Order} [order] of the transaction, or of its savepoint
 */
function query(target, sql, params, options, choices, order) {
  refuseInternal(options, 'QueryOptions');
  const isSeen = isWatched(choices.watch, channels.query) || areWaitsTraced(choices);
  if (!areOptions(options) || (areKnown(options, choices) && !isSeen && !order?.isHeld))
    return target.query(sql, params, /** @type {Native.QueryOptions | undefined} */ (options));
  const statement = () => ({ sql, params, transaction: choices.transaction });
  /** @type {Send} */
  const send = (sent, known) => traceWaits('query', known, choices, (last) => target.query(sql, sent, last));
  return observe(choices, channels.query, statement, options, (told) =>
    areKnown(told, choices)
      ? inTurn(send, params, told, choices, order)
      : queryWith(target, sql, params, told ?? {}, choices, order, send),
  );
}

/**
 * @param {Send} send
 * @param {readonly Parameter[] | undefined} params
 * @param {Native.QueryOptions | undefined} options
 * @param {Choices} choices
 * @param {Order} [order]
 */
function inTurn(send, params, options, choices, order) {
  if (!order?.isHeld) return send(params, options);
  const [own, began] = [copyOf(params), performance.now()];
  return order.pass(() => send(own, untilDeadline(options, choices, began)));
}

/**
 * One deadline for the whole call: time that was spent before the statement is not available to it.
 * @template {{ timeoutMs?: number }} O
 * @param {O | undefined} options
 * @param {Choices} choices
 * @param {number} began
 * @returns {O | undefined}
 */
function untilDeadline(options, choices, began) {
  const timeoutMs = options?.timeoutMs ?? choices.timeoutMs ?? 0;
  if (!(timeoutMs > 0)) return options;
  const leftMs = Math.max(1, Math.round(timeoutMs - performance.now() + began));
  return /** @type {O} */ ({ ...options, timeoutMs: leftMs });
}

/**
 * Sends a statement with a signal, parsers or serializers, which native code does not know.
 * @param {Native.Pool | Native.Transaction} target
 * @param {string} sql
 * @param {readonly Parameter[] | undefined} params
 * @param {QueryOptions} options
 * @param {Choices} choices of the pool
 * @param {Order | undefined} order
 * @param {Send} send
 */
async function queryWith(target, sql, params, options, choices, order, send) {
  const { known, parsers, serializers } = chooseQuery(options, choices);
  const { token, unlink } = link(options.signal);
  try {
    known.signal = token;
    const places = /** @type {any} */ (options)[keyPlaces];
    const last = places === undefined ? send : sendKeys(send, places);
    if (!isForSerializers(params, serializers)) return await inTurn(last, params, known, choices, order);
    const [own, began] = [copyOf(params), performance.now()];
    const describe = () => traceWaits('describe', known, choices, (last) => target.describe(sql, last));
    const work = async (/** @type {() => void} */ release) => {
      try {
        const sent = await serialize(describe, own, serializers);
        return last(sent, untilDeadline(known, choices, began));
      } finally {
        release();
      }
    };
    return await (order ? order.hold(work) : work(() => {}));
  } catch (error) {
    throw because(error, options.signal);
  } finally {
    unlink();
    void parsers; // keeps them alive until the rows have been built
  }
}

/**
 * @param {Send} send
 * @param {readonly number[]} places of the keys of an idempotent insert
 * @returns {Send}
 */
function sendKeys(send, places) {
  return (params, options) => send(withKeys(params ?? [], places), options);
}

/**
 * @param {Native.Pool} pool
 * @param {string} sql
 * @param {QueryOptions | undefined} options
 * @param {Choices} choices of the pool
 */
function describe(pool, sql, options, choices) {
  refuseInternal(options, 'QueryOptions');
  if (!areOptions(options)) return pool.describe(sql, options);
  const { parsers: _, serializers: __, ...rest } = options ?? {};
  return withSignal(rest, (linked) =>
    traceWaits('describe', linked, choices, (last) => pool.describe(sql, last)),
  );
}

/**
 * @param {Native.Pool} pool
 * @param {{ sql: string, params: readonly Parameter[] }[]} statements
 * @param {BatchOptions} options
 * @param {Choices} choices of the pool
 */
function batch(pool, statements, options, choices) {
  refuseInternal(options, 'BatchOptions');
  const texts = statements.map(({ sql }) => sql);
  const params = statements.map((statement) => statement.params);
  const all = () => ({ sql: texts.join(';\n'), params, batchSize: texts.length });
  return observe(choices, channels.batch, all, options, (told) =>
    withSignal(told, async (linked) => {
      if (texts.length === 0) return pool.batchAtomic(texts, params, linked); // needs no connection
      const isForSome = params.some((each) => isForSerializers(each, choices.serializers));
      const began = performance.now();
      const sent = isForSome ? await serializeAll(pool, statements, linked, choices) : params;
      const known = isForSome ? untilDeadline(linked, choices, began) : linked;
      return traceWaits('batch', known, choices, (last) => pool.batchAtomic(texts, sent, last));
    }),
  );
}

/**
 * @param {Native.Pool} pool
 * @param {{ sql: string, params: readonly Parameter[] }[]} statements
 * @param {Native.BatchOptions} options
 * @param {Choices} choices
 */
async function serializeAll(pool, statements, options, choices) {
  const began = performance.now();
  const own = statements.map(({ sql, params }) => ({ sql, params: copyOf(params) }));
  const sent = [];
  for (const { sql, params } of own) {
    const describe = () =>
      traceWaits('describe', untilDeadline(options, choices, began), choices, (last) =>
        pool.describe(sql, last),
      );
    const isFor = isForSerializers(params, choices.serializers);
    sent.push(isFor ? await serialize(describe, params, choices.serializers) : params);
  }
  return sent;
}

/**
 * @param {Native.Pool} pool
 * @param {TransactionOptions | undefined} options
 * @param {Choices} choices of the pool
 * @param {boolean} isRun by transaction(), which reruns it if the connection is lost or fenced
 * @param {TransactionTrace} [trace]
 * @param {TransactionTrace['onEnd']} [onEnd] besides that of the trace
 * @returns {Promise<{ begun: Native.Transaction, unlink: () => void }>} `unlink` lets go of the caller's signal
 */
async function begin(pool, options, choices, isRun, trace, onEnd) {
  refuseInternal(options, 'TransactionOptions');
  const { token, unlink } = link(options?.signal);
  /** @type {TransactionTrace['onEnd']} */
  const both = (...facts) => {
    trace?.onEnd(...facts);
    onEnd?.(...facts);
  };
  try {
    const known = areOptions(options)
      ? { ...options, signal: token, onEnd: onEnd ? both : trace?.onEnd, defersBegin: isRun }
      : /** @type {any} */ (options);
    return { begun: await traceWaits('transaction', known, choices, (last) => pool.begin(last)), unlink };
  } catch (error) {
    unlink();
    throw error;
  }
}

module.exports = { query, describe, batch, begin };
