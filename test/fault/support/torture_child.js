'use strict';

// Plays one scene again and again; each time one more of libpq's allocations, or of its calls, is the one that fails.
// `node torture_child.js <0: allocations | 1: calls> <step>`

const fs = require('node:fs');
const { createPool } = require('../../..');

const [which, step] = process.argv.slice(2).map(Number);
const server = JSON.parse(process.env.TORTURE_SERVER);
const control = fs.openSync(process.env.TORTURE, 'r+');

const arm = (failAt) => {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32LE(failAt, which * 8);
  fs.writeSync(control, bytes, 0, 16, 0);
};
const counted = () => {
  const bytes = Buffer.alloc(16);
  fs.readSync(control, bytes, 0, 16, 0);
  return bytes.readUInt32LE(which * 8 + 4);
};

const limits = {
  poolSize: 2,
  minIdle: 0,
  connectTimeoutMs: 500,
  acquireTimeoutMs: 1_000,
  cancelTimeoutMs: 200,
  monitorIntervalMs: 50,
  timeoutMs: 2_000,
};

async function scene() {
  const pool = createPool(`postgres://127.0.0.1:${server.port}/app?application_name=torture`, {
    ...limits,
    user: 'app',
    password: server.password,
  });
  const all = [
    pool.query('select $1::int as i, $2::text as t', [1, 'x'.repeat(3_000)]),
    pool.query('select g, g::text from generate_series(1, 300) g'),
    pool.query('select 1/0'),
    pool.batch(['select 1', { sql: 'select $1::jsonb', params: [{ a: 1 }] }]),
    pool.transaction(async (tx) => {
      await tx.query('insert into t (x) values ($1)', [1]);
      await tx.savepoint(() => tx.query('select * from nowhere')).catch(() => {});
    }),
    pool.query('select pg_sleep(10)', [], { signal: AbortSignal.timeout(15) }),
  ];
  const ended = await Promise.allSettled(all);
  await pool.end({ drainTimeoutMs: 0 });
  return ended.filter(({ status }) => status === 'rejected').map(({ reason }) => reason);
}

async function main() {
  arm(0);
  await scene();
  let played = 0;
  for (let n = 1; ; n += step) {
    console.log(`at ${n}`);
    arm(n);
    let errors = [];
    try {
      errors = await scene();
    } catch (error) {
      errors = [error]; // createPool
    }
    const isOver = counted() < n;
    arm(0);
    for (const error of errors) {
      if (!error.outcome || error.name === 'InternalError') console.log(`WRONG at ${n}: ${error.stack}`);
    }
    played += 1;
    if (isOver) break;
  }
  const rows = await createPool({
    hosts: [`127.0.0.1:${server.port}`],
    user: 'app',
    database: 'app',
    password: server.password,
  }).query('select 1 as x');
  console.log(`played ${played}, and then it works again: ${rows[0].x}`);
}

main();
