// A transaction that is stored exactly once: it carries a token, by which a COMMIT whose answer was lost is found.
'use strict';

const { randomUUID } = require('node:crypto');
const { argumentError, changedNothing, noted } = require('./errors.js');
const { commitIfOpen } = require('./transaction.js');

/**
 * @import { ErrorFacts, Mode, QueryOptions, TransactionOptions } from '../generated/index.js'
 * @import { Pool } from './pool.js'
 * @typedef {import('./transaction.js').Transaction} Transaction
 * @typedef {{ id: string, place: string, began: number }} Token `place` is the table, `began` a time of the server
 * @typedef {Pick<QueryOptions, 'timeoutMs' | 'signal'>} Limits what is left of the deadline, and the signal
 */

const create = `create table if not exists hyperiondb_transaction
  (token uuid primary key, at timestamptz not null default now(), refused boolean not null default false)`;

const look = `select to_regclass('hyperiondb_transaction') is not null as is_there`;

const put = `insert into hyperiondb_transaction (token) values ($1)
  returning tableoid::text as place, extract(epoch from at)::text as began`;

// Waits while the transaction is in progress. No row: it has committed. A row: it has not, and never will, because
// the token is taken now. To be asked again does not change the answer: what was refused stays so. The row is locked
// in either case, so that this commit waits for the synchronous standby as that of the transaction should have.
const ask = `insert into hyperiondb_transaction as t (token, refused) values ($1, true)
  on conflict (token) do update set refused = true where t.refused
  returning tableoid::text as place, (extract(epoch from now())::float8 - $2::float8 < 1800)::text as fresh`;

// Not those of transactions that may still be asked for: `ask` refuses to judge what began half an hour ago.
const prune = `delete from hyperiondb_transaction where token in
  (select token from hyperiondb_transaction where at < now() - interval '1 hour' for update skip locked)`;

// Whatever the pool makes of rows and values.
const serializers = { uuid: String, float8: Number };
/** @type {QueryOptions} */
const plain = { mode: 'read-write', rowMode: 'object', parsers: { text: String }, serializers };

/**
 * @param {TransactionOptions | undefined} options
 * @param {Mode | undefined} mode of the pool
 * @returns {boolean | undefined} undefined: nothing was said about it
 */
function checkOnce(options, mode) {
  const isOnce = options?.exactlyOnce;
  if (isOnce === undefined) return undefined;
  if (typeof isOnce !== 'boolean') throw argumentError('`options.exactlyOnce` must be a boolean.');
  if (isOnce && (options.readOnly || (options.mode ?? mode ?? 'read-write') !== 'read-write'))
    throw argumentError('`options.exactlyOnce` is for transactions that write, in mode read-write.');
  return isOnce;
}

/** @param {TransactionOptions | undefined} options of begin(), which cannot run anything again */
function refuseOnce(options) {
  if (options?.exactlyOnce !== undefined)
    throw argumentError('`options.exactlyOnce` is for pool.transaction().');
}

/** @param {Transaction} tx @returns {Promise<Token>} */
async function putToken(tx) {
  const id = randomUUID();
  const [{ place, began }] = await tx.query(put, [id], plain);
  return { id, place: String(place), began: Number(began) };
}

/** @param {unknown} error of putToken() */
const isMissing = (error) => /** @type {any} */ (error)?.code === '42P01';

/**
 * @param {Pool} pool
 * @param {Limits} limits
 * @param {unknown} why
 */
async function makeTable(pool, limits, why) {
  const options = { ...plain, ...limits, retry: true };
  try {
    await pool.query(create, [], options);
  } catch (/** @type {any} */ error) {
    // IF NOT EXISTS does not see what somebody else makes at the same moment: its name is taken all of a sudden, that
    // of the table, of the table's type, or of either in the catalogue.
    const isTaken = ['23505', '42710', '42P07'].includes(error.code);
    const isThere = isTaken && (await pool.query(look, [], options))[0].is_there;
    if (!isThere) throw Object.assign(error, { cause: why });
  }
}

/**
 * @param {Transaction} tx
 * @param {Token} token
 * @param {Pool} pool
 * @param {() => Limits} limits
 */
async function commitOnce(tx, token, pool, limits) {
  try {
    await commitIfOpen(tx);
  } catch (/** @type {any} */ error) {
    if (error?.outcome !== 'unknown') throw error;
    await assertCommitted(error, token, pool, limits());
  }
  pruneSometimes(pool);
}

/**
 * After a COMMIT without an answer: returns if it has committed, otherwise throws what is known.
 * @param {Error & ErrorFacts} error of the commit
 * @param {Token} token
 * @param {Pool} pool
 * @param {Limits} limits
 */
async function assertCommitted(error, token, pool, limits) {
  let rows;
  try {
    rows = await pool.query(ask, [token.id, token.began], { ...plain, ...limits, retry: true });
  } catch (failure) {
    throw noted(
      error,
      `The token of the transaction could not be looked up: ${/** @type {any} */ (failure)?.message}`,
    );
  }
  if (rows.length === 0) return;
  // Not found where it was not looked for in time, or not in the table that it was put into, proves nothing.
  if (rows[0].place !== token.place)
    throw noted(error, 'The table of the token is not the one that it was put into.');
  if (rows[0].fresh !== 'true')
    throw noted(error, 'The transaction is so old that its token may have been deleted.');
  throw changedNothing('The connection ended during COMMIT; the transaction was not stored.', error);
}

/** When each pool did so last. Another's may be of another cluster. @type {WeakMap<Pool, number>} */
const prunedAt = new WeakMap();

/** Deletes old tokens, now and then; not worth waiting for. @param {Pool} pool */
function pruneSometimes(pool) {
  const now = performance.now();
  if (Math.random() >= 0.01 || now - (prunedAt.get(pool) ?? -Infinity) < 60_000) return;
  prunedAt.set(pool, now);
  pool.query(prune, [], plain).catch(() => {});
}

module.exports = { checkOnce, refuseOnce, putToken, isMissing, makeTable, commitOnce };
