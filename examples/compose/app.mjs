/* Writes a row a second, wherever the primary is. */

import { setTimeout as pause } from 'node:timers/promises';
import { createPool } from 'hyperiondb-client';

const pool = createPool(process.env.DATABASE_URL);
const leaving = new AbortController();
process.once('SIGTERM', () => leaving.abort());
pool.on('primaryChanged', ({ host }) => console.log(host ? `${host} is the primary` : 'there is no primary'));

while (!leaving.signal.aborted) {
  const [{ id }] = await pool.query('insert into visits default values returning id');
  console.log(`visit ${id} on ${pool.topology().primary}`);
  await pause(1000, undefined, { signal: leaving.signal }).catch(() => {});
}
await pool.end();
