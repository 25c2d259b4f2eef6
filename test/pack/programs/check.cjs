// What every program of this folder checks: the package works, and what it needs it has brought along.
'use strict';

const fs = require('node:fs');

/** @param {import('hyperiondb-client')} client */
module.exports = async function check({ createPool, ServerError }) {
  const pool = createPool(JSON.parse(process.env.OPTIONS ?? ''));
  const [row] = await pool.query(
    'select $1::int8 as n, $2::text[] as words, ssl from pg_stat_ssl where pid = pg_backend_pid()',
    [42n, ['a', 'b']],
  );
  const error = await pool.query('select 1/0').catch((reason) => reason);
  const total = await pool.transaction(async (tx) => (await tx.query('select 2::int4 as total'))[0]?.total);
  await pool.end();
  const maps = fs.readFileSync('/proc/self/maps', 'utf8');
  const foreign = [...new Set(maps.match(/\S*lib(?:pq|ssl|crypto|stdc\+\+)\.so\S*/g))].filter(
    (file) => !file.includes('libstdc++'), // Node's own, where it is linked to it
  );
  const result = {
    n: String(row?.n),
    words: row?.words,
    tls: row?.ssl,
    code: error instanceof ServerError && error.code,
    total,
    foreign,
  };
  console.log(JSON.stringify(result));
};
