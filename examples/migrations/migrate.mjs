/*
 * Migrations: each file of steps/ once, in the order of their names, each in a transaction with the note that it is done.
 * As many processes as you like may start it at the same time, and a failover in the middle leaves nothing half done.
 *
 *   DATABASE_URL=postgres://app@10.0.0.1,10.0.0.2/shop node examples/migrations/migrate.mjs
 */

import { readdir } from 'node:fs/promises';
import { createPool } from 'hyperiondb-client';

const LOCK = 815; // any number that nothing else of the database locks
const folder = new URL('steps/', import.meta.url);

const pool = createPool(process.env.DATABASE_URL, { applicationName: 'migrations', poolSize: 1, minIdle: 0 });

/** @returns {Promise<boolean>} whether it was there to be done */
async function apply(name, statements) {
  const work = async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1)', [LOCK]); // one process at a time; the others find it done
    const [done] = await tx.query('select 1 from migrations where name = $1', [name]);
    if (done) return false;
    for (const statement of statements) await tx.query(statement);
    await tx.insert('migrations', { name });
    return true;
  };
  return pool.transaction(work, { exactlyOnce: true });
}

try {
  await pool.transaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1)', [LOCK]); // IF NOT EXISTS alone does not stand a race
    await tx.query(
      'create table if not exists migrations (name text primary key, at timestamptz default now())',
    );
  });
  for (const name of (await readdir(folder)).sort()) {
    const { statements } = await import(new URL(name, folder).href);
    if (await apply(name, statements)) console.log(`applied ${name}`);
  }
  console.log('up to date');
} finally {
  await pool.end();
}
