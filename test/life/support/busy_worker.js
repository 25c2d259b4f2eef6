'use strict';

// A worker that is terminated in the middle of its work.

const { parentPort } = require('node:worker_threads');
const { newPool, inFlight } = require('./pool.js');

const pool = newPool({ poolSize: 6 });
pool.on('primaryChanged', () => {});
pool.query('select 1 as ready').then(() => {
  inFlight(pool);
  parentPort.postMessage('busy');
  const spin = () => pool.query('select 1 as again').then(spin, () => {});
  spin();
});
