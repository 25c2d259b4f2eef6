/*
 * Express: one pool for the process, an error handler that knows what may be tried again, and a health check.
 *
 *   DATABASE_URL=postgres://app@10.0.0.1,10.0.0.2/shop PORT=3000 node examples/express.mjs
 */

import express from 'express';
import { createPool, ServerError } from 'hyperiondb-client';

const UNIQUE_VIOLATION = '23505';

const pool = createPool(process.env.DATABASE_URL, { applicationName: 'accounts' });
const app = express();
app.use(express.json());

app.get('/accounts/:owner', async (request, response) => {
  // A standby will do: what was written a moment ago may be missing.
  const [account] = await pool.query(
    'select owner, balance from accounts where owner = $1',
    [request.params.owner],
    { mode: 'prefer-standby', timeoutMs: 2_000 },
  );
  if (account) response.json(account);
  else response.status(404).json({ error: 'no such account' });
});

app.post('/accounts', async (request, response) => {
  const { owner, balance = 0 } = request.body;
  // The owner is a key: if the answer of the first attempt is lost, the second finds the row.
  const account = await pool.insert(
    'accounts',
    { owner, balance },
    { idempotency: true, conflictTarget: 'owner' },
  );
  response.status(201).json(account);
});

app.post('/transfers', async (request, response) => {
  const { from, to, amount } = request.body;
  await pool.transaction(
    async (tx) => {
      await tx.query('update accounts set balance = balance - $2 where owner = $1', [from, amount]);
      await tx.query('update accounts set balance = balance + $2 where owner = $1', [to, amount]);
    },
    { exactlyOnce: true, timeoutMs: 10_000 },
  );
  response.status(204).end();
});

app.get('/healthz', (_request, response) => {
  const { primary } = pool.topology();
  response.status(primary ? 200 : 503).json({ primary, ...pool.status() });
});

app.use((error, _request, response, _next) => {
  if (error instanceof ServerError && error.code === UNIQUE_VIOLATION)
    response.status(409).json({ error: error.detail });
  else if (error.outcome === 'unknown') response.status(500).json({ error: 'it may have been stored' });
  else if (error.retryable) response.status(503).set('Retry-After', '1').json({ error: 'try again' });
  else response.status(500).json({ error: 'something is wrong' });
});

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () =>
  console.log(`listening on ${server.address().port}`),
);

process.once('SIGTERM', () => server.close(() => pool.end()));
