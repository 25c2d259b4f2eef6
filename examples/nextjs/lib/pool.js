/*
 * One pool for the process. When a file changes, `next dev` loads this module anew, and what is only in it would be made again,
 * with connections of its own: `globalThis` stays. It is made when it is used first, because `next build` loads the module,
 * too, and knows no database.
 */

import { createPool } from 'hyperiondb-client';

export function getPool() {
  globalThis.pool ??= createPool(process.env.DATABASE_URL, { applicationName: 'accounts' });
  return globalThis.pool;
}
