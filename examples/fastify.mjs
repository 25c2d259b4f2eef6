/*
 * Fastify: the pool as a plugin that ends with the server, and an abort when the client hangs up.
 *
 *   DATABASE_URL=postgres://app@10.0.0.1,10.0.0.2/shop PORT=3000 node examples/fastify.mjs
 */

import Fastify from 'fastify';
import { createPool } from 'hyperiondb-client';

const app = Fastify();

app.decorate('pool', createPool(process.env.DATABASE_URL, { applicationName: 'accounts' }));
app.addHook('onClose', (instance) => instance.pool.end());

/** Who hangs up does not wait for the answer: the statement need not go on. */
function signalOf(reply) {
  const abort = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) abort.abort();
  });
  return abort.signal;
}

app.get('/accounts', async (request, reply) =>
  app.pool.query(
    'select owner, balance from accounts where balance >= $1 order by owner',
    [Number(request.query.atLeast ?? 0)],
    { mode: 'prefer-standby', signal: signalOf(reply) },
  ),
);

app.get('/slow', async (_request, reply) =>
  app.pool.query('select pg_sleep(600)', [], { signal: signalOf(reply) }),
);

app.setErrorHandler((error, _request, reply) => {
  reply.status(error.retryable ? 503 : 500).send({ error: error.name });
});

await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' });
console.log(`listening on ${app.server.address().port}`);

process.once('SIGTERM', () => app.close());
