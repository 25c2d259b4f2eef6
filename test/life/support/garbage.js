'use strict';

// Pools, transactions and results that are no longer referenced. Run with --expose-gc.

const { newPool } = require('./pool.js');

const collect = async (what, isDone) => {
  for (let i = 0; i < 500; i += 1) {
    global.gc();
    await new Promise((resolve) => setTimeout(resolve, 10));
    if (await isDone()) return console.log(what);
  }
  throw new Error(`not yet: ${what}`);
};

async function main() {
  const watcher = newPool({ poolSize: 1, minIdle: 0, applicationName: 'watcher' });
  const count = async (where) =>
    Number((await watcher.query(`select count(*)::int as n from pg_stat_activity where ${where}`))[0].n);

  await (async () => {
    await Promise.all(Array.from({ length: 5 }, () => newPool({ minIdle: 0 }).query('select 1')));
  })();
  await collect('pools closed', async () => (await count("application_name = 'life'")) === 0);

  await (async () => {
    const scope = {};
    const own = {
      minIdle: 0,
      logger: () => scope.pool,
      redact: (statement) => (scope.pool ? statement : statement),
      parsers: { int4: (text) => scope.pool && Number(text) },
      serializers: { int4: (value) => scope.pool && String(value) },
      onConnect: () => scope.pool,
    };
    scope.pool = newPool(own);
    await scope.pool.query('select $1::int4 as x', [1]);
    await scope.pool.query('select 1 as x', [], { parsers: { int4: () => scope.pool } });
  })();
  await collect('pools closed that their own options know', async () => {
    return (await count("application_name = 'life'")) === 0;
  });

  const answer = (() => newPool({ minIdle: 0 }).query('select pg_sleep(0.5), 7 as x'))();
  for (let i = 0; i < 20; i += 1) {
    global.gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  if ((await answer)[0].x !== 7) throw new Error('wrong answer');
  console.log('a call keeps its pool');

  const warnings = [];
  process.on('warning', (warning) => warnings.push(warning));
  const pool = newPool({ minIdle: 0 });
  const holder = {
    // That its own method is on the stack must not keep it.
    async forget() {
      this.tx = await pool.begin();
      await this.tx.query('select pg_advisory_xact_lock(1)');
    },
  };
  await Object.create(holder).forget();
  await collect('transaction rolled back', async () => {
    const [{ free }] = await watcher.query('select pg_try_advisory_xact_lock(1) as free');
    return free;
  });
  await collect('warned once', () => warnings.length === 1);
  const [{ name, code, message, detail }] = warnings;
  console.log(
    name,
    code,
    /rolled back/.test(message),
    /begun here:\n +at .*forget .*garbage\.js/.test(detail),
  );

  await (async () => {
    await (await pool.begin()).commit();
    await (await pool.begin()).rollback();
    await pool.transaction((tx) => tx.query('select 1'));
    const lost = await pool.begin();
    const [{ pid }] = await lost.query('select pg_backend_pid() as pid');
    await watcher.query('select pg_terminate_backend($1)', [pid]);
    while (lost.isOpen()) await new Promise((resolve) => setTimeout(resolve, 10));
    const late = await pool.begin({ timeoutMs: 2000 });
    await late.query('select 1');
    while (late.isOpen()) await new Promise((resolve) => setTimeout(resolve, 10));
  })();
  let turns = 0;
  await collect('ended in other ways', () => (turns += 1) === 20);
  console.log(warnings.length);
  await pool.end();
  await watcher.end();
}

main();
