/* Drizzle on a pool of this client, or on one of its transactions. */

import { drizzle } from 'drizzle-orm/pg-proxy';

const on = (target) =>
  drizzle(async (text, params, method) => ({
    rows: await target.query(text, params, { rowMode: method === 'execute' ? 'object' : 'array' }),
  }));

export const database = (pool) =>
  Object.assign(on(pool), {
    /** As `pool.transaction()`: runs `work` again after a failover, with the same options. */
    transaction: (work, options) => pool.transaction((tx) => work(on(tx)), options),
  });
