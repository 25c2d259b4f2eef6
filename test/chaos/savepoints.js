'use strict';

/*
 * Savepoints of one transaction at once, some of which are undone, and statements beside them: what each write was told has
 * to be what the database has. A write that was fulfilled and a transaction that resolved are stored, whatever else failed.
 */

const { FATE, Regret, fateOf } = require('./fate');

const INSERT = 'insert into ledger values ($1, $2)';

/**
 * @param {any} pool
 * @param {import('../support/dice').Dice} dice
 * @param {{ ids: number[], kind: string, limits: () => any, failed: (error: any) => void }} writes
 * @returns {Promise<string[]>} the fate of each
 */
async function savepointsAtOnce(pool, dice, { ids, kind, limits, failed }) {
  /** Of the last run: those that were undone on purpose. @type {Set<number>} */
  let undone = new Set();
  /** @param {any} tx @param {number} id @param {Set<number>} given up in this run */
  const one = async (tx, id, given) => {
    const options =
      dice.below(20) === 0 ? limits() : dice.pick([undefined, { signal: new AbortController().signal }]);
    if (dice.below(3) === 0) return tx.query(INSERT, [id, kind], options);
    const [regrets, raises, nests] = [dice.below(3), dice.below(8), dice.below(3)].map((n) => n === 0);
    const work = async (/** @type {any} */ inner) => {
      await (dice.below(2) === 0 ? inner : tx).query(INSERT, [id, kind], options);
      if (raises) await inner.query("select chaos_raise('22012')");
      if (regrets) throw new Regret();
    };
    try {
      await tx.savepoint(nests ? (/** @type {any} */ outer) => outer.savepoint(work) : work);
    } catch (error) {
      if (!(error instanceof Regret) && error.code !== '22012') throw error;
      given.add(id);
    }
  };
  const work = async (/** @type {any} */ tx) => {
    const given = (undone = new Set());
    const all = await Promise.allSettled(ids.map((id) => one(tx, id, given)));
    const wrong = all.find(({ status }) => status === 'rejected');
    if (wrong?.status === 'rejected') throw wrong.reason;
  };
  let fate = FATE.acknowledged;
  try {
    await pool.transaction(work);
  } catch (error) {
    failed(error);
    fate = fateOf(error);
  }
  return ids.map((id) => (undone.has(id) ? FATE.nothing : fate));
}

module.exports = { savepointsAtOnce };
