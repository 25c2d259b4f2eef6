'use strict';

// Run with `ulimit -n 64`: more sessions are asked for than there are descriptors.

const fs = require('node:fs');
const { newPool } = require('./pool.js');

const outcomes = (settled) => {
  const names = settled.map(({ status, reason }) => (status === 'fulfilled' ? 'answered' : reason.name));
  return [...new Set(names)].sort().join();
};

async function main() {
  const files = [];
  try {
    for (;;) files.push(fs.openSync('/dev/null'));
  } catch (error) {
    console.log(error.code);
  }
  // Without a user, libpq reads the name of the one who runs this from a file.
  try {
    newPool({ user: undefined });
  } catch (error) {
    console.log(error.name, error.code);
  }
  const close = (n) => files.splice(0, n).forEach((file) => fs.closeSync(file));
  // One more descriptor at a time: the last ones suffice for the client's own thread, and nothing else.
  const refusals = new Set();
  let poor;
  while (!poor) {
    try {
      poor = newPool({ minIdle: 0, poolSize: 40, acquireTimeoutMs: 500 });
    } catch (error) {
      refusals.add(`${error.name} ${error.code}`);
      close(1);
    }
  }
  console.log(...refusals);
  const hungry = await Promise.allSettled(
    Array.from({ length: 40 }, () => poor.query('select pg_sleep(20)')),
  );
  console.log(hungry.every(({ reason }) => reason && reason.outcome) ? 'typed' : 'untyped');
  close(files.length);
  for (let i = 0; ; i += 1) {
    const rows = await poor.query('select 1 as x', [], { timeoutMs: 5_000 }).catch((error) => error);
    if (rows[0]?.x === 1) break;
    if (i > 20) throw rows;
  }
  console.log('and then it works again');
  await poor.end({ drainTimeoutMs: 0 });

  const pool = newPool({ poolSize: 90, minIdle: 0, acquireTimeoutMs: 20_000 });
  // As many as fit do the work and the other requests wait for them: our own shortage is not a failure of the host.
  const many = await Promise.allSettled(Array.from({ length: 90 }, () => pool.query('select pg_sleep(0.2)')));
  console.log(outcomes(many), pool.topology().hosts[0].role);
  await pool.end();
}

main();
