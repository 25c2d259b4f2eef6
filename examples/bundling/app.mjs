// An application that is bundled into one file; see esbuild.mjs and webpack.config.cjs beside it.
import { createPool } from 'hyperiondb-client';

const pool = createPool(process.env.DATABASE_URL);
const [row] = await pool.query('select $1::int4 + 1 as answer', [41]);
console.log(row?.answer);
await pool.end();
