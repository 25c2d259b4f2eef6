/*
 * Drizzle builds the SQL, the pool finds the primary.
 *
 *   DATABASE_URL=postgres://app@10.0.0.1,10.0.0.2/shop node examples/drizzle/accounts.js
 */

import { asc, eq, sql } from 'drizzle-orm';
import { bigint, integer, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import { createPool } from 'hyperiondb-client';
import { database } from './database.js';

const accounts = pgTable('drizzle_accounts', {
  owner: text().primaryKey(),
  balance: integer().notNull(),
  limit: bigint({ mode: 'bigint' })
    .notNull()
    .default(2n ** 60n),
  tags: jsonb()
    .notNull()
    .default(sql`'[]'`),
  at: timestamp({ withTimezone: true }).notNull().defaultNow(),
});

const pool = createPool(process.env.DATABASE_URL);
const db = database(pool);

await pool.query(`create table drizzle_accounts (
  owner text primary key, balance int4 not null, "limit" int8 not null default 2 ^ 60, tags jsonb not null default '[]',
  at timestamptz not null default now())`);

const [ann] = await db
  .insert(accounts)
  .values([
    { owner: 'ann', balance: 100, tags: ['first'] },
    { owner: 'bob', balance: 0 },
  ])
  .returning();
console.log(ann.limit === 2n ** 60n, ann.tags, ann.at instanceof Date);

const move = (trx, owner, by) =>
  trx
    .update(accounts)
    .set({ balance: sql`${accounts.balance} + ${by}` })
    .where(eq(accounts.owner, owner));

await db.transaction(
  async (trx) => {
    await move(trx, 'ann', -30);
    await move(trx, 'bob', 30);
  },
  { isolation: 'serializable' },
);
await db
  .transaction(async (trx) => {
    await move(trx, 'ann', -1000);
    throw new Error('not enough');
  })
  .catch(({ message }) => console.log(message));

const rows = await db.select().from(accounts).orderBy(asc(accounts.owner));
console.log(rows.map(({ owner, balance }) => `${owner} ${balance}`).join(', '));
await pool.end();
