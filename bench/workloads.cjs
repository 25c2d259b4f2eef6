'use strict';

/*
 * What is measured. `once(client)` is one operation; `cells` and `parts` say how many values or connections it counts
 * for; `pgbench` is the same in pgbench's words; `check` looks at one answer before anything is measured.
 */

const ITEMS = 100_000;
const COLUMNS = 'id, big, small, ratio, price, active, name, note, created, key';

const POINT = 'select id, name from item where id = $1';
const ROW = `select ${COLUMNS} from item where id = $1`;
const RANGE = `select ${COLUMNS} from item where id between $1 and $2`;
const INSERT = 'insert into sink (k, v) values ($1, $2)';
const UPDATE = 'update account set balance = balance + $1 where id = $2';
const BLOB = 'select body from blob where id = $1';
const VALUE = 'a row of the benchmark';

let seed = 1;
/** From 1 to `most`; cheap, and the same sequence for all clients. */
const random = (most) => 1 + ((seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff) % most);

const point = {
  once: (client) => client.query(POINT, [random(ITEMS)]),
  check: (rows) => rows.length === 1 && typeof rows[0].name === 'string',
  pgbench: `\\set id random(1, ${ITEMS})\n${POINT.replace('$1', ':id')};\n`,
};
/** What all clients make of the ten columns; `note` may be null. */
const SHAPE = ['number', 'bigint', 'number', 'number', 'string', 'boolean', 'string', '', 'string', 'string'];
const hasShape = (row, ownTypes) =>
  Object.keys(row).length === 10 &&
  (ownTypes ||
    Object.values(row).every(
      (value, at) => SHAPE[at] === '' || typeof value === SHAPE[at] || value instanceof Date,
    ));

const row = {
  once: (client) => client.query(ROW, [random(ITEMS)]),
  check: (rows, ownTypes) => rows.length === 1 && hasShape(rows[0], ownTypes),
  pgbench: `\\set id random(1, ${ITEMS})\n${ROW.replace('$1', ':id')};\n`,
};
const rows = (count) => ({
  once(client) {
    const first = random(ITEMS - count + 1);
    return client.query(RANGE, [first, first + count - 1]);
  },
  check: (found, ownTypes) => found.length === count && found.every((one) => hasShape(one, ownTypes)),
  cells: count * 10,
  warm: Math.ceil(200_000 / count / 10),
});
const insert = {
  once: (client) => client.query(INSERT, [random(ITEMS), VALUE]),
  pgbench: `\\set k random(1, ${ITEMS})\n${INSERT.replace('$1', ':k').replace('$2', `'${VALUE}'`)};\n`,
};
const transaction = {
  once: (client) =>
    client.transaction(async (query) => {
      await query(UPDATE, [1, random(ITEMS)]);
      await query(INSERT, [random(ITEMS), VALUE]);
    }),
  pgbench:
    `\\set id random(1, ${ITEMS})\nbegin;\n${UPDATE.replace('$1', '1').replace('$2', ':id')};\n` +
    `${INSERT.replace('$1', ':id').replace('$2', `'${VALUE}'`)};\nend;\n`,
};
const blob = {
  once: (client) => client.query(BLOB, [random(4)]),
  check: ([first]) => first.body instanceof Uint8Array && first.body.length === 1 << 20,
  warm: 50,
};

/** A new pool whose sessions all have to be there at the same moment. Gives the milliseconds until they were. */
const connects = (count) => ({
  async once(_, open) {
    const start = performance.now();
    const client = open();
    let there = 0;
    let took = 0;
    let go;
    const all = new Promise((resolve) => (go = resolve));
    const session = async (query) => {
      await query('select 1 as one', []);
      if (++there === count) {
        took = performance.now() - start;
        go();
      }
      await all;
    };
    await Promise.all(Array.from({ length: count }, () => client.transaction(session)));
    await client.end();
    return took;
  },
  parts: count,
  warm: 1,
  poolSize: count,
  ownClock: true,
});

/** Of ten operations eight read, one reads more, one writes. */
let turn = 0;
const mixed = {
  once(client) {
    const at = turn++ % 10;
    return at === 0 ? insert.once(client) : at === 5 ? rows(100).once(client) : row.once(client);
  },
};

const define = (name, title, kind, concurrency, more = {}) => ({
  name,
  title,
  concurrency,
  poolSize: 10,
  parts: 1,
  warm: 3000, // operations until the code of a client is compiled, more or less
  ...kind,
  ...more,
});

const WORKLOADS = [
  define('point-1', 'point select, concurrency 1', point, 1, { headline: 'p50Ms' }),
  define('point-10', 'point select, concurrency 10', point, 10),
  define('point-100', 'point select, concurrency 100', point, 100),
  define('point-1000', 'point select, concurrency 1,000', point, 1000),
  define('point-100-pool-1', 'point select, concurrency 100, poolSize 1', point, 100, { poolSize: 1 }),
  define('point-100-pool-50', 'point select, concurrency 100, poolSize 50', point, 100, { poolSize: 50 }),
  define('row-100', 'one row × 10 columns, concurrency 100', row, 100),
  define('rows-1000', '1,000 rows × 10 columns, concurrency 4', rows(1000), 4),
  define('rows-100000', '100,000 rows × 10 columns, concurrency 1', rows(ITEMS), 1, { resolutionMs: 1 }),
  define('insert-1', 'insert of one row, concurrency 1', insert, 1, { headline: 'p50Ms' }),
  define('insert-100', 'insert of one row, concurrency 100', insert, 100),
  define('tx-10', 'transaction of 2 statements, concurrency 10', transaction, 10),
  define('blob-4', '1 MB bytea, concurrency 4', blob, 4),
  define('connect-50', '50 SCRAM connects at once', connects(50), 1, { resolutionMs: 1 }),
  define('busy-50', 'mixed load at 50 while JavaScript works 20 ms of every 50', mixed, 50, {
    busy: { everyMs: 50, workMs: 20 },
  }),
];

module.exports = { WORKLOADS, ITEMS, rows, define };
