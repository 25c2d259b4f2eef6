'use strict';

// Ends while a login is being computed that would take half an hour, because the server says so.

const { newPool } = require('./pool.js');
const { openHostileServer } = require('../../support/hostile_server');
const { until } = require('../../../lib/testing');

(async () => {
  const server = await openHostileServer(async (peer) => {
    await peer.startup();
    await peer.scram('secret', { iterations: '2147483647' });
  });
  const others = newPool({ minIdle: 0 });
  const pool = newPool({
    hosts: [server.address],
    user: 'app',
    password: 'secret',
    minIdle: 0,
    connectTimeoutMs: 1_200,
    acquireTimeoutMs: 4_000,
  });
  const bad = pool.query('select 1').catch((error) => error);
  await until(() => server.connections > 0, { what: 'it is being dialled' });
  let served = 0;
  for (let i = 0; i < 20; i += 1)
    served += (await others.query('select 1 as x', [], { timeoutMs: 1_000 }))[0].x;
  console.log('others are served', served);
  console.log((await bad).outcome);
  // The host does not get a core for each try.
  const next = await pool.query('select 1', [], { timeoutMs: 30_000 }).catch((error) => error);
  console.log(/unreasonable number of SCRAM iterations/.exec(next.message)?.[0]);
  process.exit(7);
})();
