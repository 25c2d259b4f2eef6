import { createPool, Pool } from 'hyperiondb-client';

async function main(): Promise<void> {
  const pool: Pool = createPool(JSON.parse(process.env['OPTIONS'] ?? ''));
  const total: number = await pool.transaction(async (tx) => {
    const rows = await tx.query<{ total: number }>('select 2::int4 as total');
    return rows[0]?.total ?? 0;
  });
  await pool.end();
  console.log(JSON.stringify({ total }));
}

void main();
