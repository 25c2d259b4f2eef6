// Transactions that are stored exactly once: a token, stored with the transaction, tells what became of a COMMIT whose
// answer was lost.
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

// Waits while the transaction is in progress. No row: it has committed. A row: it has not, and never will, because the
// token is taken now. Asking again gives the same answer. The row is locked either way, so that this commit waits for
// the synchronous standby as the transaction's own should have.
const ask = `insert into hyperiondb_transaction as t (token, refused) values ($1, true)
  on conflict (token) do update set refused = true where t.refused
  returning tableoid::text as place, (extract(epoch from now())::float8 - $2::float8 < 1800)::text as fresh`;

// Keeps the tokens of transactions that may still be asked about: `ask` does not judge one that began half an hour ago.
const prune = `delete from hyperiondb_transaction where token in
  (select token from hyperiondb_transaction where at < now() - interval '1 hour' for update skip locked)`;

// Independent of how the pool shows rows and values.
const serializers = { uuid: String, float8: Number };
/** @type {QueryOptions} */
const plain = { mode: 'read-write', rowMode: 'object', parsers: { text: String }, serializers };

/**
 * @param {TransactionOptions | undefined} options
 * @param {Mode | undefined} mode of the pool
 * @returns {boolean | undefined} undefined: not set
 */
function checkOnce(options, mode) {
  const isOnce = options?.exactlyOnce;
  if (isOnce === undefined) return undefined;
  if (typeof isOnce !== 'boolean') throw argumentError('`options.exactlyOnce` must be a boolean.');
  if (isOnce && (options.readOnly || (options.mode ?? mode ?? 'read-write') !== 'read-write'))
    throw argumentError('`options.exactlyOnce` is for transactions that write, in mode read-write.');
  return isOnce;
}

/** @param {TransactionOptions | undefined} options of begin(), which cannot retry */
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
    // IF NOT EXISTS does not see a table that another session is creating. Then the name of the table, of its type, or
    // of either in the catalogue is suddenly taken.
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
 * Resolves a COMMIT without an answer: returns if it has committed, otherwise throws what is known.
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
  // A token that was looked for too late, or in another table, proves nothing by its absence.
  if (rows[0].place !== token.place)
    throw noted(error, 'The table of the token is not the one that it was put into.');
  if (rows[0].fresh !== 'true')
    throw noted(error, 'The transaction is so old that its token may have been deleted.');
  throw changedNothing('The connection ended during COMMIT; the transaction was not stored.', error);
}

/** When each pool last deleted old tokens; pools may belong to different clusters. @type {WeakMap<Pool, number>} */
const prunedAt = new WeakMap();

/** Deletes old tokens now and then; nobody waits for it. @param {Pool} pool */
function pruneSometimes(pool) {
  const now = performance.now();
  if (Math.random() >= 0.01 || now - (prunedAt.get(pool) ?? -Infinity) < 60_000) return;
  prunedAt.set(pool, now);
  pool.query(prune, [], plain).catch(() => {});
}

module.exports = { checkOnce, refuseOnce, putToken, isMissing, makeTable, commitOnce };
