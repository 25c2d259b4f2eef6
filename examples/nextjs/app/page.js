/*
 * Next.js: a page that reads from a standby, and an action that writes to the primary.
 *
 *   npm install && DATABASE_URL=postgres://app@10.0.0.1,10.0.0.2/shop npm run dev
 */

import { revalidatePath } from 'next/cache';
import { sql } from 'hyperiondb-client';
import { getPool } from '../lib/pool.js';

export const dynamic = 'force-dynamic';

async function pay(form) {
  'use server';
  const [owner, amount] = [form.get('owner'), Number(form.get('amount'))];
  await getPool().query(sql`update accounts set balance = balance + ${amount} where owner = ${owner}`);
  revalidatePath('/');
}

export default async function Accounts() {
  const accounts = await getPool().query('select owner, balance from accounts order by owner limit 50', [], {
    mode: 'prefer-standby',
  });
  return (
    <main>
      <ul>
        {accounts.map(({ owner, balance }) => (
          <li key={owner}>{`${owner}: ${balance}`}</li>
        ))}
      </ul>
      <form action={pay}>
        <input name="owner" />
        <input name="amount" type="number" />
        <button>pay</button>
      </form>
    </main>
  );
}
