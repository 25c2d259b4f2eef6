'use strict';

// Terminates workers inside a call: when it reads its arguments for the nth time, or calls a function of the
// application. Native code is on the stack then.

const { once } = require('node:events');
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');
const { newPool } = require('./pool.js');

/** More reads than any call makes. */
const MOST_LOOKS = 60;

let left = workerData?.looks;

function look(value) {
  if (left-- === 0) {
    parentPort.postMessage('inside');
    for (;;);
  }
  return value;
}

/** Counts how often it is read. */
const watched = (target) =>
  new Proxy(target, {
    get: (of, key) => look(Reflect.get(of, key)),
    has: (of, key) => look(Reflect.has(of, key)),
    ownKeys: (of) => look(Reflect.ownKeys(of)),
    getOwnPropertyDescriptor: (of, key) => look(Reflect.getOwnPropertyDescriptor(of, key)),
  });

/** A real array, not a proxy, whose elements count each read. */
const looking = (elements) =>
  elements.reduce(
    (made, element, at) => Object.defineProperty(made, at, { enumerable: true, get: () => look(element) }),
    [],
  );

/** Calls that read their arguments; `pool` has a connection. */
const places = {
  'the options of a pool': () => newPool(watched({ poolSize: 1, ssl: watched({}) })).end(),
  'the options of a query': (pool) => pool.query('select 1', [], watched({ mode: 'read-only' })),
  'the parameters of a query': (pool) => pool.query('select $1::int', looking([1])),
  'a parameter that is an object': (pool) =>
    pool.query('select $1::jsonb', [watched({ a: watched([1, 'b']) })]),
  'a parameter that is an array': (pool) => pool.query('select $1::int[]', [watched([1, 2])]),
  'toJSON()': (pool) => pool.query('select $1::jsonb', [{ toJSON: () => look('x') }]),
  'a batch': (pool) => pool.batch(watched([watched({ text: 'select 1', params: watched([]) }), 'select 2'])),
  'rows to insert': (pool) => pool.insert('no_table', watched([watched({ a: 1 })])),
  'the options of a transaction': (pool) => pool.transaction(() => {}, watched({ readOnly: true })),
  hosts: (pool) => pool.setHosts(looking(['127.0.0.1:1'])),
  'the options of end()': (pool) => pool.end(watched({ drainTimeoutMs: 1 })),
  'a parser': (pool) => pool.query('select 1::int8', [], { parsers: { int8: look } }),
  'a listener': () => {
    const other = newPool({ poolSize: 1 });
    other.on('sessionOpened', look);
    return other.query('select 1');
  },
  'onConnect()': () =>
    newPool({ poolSize: 1, onConnect: (session) => look(session.query('select 1')) }).query('select 1'),
  'password()': () => newPool({ poolSize: 1, password: () => look('x') }).query('select 1'),
  'a logger': () => newPool({ poolSize: 1, logger: look }).query('select 1'),
};

async function work() {
  const pool = newPool({ poolSize: 1 });
  await pool.query('select 1');
  await Promise.resolve(pool)
    .then(places[workerData.place])
    .catch(() => {});
  parentPort.postMessage('over');
}

/** Whether the call read its arguments that often. */
async function terminateAt(place, looks) {
  const worker = new Worker(__filename, { workerData: { place, looks } });
  const [where] = await once(worker, 'message');
  await worker.terminate();
  return where === 'inside';
}

async function main() {
  const step = Number(process.argv[2]);
  const unseen = [];
  for (const place of Object.keys(places)) {
    let looks = 0;
    while (looks < MOST_LOOKS && (await terminateAt(place, looks))) looks += step;
    if (looks === 0) unseen.push(place);
  }
  console.log(unseen.length > 0 ? `never looked at: ${unseen.join(', ')}` : 'done');
}

if (isMainThread) main();
else work();
