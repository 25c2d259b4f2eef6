import { createPool } from 'hyperiondb-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { transfer } from './accounts.js';
import { startAccounts } from './cluster.js';

let cluster, pool;
beforeAll(async () => {
  cluster = await startAccounts();
  pool = createPool(cluster.connectionOptions());
});
afterAll(async () => {
  await pool?.end();
  await cluster?.stop();
});

test('a transfer is done once, whatever happens to the primary', async () => {
  await transfer(pool, 'ann', 'bob', 10);
  await cluster.primary.kill();
  await transfer(pool, 'ann', 'bob', 10);
  expect(await pool.query('select owner, balance from accounts order by owner')).toEqual([
    { owner: 'ann', balance: 80 },
    { owner: 'bob', balance: 20 },
  ]);
});
