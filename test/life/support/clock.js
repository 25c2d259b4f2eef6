'use strict';

// The wall clock jumps an hour ahead and two back, while statements run and wait, and while sessions are idle.

const fs = require('node:fs');
const { newPool } = require('./pool.js');

const jump = (hours) => {
  const before = Date.now();
  fs.writeFileSync(process.env.CLOCK_SHIM, String(hours * 3600));
  const moved = Math.round((Date.now() - before) / 3_600_000);
  console.log(`the clock jumped by ${moved} h`);
};
const pid = async (pool) => (await pool.query('select pg_backend_pid() as pid'))[0].pid;

async function main() {
  const pool = newPool({ poolSize: 1, minIdle: 1, monitorIntervalMs: 100, acquireTimeoutMs: 30_000 });
  const events = [];
  for (const name of ['hostDown', 'primaryChanged']) pool.on(name, () => events.push(name));
  const first = await pid(pool);
  events.length = 0;
  for (const hours of [1, -1, 0]) {
    const running = pool.query('select pg_sleep(0.5), 1 as x', [], { timeoutMs: 20_000 });
    const waiting = pool.query('select 2 as x', [], { timeoutMs: 20_000 });
    jump(hours);
    console.log((await running)[0].x, (await waiting)[0].x);
    const late = await pool.query('select pg_sleep(20)', [], { timeoutMs: 100 }).catch((error) => error.name);
    console.log(late, (await pid(pool)) === first);
  }
  console.log(events.join() || 'nothing happened');
  await pool.end();
}

main();
