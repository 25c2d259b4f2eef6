import { createPool, ServerError, type PoolOptions, type Result } from 'hyperiondb-client';

const options: PoolOptions = JSON.parse(process.env['OPTIONS'] ?? '');
const pool = createPool(options);
const rows: Result<{ n: bigint; words: string[] }> = await pool.query(
  'select $1::int8 as n, $2::text[] as words',
  [42n, ['a', 'b']],
);
const first = rows[0];
if (!first) throw new Error('no row');
const { n, words } = first;
const code = await pool
  .query('select 1/0')
  .catch((error: unknown) => error instanceof ServerError && error.code);
await pool.end();
console.log(JSON.stringify({ n: n.toString(), words, code, rowCount: rows.rowCount }));
