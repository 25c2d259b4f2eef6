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

/** The histograms and the counter. @param {any} meter */
function instrumentsOf(meter) {
  const seconds = (/** @type {string} */ name, /** @type {string} */ description) =>
    meter.createHistogram(name, { unit: 's', description, advice: { explicitBucketBoundaries: BUCKETS } });
  return {
    duration: seconds('db.client.operation.duration', 'Duration of database client operations.'),
    created: seconds('db.client.connection.create_time', 'The time it took to create a new connection.'),
    waited: seconds(
      'db.client.connection.wait_time',
      'The time it took to obtain a connection from the pool.',
    ),
    used: seconds('db.client.connection.use_time', 'The time a transaction kept a connection.'),
    gap: seconds('hyperiondb.failover.gap', 'Time without a writable primary.'),
    timeouts: meter.createCounter('db.client.connection.timeouts', {
      unit: '{timeout}',
      description: 'The number of calls that waited for a connection and got none in time.',
    }),
  };
}

/** The spans of events that have begun and not ended. */
class Spans {
  #api;
  #tracer;
  /** `outer` is the span that was active when it began. @type {WeakMap<object, { span: any, outer: any, began: number, base: any }>} */
  #open = new WeakMap();

  /** @param {any} api @param {any} tracer */
  constructor(api, tracer) {
    this.#api = api;
    this.#tracer = tracer;
  }

  /** A span that the application has opened inside the transaction is nearer than that of the transaction. @param {any} event */
  #parentOf({ transaction }) {
    const { context, trace } = this.#api;
    const active = context.active();
    const around = transaction && this.#open.get(transaction);
    const nearest = trace.getSpan(active);
    return around && (!nearest || nearest === around.outer) ? trace.setSpan(active, around.span) : active;
  }

  /** @param {any} event @param {string} name @param {any} base @param {any} [more] */
  begin(event, name, base, more) {
    const { context, trace, SpanKind } = this.#api;
    const attributes = { 'db.system.name': 'postgresql', ...base, ...more };
    if (event.database) attributes['db.namespace'] = event.database;
    const outer = trace.getSpan(context.active());
    const span = this.#tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, this.#parentOf(event));
    this.#open.set(event, { span, outer, began: performance.now(), base });
    return span;
  }

  /** @param {any} event @param {any} histogram @param {any} [more] attributes for the histogram only */
  end(event, histogram, more) {
    const found = this.#open.get(event);
    if (found === undefined) return;
    this.#open.delete(event);
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
      span.setStatus({ code: this.#api.SpanStatusCode.ERROR, message: messageOf(error) });
    }
    span.end();
    histogram.record((performance.now() - began) / 1000, { ...place, ...base, ...failure, ...more });
  }
}

/**
 * Makes spans of statements and batches.
 * @param {Spans} spans
 * @param {any} duration
 * @param {{ captureQueryText: boolean, captureParameters: boolean }} capture
 */
function statementSubscribers(spans, duration, { captureQueryText, captureParameters }) {
  const text = (/** @type {any} */ { query, values }) =>
    captureQueryText && { 'db.query.text': values?.length > 0 ? query : withoutLiterals(textOf(query)) };
  const asyncEnd = (/** @type {any} */ event) => spans.end(event, duration);
  const query = {
    start(/** @type {any} */ event) {
      const { operation, table, summary } = summarize(textOf(event.query));
      const base = {
        ...(operation && { 'db.operation.name': operation }),
        ...(table && { 'db.collection.name': table }),
        ...(summary && { 'db.query.summary': summary }),
      };
      const span = spans.begin(event, summary ?? 'postgresql', base, text(event));
      if (!captureParameters) return;
      Array.from(event.values ?? [], (value, i) =>
        span.setAttribute(`db.query.parameter.${i}`, textOf(value)),
      );
    },
    asyncEnd,
  };
  const batch = {
    start(/** @type {any} */ event) {
      const summaries = new Set(
        event.query.split(';\n').map((/** @type {string} */ sql) => summarize(sql).summary),
      );
      const summary = `BATCH ${[...summaries].join('; ')}`.slice(0, 255);
      const base = { 'db.operation.name': 'BATCH', 'db.query.summary': summary };
      spans.begin(event, summary, base, {
        'db.operation.batch.size': event.batchSize,
        ...text({ query: event.query }),
      });
    },
    asyncEnd,
  };
  return { query, batch };
}

/**
 * What is told of the pool and the cluster.
 * @param {Spans} spans
 * @param {ReturnType<typeof instrumentsOf>} instruments
 * @param {(event: any) => any} ofPool
 */
function poolSubscribers(spans, { created, waited, used, gap, timeouts }, ofPool) {
  return {
    transaction: {
      start: (/** @type {any} */ event) =>
        void spans.begin(event, 'TRANSACTION', { 'db.operation.name': 'TRANSACTION' }),
      asyncEnd: (/** @type {any} */ event) => spans.end(event, used, ofPool(event)),
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
}

/**
 * @param {{ tracerProvider?: any, meterProvider?: any, captureQueryText?: boolean, captureParameters?: boolean }} [options]
 */
function instrument(options = {}) {
  const { captureQueryText = true, captureParameters = false } = options;
  const api = loadApi();
  const tracer = (options.tracerProvider ?? api.trace.getTracerProvider()).getTracer(scope, version);
  const meter = (options.meterProvider ?? api.metrics.getMeterProvider()).getMeter(scope, version);
  const instruments = instrumentsOf(meter);
  const spans = new Spans(api, tracer);
  /** Of pools that were given one. @type {WeakMap<object, string>} */
  const names = new WeakMap();
  const ofPool = (/** @type {any} */ event) => ({
    ...placeOf(event),
    'db.client.connection.pool.name': names.get(event.pool) ?? DEFAULT_NAME,
  });
  const subscribers = {
    ...statementSubscribers(spans, instruments.duration, { captureQueryText, captureParameters }),
    ...poolSubscribers(spans, instruments, ofPool),
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
