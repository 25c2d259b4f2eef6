// load.cjs: the addon of this platform loads, and does what it can do without a server.
// `node test/pack/load.cjs`, where the platform's package is in node_modules.
'use strict';

const assert = require('node:assert/strict');
const { Worker, isMainThread } = require('node:worker_threads');
const { createPool, ConfigurationError } = require('../../lib/index.js');

/** Nobody listens there. */
const NOWHERE = { hosts: ['127.0.0.1:1'], acquireTimeoutMs: 500, minIdle: 0 };

async function main() {
  assert.throws(() => createPool({ host: 'x' }), ConfigurationError);
  const pool = createPool(NOWHERE);
  const error = await pool.query('select 1').catch((reason) => reason);
  assert.equal(error.name, 'NoPrimaryError', String(error));
  assert.equal(error.outcome, 'not-sent');
  await pool.end();
  if (!isMainThread) return;
  const worker = new Worker(__filename);
  await new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
  console.log(
    `${process.platform} ${process.arch}, Node.js ${process.versions.node}: it loads, in a worker too, and ends.`,
  );
}

main();
