'use strict';

// The package several times in one process, as test runners load it: each instance has classes of its own.

const path = require('node:path');
const vm = require('node:vm');
const { Worker, isMainThread } = require('node:worker_threads');

const options = JSON.parse(process.env.LIFE_OPTIONS);
const lib = path.join(__dirname, '../../../lib');
const load = ({ addonToo = true } = {}) => {
  for (const file of Object.keys(require.cache)) {
    if (file.startsWith(lib) || (addonToo && file.endsWith('.node'))) delete require.cache[file];
  }
  return require('../../../lib');
};

async function use(instance) {
  const pool = instance.createPool({ ...options, minIdle: 0 });
  const rows = await pool.query('select 1 as x');
  if (rows[0].x !== 1) throw new Error('wrong rows');
  const error = await pool.query('select 1 from nowhere').then(
    () => undefined,
    (e) => e,
  );
  if (!(error instanceof instance.ServerError)) throw new Error('an error of another instance');
  await pool.end();
}

async function main() {
  const first = load();
  const second = load();
  if (first === second || first.ServerError === second.ServerError) throw new Error('one instance only');
  await Promise.all([use(first), use(second), use(first)]);
  await use(load({ addonToo: false })); // as jest does it
  const inContext = vm.runInNewContext('(f) => f()', { console });
  await inContext(() => use(load()));
  if (isMainThread) {
    await new Promise((resolve, reject) => {
      new Worker(__filename).on('error', reject).on('exit', resolve);
    });
    await use(first);
  }
  console.log('done');
}

main();
