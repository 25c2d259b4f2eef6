/**
 * `hyperiondb-client/otel`: spans and metrics by OpenTelemetry's stable conventions for database clients.
 *
 * ```js
 * const { instrument } = require('hyperiondb-client/otel')
 *
 * const telemetry = instrument()        // of all pools of this process; the providers are the global ones
 * telemetry.observe(pool, 'orders')     // and the connections of this pool, as db.client.connection.*
 * ```
 *
 * Every statement is a span of the kind CLIENT, a child of the caller's; a transaction is one around those of its
 * statements, until it is committed, rolled back or lost. `hyperiondb-client` is loaded once for all of it: `instrument`
 * in the process that has the pools.
 */
import type { Pool } from 'hyperiondb-client';

export interface InstrumentOptions {
  /** A `TracerProvider` of `@opentelemetry/api`. Default: the global one. */
  tracerProvider?: object;
  /** A `MeterProvider`. Default: the global one. */
  meterProvider?: object;
  /**
   * Spans have `db.query.text`. Of a statement without parameters it has `?` in place of each literal. Default `true`.
   */
  captureQueryText?: boolean;
  /** Spans have the parameters, as `db.query.parameter.<n>`. Default `false`: they may be secret. */
  captureParameters?: boolean;
}

/** What `instrument` has begun. */
export interface Telemetry {
  /**
   * Reports the connections of a pool as `db.client.connection.count`, `.limit` and `.pending_requests`, and names the
   * pool in every metric of connections.
   *
   * @param name `db.client.connection.pool.name`. Default `default`.
   * @returns A function that ends it.
   */
  observe(pool: Pool, name?: string): () => void;
  /** Ends all of it. */
  stop(): void;
}

/** Begins to report what all pools of this process do. */
export function instrument(options?: InstrumentOptions): Telemetry;
