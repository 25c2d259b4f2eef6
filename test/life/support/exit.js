'use strict';

// Ends in a given way with statements in flight.

const { newPool, inFlight } = require('./pool.js');

const ways = {
  exit: () => process.exit(7),
  throw: () => {
    throw new Error('on purpose');
  },
  'exit-in-reaction': (pool) => pool.query('select 1').then(() => process.exit(7)),
  'exit-in-parser': (pool) =>
    pool.query('select 1 as x', [], { parsers: { int4: () => process.exit(7) } }).then(() => {}),
  'exit-at-once': () => {},
};

const pool = newPool({ poolSize: 8 });
if (process.argv[2] === 'exit-at-once') {
  inFlight(pool);
  process.exit(7);
}
pool.query('select 1').then(() => {
  inFlight(pool);
  setTimeout(() => ways[process.argv[2]](pool), 30);
});
