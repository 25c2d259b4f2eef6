'use strict';

/** What is tested: moves money, exactly once. */
async function transfer(pool, from, to, amount) {
  await pool.transaction(
    async (tx) => {
      await tx.query('update accounts set balance = balance - $2 where owner = $1', [from, amount]);
      await tx.query('update accounts set balance = balance + $2 where owner = $1', [to, amount]);
    },
    { exactlyOnce: true },
  );
}

module.exports = { transfer };
