// hyperiondb-client/otel: spans and metrics by OpenTelemetry's conventions for databases, made of what the tracing
// channels tell.
'use strict';

const { channels } = require('../channels.js');
const { messageOf, textOf } = require('../errors.js');
const { summarize, withoutLiterals } = require('../summary.js');
const { name: scope, version } = require('../../package.json');

function loadApi() {
  try {
    return require('@opentelemetry/api');
  } catch (cause) {
    throw new Error('@opentelemetry/api is not installed: npm install @opentelemetry/api', { cause });
  }
}

/** Of a pool that was given none. */
const DEFAULT_NAME = 'default';

/** In seconds; as the conventions advise. */
const BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/**
 * What an application has thrown may be anything, also what throws when it is looked at.
 * @param {any} thrown
 */
function readable(thrown) {
  try {
    void [thrown?.code, thrown?.name, thrown?.message, thrown?.stack, thrown?.severity];
    return thrown;
  } catch {
    return new Error(messageOf(thrown));
  }
}

/** @param {any} error */
function errorTypeOf(error) {
  return error?.code || error?.name || '_OTHER';
}

/** @param {any} error @returns {any} */
function errorAttributes(error) {
  const sqlstate = error?.severity !== undefined ? error.code : undefined;
  return { 'error.type': errorTypeOf(error), ...(sqlstate && { 'db.response.status_code': sqlstate }) };
}

/** @param {any} context of a channel @returns {any} */
function placeOf({ database, serverAddress, serverPort }) {
  return {
    'db.system.name': 'postgresql',
    ...(database && { 'db.namespace': database }),
    ...(serverAddress && { 'server.address': serverAddress }),
    ...(serverPort && { 'server.port': serverPort }),
  };
}

/**
 * @param {{ tracerProvider?: any, meterProvider?: any, captureQueryText?: boolean, captureParameters?: boolean }} [options]
 */
function instrument(options = {}) {
  const { captureQueryText = true, captureParameters = false } = options;
  const api = loadApi();
  const { context: contexts, trace, metrics, SpanKind, SpanStatusCode } = api;
  const tracer = (options.tracerProvider ?? trace.getTracerProvider()).getTracer(scope, version);
  const meter = (options.meterProvider ?? metrics.getMeterProvider()).getMeter(scope, version);
  const seconds = (/** @type {string} */ name, /** @type {string} */ description) =>
    meter.createHistogram(name, { unit: 's', description, advice: { explicitBucketBoundaries: BUCKETS } });
  const duration = seconds('db.client.operation.duration', 'Duration of database client operations.');
  const created = seconds('db.client.connection.create_time', 'The time it took to create a new connection.');
  const waited = seconds(
    'db.client.connection.wait_time',
    'The time it took to obtain a connection from the pool.',
  );
  const used = seconds('db.client.connection.use_time', 'The time a transaction kept a connection.');
  const timeouts = meter.createCounter('db.client.connection.timeouts', {
    unit: '{timeout}',
    description: 'The number of calls that waited for a connection and got none in time.',
  });
  const gap = seconds('hyperiondb.failover.gap', 'Time without a writable primary.');

  /** Names of pools that have one. @type {WeakMap<object, string>} */
  const names = new WeakMap();
  const ofPool = (/** @type {any} */ event) => ({
    ...placeOf(event),
    'db.client.connection.pool.name': names.get(event.pool) ?? DEFAULT_NAME,
  });

  /** `outer` is the span that was active when it began. @type {WeakMap<object, { span: any, outer: any, began: number, base: any }>} */
  const open = new WeakMap();

  /** A span of the application inside of the transaction is nearer than that of the transaction. */
  const parentOf = (/** @type {any} */ { transaction }) => {
    const active = contexts.active();
    const around = transaction && open.get(transaction);
    const nearest = trace.getSpan(active);
    return around && (!nearest || nearest === around.outer) ? trace.setSpan(active, around.span) : active;
  };

  /** @param {any} event @param {string} name @param {any} base @param {any} more */
  const begin = (event, name, base, more) => {
    const attributes = { 'db.system.name': 'postgresql', ...base, ...more };
    if (event.database) attributes['db.namespace'] = event.database;
    const outer = trace.getSpan(contexts.active());
    const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, parentOf(event));
    open.set(event, { span, outer, began: performance.now(), base });
    return span;
  };
  /** @param {any} event @param {any} histogram @param {any} [more] what only the histogram is told */
  const end = (event, histogram, more) => {
    const found = open.get(event);
    if (found === undefined) return;
    open.delete(event);
    const { span, began, base } = found;
    const error = readable(event.error);
    const failure = 'error' in event ? errorAttributes(error) : {};
    const place = placeOf(event);
    span.setAttributes({ ...place, ...failure });
    if (typeof event.rowCount === 'number') span.setAttribute('db.response.returned_rows', event.rowCount);
    if (event.attempts > 1) span.setAttribute('hyperiondb.attempts', event.attempts);
    if (event.waitMs > 0) span.setAttribute('hyperiondb.wait_ms', event.waitMs);
    if (event.outcome) span.setAttribute('hyperiondb.outcome', event.outcome);
    if ('error' in event) {
      span.recordException(error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
    }
    span.end();
    histogram.record((performance.now() - began) / 1000, { ...place, ...base, ...failure, ...more });
  };
  const text = (/** @type {any} */ { query, values }) =>
    captureQueryText && { 'db.query.text': values?.length > 0 ? query : withoutLiterals(textOf(query)) };

  const query = {
    start(/** @type {any} */ event) {
      const { operation, table, summary } = summarize(textOf(event.query));
      const base = {
        ...(operation && { 'db.operation.name': operation }),
        ...(table && { 'db.collection.name': table }),
        ...(summary && { 'db.query.summary': summary }),
      };
      const span = begin(event, summary ?? 'postgresql', base, text(event));
      if (!captureParameters) return;
      Array.from(event.values ?? [], (value, i) =>
        span.setAttribute(`db.query.parameter.${i}`, textOf(value)),
      );
    },
    asyncEnd: (/** @type {any} */ event) => end(event, duration),
  };
  const batch = {
    start(/** @type {any} */ event) {
      const summaries = new Set(
        event.query.split(';\n').map((/** @type {string} */ sql) => summarize(sql).summary),
      );
      const summary = `BATCH ${[...summaries].join('; ')}`.slice(0, 255);
      const base = { 'db.operation.name': 'BATCH', 'db.query.summary': summary };
      begin(event, summary, base, {
        'db.operation.batch.size': event.batchSize,
        ...text({ query: event.query }),
      });
    },
    asyncEnd: (/** @type {any} */ event) => end(event, duration),
  };
  const subscribers = {
    query,
    batch,
    transaction: {
      start: (/** @type {any} */ event) =>
        void begin(event, 'TRANSACTION', { 'db.operation.name': 'TRANSACTION' }, {}),
      asyncEnd: (/** @type {any} */ event) => end(event, used, ofPool(event)),
    },
    acquire: {
      asyncEnd(/** @type {any} */ event) {
        const { error, waitMs } = event;
        if (error === undefined) waited.record((waitMs ?? 0) / 1000, ofPool(event));
        else if (waitMs > 0 && error?.code !== 'ABORT_ERR') timeouts.add(1, ofPool(event));
      },
    },
    connect: {
      asyncEnd(/** @type {any} */ event) {
        if (!('error' in event)) created.record(event.durationMs / 1000, ofPool(event));
      },
    },
    failover: {
      asyncEnd(/** @type {any} */ event) {
        if (event.gapMs !== null) gap.record(event.gapMs / 1000, placeOf(event));
      },
    },
  };
  const listening = /** @type {[keyof typeof channels, any][]} */ (Object.entries(subscribers));
  for (const [name, subscriber] of listening) channels[name].subscribe(subscriber);

  /** @type {Set<() => void>} */
  const observed = new Set();
  return {
    /** @param {any} pool @param {string} [name] */
    observe(pool, name = DEFAULT_NAME) {
      names.set(pool, name);
      const forget = observePool(meter, pool, name);
      observed.add(forget);
      return () => {
        if (observed.delete(forget)) forget();
      };
    },
    stop() {
      for (const [name, subscriber] of listening) channels[name].unsubscribe(subscriber);
      for (const forget of observed) forget();
      observed.clear();
    },
  };
}

/**
 * The state of a pool, whenever the meter asks.
 * @param {any} meter
 * @param {any} pool
 * @param {string} name
 * @returns {() => void}
 */
function observePool(meter, pool, name) {
  const upDown = (
    /** @type {string} */ metric,
    /** @type {string} */ unit,
    /** @type {string} */ description,
  ) => meter.createObservableUpDownCounter(`db.client.connection.${metric}`, { unit, description });
  const count = upDown('count', '{connection}', 'The number of connections, by state.');
  const limit = upDown('limit', '{connection}', 'The maximum number of open connections allowed.');
  const pending = upDown(
    'pending_requests',
    '{request}',
    'The number of requests that wait for a connection.',
  );
  const all = [count, limit, pending];
  const place = { 'db.system.name': 'postgresql', 'db.client.connection.pool.name': name };
  const read = (/** @type {any} */ result) => {
    const { maxSize, available, inUse, waiting } = pool.status();
    result.observe(count, available, { ...place, 'db.client.connection.state': 'idle' });
    result.observe(count, inUse, { ...place, 'db.client.connection.state': 'used' });
    result.observe(limit, maxSize, place);
    result.observe(pending, waiting, place);
  };
  meter.addBatchObservableCallback(read, all);
  return () => meter.removeBatchObservableCallback(read, all);
}

module.exports = { instrument };
