'use strict';

// Never ends its pool. In the end nothing is pending, so the process exits on its own.

const { newPool } = require('./pool.js');

async function main() {
  const pool = newPool({ minIdle: 2 });
  pool.on('primaryChanged', () => {});
  const [{ x }] = await pool.query('select pg_sleep(0.3), 42 as x'); // keeps the process alive until it is here
  console.log('answer', x);
}

main();
