/*
 * Kysely builds the SQL, the pool finds the primary.
 *
 *   DATABASE_URL=postgres://app@10.0.0.1,10.0.0.2/shop node examples/kysely/accounts.js
 */

import { createPool } from 'hyperiondb-client';
import { Kysely, sql } from 'kysely';
import { dialectOf } from './dialect.js';

const db = new Kysely({ dialect: dialectOf(createPool(process.env.DATABASE_URL)) });

await db.schema
  .createTable('kysely_accounts')
  .addColumn('owner', 'text', (column) => column.primaryKey())
  .addColumn('balance', 'int4', (column) => column.notNull())
  .execute();

const { numInsertedOrUpdatedRows } = await db
  .insertInto('kysely_accounts')
  .values([
    { owner: 'ann', balance: 100 },
    { owner: 'bob', balance: 0 },
  ])
  .executeTakeFirst();

const move = (trx, owner, by) =>
  trx
    .updateTable('kysely_accounts')
    .set({ balance: sql`balance + ${by}` })
    .where('owner', '=', owner)
    .execute();

await db
  .transaction()
  .setIsolationLevel('serializable')
  .execute(async (trx) => {
    await move(trx, 'ann', -30);
    await move(trx, 'bob', 30);
  });
await db
  .transaction()
  .execute(async (trx) => {
    await move(trx, 'ann', -1000);
    throw new Error('not enough');
  })
  .catch(({ message }) => console.log(message));

const rows = await db.selectFrom('kysely_accounts').selectAll().orderBy('owner').execute();
console.log(numInsertedOrUpdatedRows, rows.map(({ owner, balance }) => `${owner} ${balance}`).join(', '));
await db.destroy();
