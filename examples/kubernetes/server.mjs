/*
 * Kubernetes: a server that goes away without an error. deployment.yaml beside it has the probes that it answers.
 *
 * On SIGTERM the pod is still in the list of endpoints for a moment, so the server first says that it is not ready, goes on
 * serving, then closes: what is under way is finished, within a deadline shorter than terminationGracePeriodSeconds.
 */

import http from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { createPool } from 'hyperiondb-client';

const { DATABASE_URL = '', PORT = '3000', UNREADY_MS = '5000', DRAIN_MS = '15000' } = process.env;

const pool = createPool(DATABASE_URL, { applicationName: process.env.HOSTNAME ?? 'pod' });
let isLeaving = false;

const server = http.createServer(async (request, response) => {
  const say = (status, body) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  try {
    if (request.url === '/livez') {
      // Nothing of the database: a restart of this pod repairs no cluster.
      say(200, 'alive');
    } else if (request.url === '/readyz') {
      say(isLeaving || !pool.topology().primary ? 503 : 200, { isLeaving, ...pool.topology() });
    } else if (request.url === '/work') {
      const [row] = await pool.query(
        'select pg_sleep(1)::text as slept, count(*)::int4 as accounts from accounts',
      );
      say(200, { accounts: row.accounts });
    } else {
      say(404, 'not here');
    }
  } catch (error) {
    say(error.retryable ? 503 : 500, { error: error.name, outcome: error.outcome });
  }
});

async function leave() {
  isLeaving = true;
  console.log('leaving: not ready any more');
  await pause(Number(UNREADY_MS));
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  await Promise.race([closed, pause(Number(DRAIN_MS), undefined, { ref: false })]);
  // Statements of requests that are still there get a moment more; then they are cancelled on the server.
  await pool.end({ drainTimeoutMs: 2_000 });
  server.closeAllConnections();
  console.log('left');
}

process.once('SIGTERM', leave);
await pool.query('select 1'); // the first request does not wait for a connection
server.listen(Number(PORT), () => console.log(`listening on ${server.address().port}`));
