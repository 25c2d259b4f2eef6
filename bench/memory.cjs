'use strict';

/* A process that measures its own memory; see memory.mjs. */

const fs = require('node:fs');
const { createPool } = require('..');

const { what, target, rows, queries } = JSON.parse(process.argv[2]);

const kb = (key) =>
  Number(new RegExp(`^${key}:\\s*(\\d+)`, 'm').exec(fs.readFileSync('/proc/self/status', 'latin1'))[1]);
const rss = () => kb('VmRSS') * 1024;
/** Largest RSS since `forgetPeak()`. */
const peak = () => kb('VmHWM') * 1024;
const forgetPeak = () => fs.writeFileSync('/proc/self/clear_refs', '5');
const values = () => {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};
const collect = () => {
  for (let i = 0; i < 3; i += 1) globalThis.gc();
};

const open = (more) =>
  createPool({
    hosts: [`${target.host}:${target.port}`],
    user: target.user,
    password: target.password,
    database: target.database,
    ...more,
  });

const POINT = 'select id, name from item where id = $1';

const measurements = {
  /** Of the second time: the first has told what the statement gives, and compiled what builds its rows. */
  async result() {
    const pool = open({ poolSize: 1, maxResultBytes: 2 ** 40 });
    const sql = `select id, big, small, ratio, price, active, name, note, created, key
                 from item, generate_series(1, $1) order by id limit $2`;
    await pool.query(sql, [1, 1000]);
    collect();
    const before = { rss: rss(), values: values() };
    forgetPeak();
    const found = await pool.query(sql, [Math.ceil(rows / 100_000), rows]);
    const highest = peak();
    if (found.length !== rows) throw new Error(`${found.length} rows came, not ${rows}`);
    collect();
    const kept = values() - before.values;
    await pool.end();
    return { peak: highest - before.rss, values: kept, lastRow: found.at(-1).id };
  },

  async idle() {
    const first = open({ poolSize: 1 });
    await first.query(POINT, [1]);
    collect();
    const before = rss();
    const pool = open({ poolSize: 10, minIdle: 10 });
    await Promise.all(Array.from({ length: 10 }, () => pool.query(POINT, [1])));
    while (pool.status().size < 10) await new Promise((resolve) => setTimeout(resolve, 10));
    collect();
    const after = rss();
    await Promise.all([pool.end(), first.end()]);
    return { pool: after - before };
  },

  async queries() {
    const pool = open({ poolSize: 10 });
    let left = queries;
    const loop = async (until) => {
      while (left > until) {
        left -= 1;
        await pool.query(POINT, [1 + (left % 100_000)]);
      }
    };
    const run = (until) => Promise.all(Array.from({ length: 100 }, () => loop(until)));
    await run(Math.floor(queries * 0.9));
    collect();
    const first = rss();
    await run(0);
    collect();
    const last = rss();
    await pool.end();
    return { first, last };
  },
};

measurements[what]().then(
  (answer) => process.send(answer, () => process.disconnect()),
  (error) => process.send({ error: `${what}: ${error.message}` }, () => process.exit(1)),
);
