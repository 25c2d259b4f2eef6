'use strict';

// Is sent SIGTERM with statements in flight.

const { newPool, inFlight } = require('./pool.js');

const pool = newPool({ poolSize: 8 });
if (process.argv[2] === 'graceful') {
  process.once('SIGTERM', async () => {
    await pool.end({ drainTimeoutMs: 50 });
    console.log('ended');
    process.exitCode = 3;
  });
}
pool.query('select 1').then(() => {
  inFlight(pool);
  console.log('busy');
});
