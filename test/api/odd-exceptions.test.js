'use strict';

const assert = require('node:assert/strict');
const { context, trace } = require('@opentelemetry/api');
const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks');
const { createPool } = require('../..');
const { instrument } = require('../../lib/otel');
const { newPool, options, keep } = require('../support/cluster.js');
const { odd, raise } = require('../support/odd_exceptions.js');

/** @param {Promise<unknown>} call @returns {Promise<{ reason: any }>} that it rejects, whatever with */
const rejected = (call) =>
  call.then(
    (value) => assert.fail(`resolved with ${value}`),
    (reason) => ({ reason }),
  );

describe('what an application throws', () => {
  for (const [what, thrown] of odd) {
    describe(`${what}:`, () => {
      it('by onConnect is why the session is refused', async () => {
        for (const onConnect of [() => raise(thrown), async () => raise(thrown)]) {
          const pool = keep(createPool(options({ onConnect, connectTimeoutMs: 2000 })));
          await assert.rejects(pool.query('select 1'), { name: 'ConnectError', code: 'ERR_ON_CONNECT' });
        }
      });

      it('by a parser or a serializer is the cause', async () => {
        const pool = newPool();
        const parsed = pool.query('select 1::int4 as x', [], { parsers: { int4: () => raise(thrown) } });
        const { reason } = await rejected(parsed);
        assert.equal(reason.name, 'ResultError');
        assert.ok(reason.cause === thrown);
        const sent = pool.query('select $1::text', ['x'], { serializers: { text: () => raise(thrown) } });
        const refused = (await rejected(sent)).reason;
        assert.equal(refused.name, 'ParameterError');
        assert.ok(refused.cause === thrown);
      });

      it('by a value, and by the work of a transaction, comes back as it is', async () => {
        const pool = newPool({ logger: () => {} });
        const value = { toPostgres: () => raise(thrown) };
        for (const call of [
          pool.query('select $1::text', [value]),
          pool.query('select $1::text', [value], { mode: 'read-only' }),
          pool.transaction((tx) => tx.query('select $1::text', [value])),
        ]) {
          const { reason } = await rejected(call);
          // Node-API inspects what it rethrows, so the result is the Proxy's own exception.
          assert.ok(reason === thrown || what === 'a Proxy that throws');
        }
        assert.ok((await rejected(pool.transaction(() => raise(thrown)))).reason === thrown);
        assert.equal(pool.status().inUse, 0);
      });

      it('by redact hides the statement', async () => {
        const events = [];
        const pool = newPool({ redact: () => raise(thrown), logger: (event) => events.push(event) });
        assert.deepEqual(await pool.query('select 1 as x'), [{ x: 1 }]);
        assert.equal(events[0].sql, '[redacted]');
      });

      it('is shown in a span', async () => {
        context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
        const telemetry = instrument({ captureParameters: true });
        try {
          const pool = newPool();
          assert.ok((await rejected(pool.transaction(() => raise(thrown)))).reason === thrown);
          const bare = Object.assign(Object.create(null), { a: 1 });
          assert.equal((await pool.query('select $1::jsonb as x', [bare]))[0].x.a, 1);
          await assert.rejects(pool.query(undefined), TypeError);
        } finally {
          telemetry.stop();
          context.disable();
          trace.disable();
        }
      });
    });
  }

  it('comes from no property that somebody has put on Object.prototype', async () => {
    const pool = newPool();
    const wide = `select ${Array.from({ length: 401 }, (_, i) => `${i} as c${i}`)}`;
    const property = { value: () => {}, configurable: true, writable: true };
    Object.defineProperty(Object.prototype, 'get', property);
    try {
      assert.equal((await pool.query('select 1 as x'))[0].x, 1);
      assert.equal((await pool.query(wide))[0].c400, 400);
      assert.equal((await rejected(pool.query('select nonsense'))).reason.code, '42703');
      const { signal } = { signal: AbortSignal.timeout(50) };
      const aborted = await rejected(pool.query('select pg_sleep(60)', [], { signal }));
      assert.equal(aborted.reason.cause.name, 'TimeoutError');
    } finally {
      delete (/** @type {any} */ (Object.prototype).get);
    }
  });
});
