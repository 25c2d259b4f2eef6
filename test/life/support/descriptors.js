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
  // Whoever names no user is the one who runs this, and his name is in a file.
  try {
    newPool({ user: undefined });
  } catch (error) {
    console.log(error.name, error.code);
  }
  const close = (n) => files.splice(0, n).forEach((file) => fs.closeSync(file));
  // One more descriptor at a time: what is there in the end is for the thread of the client, and for nothing else.
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
  // All that there are room for work, the others wait for them: a shortage of ours is no failure of the host.
  const many = await Promise.allSettled(Array.from({ length: 90 }, () => pool.query('select pg_sleep(0.2)')));
  console.log(outcomes(many), pool.topology().hosts[0].role);
  await pool.end();
}

main();
