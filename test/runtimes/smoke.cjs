// smoke.cjs: run by each runtime: the same addon loads, by require and by import, asks a server, fails as it should,
// and lets the process end by itself. Prints one line of JSON. Arguments: the options of createPool, as JSON.
const { Worker, isMainThread, workerData, parentPort } = require('node:worker_threads');
const client = require('../../lib/index.js');

async function ask(options) {
  const pool = client.createPool(options);
  const [row] = await pool.query(
    "select $1::int as number, $2::text as text, array[1, 2] as list, null as nothing, '\\x00ff'::bytea as bytes",
    [42, 'grüße'],
  );
  const failure = await pool.query('select 1 / $1::int', [0]).then(
    () => undefined,
    (error) => ({ code: error.code, isError: error instanceof Error }),
  );
  const total = await pool.transaction(async (tx) => {
    await tx.query('select set_config($1, $2, true)', ['smoke.seen', '7']);
    const [{ seen }] = await tx.query("select current_setting('smoke.seen')::int as seen");
    return seen + 1;
  });
  const many = await Promise.all(
    Array.from({ length: 50 }, (_, i) => pool.query('select $1::int as i', [i])),
  );
  await pool.end();
  return {
    row: { ...row, bytes: [...row.bytes] },
    failure,
    total,
    many: many.every(([{ i }], at) => i === at),
  };
}

async function main() {
  const options = JSON.parse(process.argv[2]);
  const result = await ask(options);
  const imported = await import('../../generated/index.mjs');
  const worker = new Worker(__filename, { workerData: options });
  result.inWorker = await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  await worker.terminate();
  result.sameModule = imported.createPool === client.createPool;
  result.afterWorker = (await ask(options)).total;
  console.log(JSON.stringify(result));
}

if (isMainThread) main();
else ask(workerData).then(({ total }) => parentPort.postMessage(total));
