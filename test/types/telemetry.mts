// The typings of hyperiondb-client/otel and /prometheus, and of what a pool tells, from ESM.
import { createPool, type QueryEvent } from 'hyperiondb-client';
import { instrument } from 'hyperiondb-client/otel';
import { collect } from 'hyperiondb-client/prometheus';

const events: QueryEvent[] = [];
const pool = createPool({
  logger: (event) => void events.push(event),
  slowQueryMs: 10,
  logParams: true,
  redact: ({ sql, params }) => ({ sql, params: params?.map(() => '?') }),
  leakDetectionMs: 1000,
  onConnect: async (session) => {
    const [row] = await session.query<{ x: number }>('select $1::int4 as x', [1]);
    const x: number = row.x;
    void [x, session.host];
  },
});
pool.on(
  'leak',
  ({ host, heldMs, stack }) => void [host satisfies string, heldMs satisfies number, stack satisfies string],
);
pool.on(
  'sessionClosed',
  ({ session, wasOpen, reason }) => void [session satisfies number, wasOpen satisfies boolean, reason],
);
const { hosts, failoverGap, acquireFailures } = pool.stats();
const count: number =
  hosts[0].query.counts[0] + failoverGap.count + acquireFailures.noHost + hosts[0].retries.fenced;
const reasons: readonly string[] = pool.health().reasons;
const telemetry = instrument({ captureParameters: false });
const forget: () => void = telemetry.observe(pool, 'orders');
telemetry.stop();
const out: () => void = collect(pool, { name: 'orders', labels: { service: 'shop' } });
void [count, reasons, forget, out];
// @ts-expect-error an unknown option
collect(pool, { names: 'orders' });
// @ts-expect-error it is told an event, nothing else
createPool({ logger: (a: number) => a });
// @ts-expect-error a statement is shown, or the function throws
createPool({ redact: () => undefined });
