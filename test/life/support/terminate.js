'use strict';

// Terminates a busy worker again and again; the process and the pools of its main thread go on.

const { once } = require('node:events');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { newPool } = require('./pool.js');

const times = Number(process.argv[2]);
const ofMainToo = process.argv[3] === 'with-main';

async function main() {
  const pool = ofMainToo ? newPool({ poolSize: 1 }) : undefined;
  for (let i = 0; i < times; i += 1) {
    const worker = new Worker(path.join(__dirname, 'busy_worker.js'));
    await once(worker, 'message');
    if (i % 3 > 0) await new Promise((resolve) => setTimeout(resolve, (i % 7) * 3));
    await worker.terminate();
    await pool?.query('select 1');
  }
  await pool?.end();
  console.log('done');
}

main();
