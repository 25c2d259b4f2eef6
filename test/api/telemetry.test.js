'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { once } = require('node:events');
const { context, trace, SpanKind, SpanStatusCode } = require('@opentelemetry/api');
const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks');
const {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} = require('@opentelemetry/sdk-trace-base');
const {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} = require('@opentelemetry/sdk-metrics');
const { Registry, collectDefaultMetrics } = require('prom-client');
const { createPool } = require('../..');
const { instrument } = require('hyperiondb-client/otel');
const { collect } = require('hyperiondb-client/prometheus');
const { until } = require('../../lib/testing');
const { summarize, withoutLiterals } = require('../../lib/summary.js');
const { options, keep } = require('../support/cluster.js');

const DASHBOARD = path.join(__dirname, '../../docs/grafana-dashboard.json');

describe('hyperiondb-client/otel', () => {
  let spans;
  let tracerProvider;
  let metrics;
  let meterProvider;
  let telemetry;

  beforeEach(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    spans = new InMemorySpanExporter();
    tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
    metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 3_600_000 });
    meterProvider = new MeterProvider({ readers: [reader] });
    telemetry = instrument({ tracerProvider, meterProvider });
  });
  afterEach(async () => {
    telemetry.stop();
    context.disable();
    await Promise.all([tracerProvider.shutdown(), meterProvider.shutdown()]);
  });

  const named = (name) => spans.getFinishedSpans().filter((span) => span.name === name);
  const metric = async (name) => {
    await meterProvider.forceFlush();
    const last = metrics.getMetrics().at(-1); // none without a value
    const all = last?.scopeMetrics.flatMap((scope) => scope.metrics) ?? [];
    return all.find(({ descriptor }) => descriptor.name === name);
  };

  it('makes a span of each statement, by the stable conventions, a child of the span of its caller', async () => {
    const pool = keep(createPool(options()));
    await pool.query('select 1'); // later statements do not wait for a connection
    const tracer = tracerProvider.getTracer('application');
    await tracer.startActiveSpan('request', async (outer) => {
      await pool.query('select relname from pg_class where oid = $1', [1259]);
      outer.end();
    });
    const [span] = named('SELECT pg_class');
    const [outer] = named('request');
    const [host, port] = pool.topology().primary.split(':');
    assert.equal(span.kind, SpanKind.CLIENT);
    assert.equal(span.parentSpanContext.spanId, outer.spanContext().spanId);
    assert.deepEqual(span.attributes, {
      'db.system.name': 'postgresql',
      'db.namespace': options().database,
      'db.operation.name': 'SELECT',
      'db.collection.name': 'pg_class',
      'db.query.summary': 'SELECT pg_class',
      'db.query.text': 'select relname from pg_class where oid = $1',
      'db.response.returned_rows': 1,
      'server.address': host,
      'server.port': Number(port),
    });
    assert.equal(span.status.code, SpanStatusCode.UNSET);
  });

  it('says in the span why a statement failed', async () => {
    const pool = keep(createPool(options()));
    await pool.query('select 1 / 0').catch(() => {});
    const [span] = named('SELECT');
    assert.equal(span.attributes['error.type'], '22012');
    assert.equal(span.attributes['db.response.status_code'], '22012');
    assert.equal(span.status.code, SpanStatusCode.ERROR);
    assert.equal(span.events[0].name, 'exception');
  });

  it('puts the statements of a transaction under a span of its own', async () => {
    const pool = keep(createPool(options()));
    const tracer = tracerProvider.getTracer('application');
    await tracer.startActiveSpan('request', async (outer) => {
      await pool.transaction(async (tx) => {
        await tx.query('select 1 as direct from pg_class limit 1');
        await tracer.startActiveSpan('step', async (step) => {
          await tx.query('select 2 from pg_type limit 1');
          step.end();
        });
      });
      outer.end();
    });
    const idOf = (name) => named(name)[0].spanContext().spanId;
    assert.equal(named('TRANSACTION')[0].parentSpanContext.spanId, idOf('request'));
    assert.equal(named('SELECT pg_class')[0].parentSpanContext.spanId, idOf('TRANSACTION'));
    assert.equal(named('SELECT pg_type')[0].parentSpanContext.spanId, idOf('step'));
  });

  it('does so of a transaction that was begun, until it ends, and says what became of it', async () => {
    const pool = keep(createPool(options()));
    const tracer = tracerProvider.getTracer('application');
    const tx = await tracer.startActiveSpan('request', async (outer) => {
      const begun = await pool.begin();
      await begun.query('select 1 from pg_class limit 1');
      outer.end();
      return begun;
    });
    await tx.query('select 2 from pg_type limit 1'); // there is no other span around it
    assert.deepEqual(named('TRANSACTION'), []);
    await tx.commit();
    const [transaction] = named('TRANSACTION');
    const idOf = (name) => named(name)[0].spanContext().spanId;
    assert.equal(transaction.parentSpanContext.spanId, idOf('request'));
    for (const name of ['SELECT pg_class', 'SELECT pg_type'])
      assert.equal(named(name)[0].parentSpanContext.spanId, transaction.spanContext().spanId);
    assert.equal(transaction.attributes['hyperiondb.outcome'], 'committed');
    assert.equal(
      `${transaction.attributes['server.address']}:${transaction.attributes['server.port']}`,
      tx.host(),
    );
    assert.equal(transaction.status.code, SpanStatusCode.UNSET);

    const lost = await pool.begin({ timeoutMs: 500 });
    await until(() => named('TRANSACTION').length === 2);
    const { attributes, status } = named('TRANSACTION')[1];
    assert.deepEqual(
      [attributes['error.type'], attributes['hyperiondb.outcome']],
      ['ETIMEDOUT', 'rolled-back'],
    );
    assert.equal(status.code, SpanStatusCode.ERROR);
    await lost.rollback();
  });

  it('makes one span of a batch', async () => {
    const pool = keep(createPool(options()));
    await pool.batch(['select 1 from pg_class limit 1', 'select 2 from pg_class limit 1']);
    const [span] = named('BATCH SELECT pg_class');
    assert.equal(span.attributes['db.operation.name'], 'BATCH');
    assert.equal(span.attributes['db.operation.batch.size'], 2);
  });

  it('shows no literals and no parameters, unless asked to', async () => {
    const pool = keep(createPool(options()));
    await pool.query("select 'hush'::text, 42");
    assert.equal(named('SELECT')[0].attributes['db.query.text'], 'select ?::text, ?');
    await pool.query('select $1::text from pg_class limit 1', ['hush']);
    assert.ok(!JSON.stringify(spans.getFinishedSpans().map((span) => span.attributes)).includes('hush'));
    telemetry.stop();
    telemetry = instrument({
      tracerProvider,
      meterProvider,
      captureParameters: true,
      captureQueryText: false,
    });
    await pool.query('select $1::text from pg_type limit 1', ['hush']);
    const { attributes } = named('SELECT pg_type')[0];
    assert.equal(attributes['db.query.parameter.0'], 'hush');
    assert.ok(!('db.query.text' in attributes));
  });

  it('measures operations and connections', async () => {
    const pool = keep(createPool(options({ poolSize: 4, minIdle: 0 })));
    telemetry.observe(pool, 'orders');
    await pool.query('select relname from pg_class limit 1');
    assert.ok(named('SELECT pg_class')[0].attributes['hyperiondb.wait_ms'] > 0, 'for its session');
    await pool.transaction((tx) => tx.query('select 1'));
    const duration = await metric('db.client.operation.duration');
    assert.equal(duration.descriptor.unit, 's');
    const point = duration.dataPoints.find(
      ({ attributes }) => attributes['db.query.summary'] === 'SELECT pg_class',
    );
    assert.equal(point.value.count, 1);
    assert.deepEqual(point.value.buckets.boundaries, [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]);
    assert.equal(point.attributes['db.namespace'], options().database);
    assert.ok(!('db.query.text' in point.attributes));
    const used = { 'db.client.connection.pool.name': 'orders', 'db.system.name': 'postgresql' };
    const count = await metric('db.client.connection.count');
    const idle = count.dataPoints.find(
      ({ attributes }) => attributes['db.client.connection.state'] === 'idle',
    );
    assert.equal(idle.value, 1);
    const limit = await metric('db.client.connection.limit');
    assert.deepEqual(
      limit.dataPoints.map(({ attributes, value }) => [attributes, value]),
      [[used, 4]],
    );
    assert.equal((await metric('db.client.connection.pending_requests')).dataPoints[0].value, 0);
    assert.ok((await metric('db.client.connection.create_time')).dataPoints.length > 0);
    const [waits] = (await metric('db.client.connection.wait_time')).dataPoints;
    assert.equal(waits.value.count, 2, 'of the statement and of the transaction');
    assert.equal(waits.attributes['db.client.connection.pool.name'], 'orders');
    const [uses] = (await metric('db.client.connection.use_time')).dataPoints;
    assert.equal(uses.value.count, 1);
    assert.equal(uses.attributes['db.client.connection.pool.name'], 'orders');
  });

  it('counts the calls that got no connection in time', async () => {
    const pool = keep(createPool(options({ poolSize: 1 })));
    const tx = await pool.begin();
    await assert.rejects(pool.query('select 1', [], { timeoutMs: 50 }), { code: 'ETIMEDOUT' });
    const timeouts = await metric('db.client.connection.timeouts');
    assert.deepEqual(
      timeouts.dataPoints.map(({ value }) => value),
      [1],
    );
    await tx.rollback();
  });

  it('ends with stop()', async () => {
    const pool = keep(createPool(options()));
    telemetry.observe(pool);
    telemetry.stop();
    await pool.query('select 1');
    await pool.transaction((tx) => tx.query('select 1'));
    assert.equal(spans.getFinishedSpans().length, 0);
    assert.equal(await metric('db.client.connection.count'), undefined);
  });
});

describe('the summary of a statement', () => {
  it('is its operation and its table, whatever is around', () => {
    for (const [sql, summary] of [
      ['select 1', 'SELECT'],
      ['SELECT * FROM public.orders o WHERE x = 1', 'SELECT public.orders'],
      ['/* from nowhere */ select -- from here\n a from "my table"', 'SELECT "my table"'],
      ["insert into t (x) values ('from x')", 'INSERT t'],
      ['update only t set x = 1', 'UPDATE t'],
      ['delete from t where x in (select y from u)', 'DELETE t'],
      ['with a as (select * from b), c as (delete from d) update e set x = 1', 'UPDATE e'],
      ['select * from (select 1) s', 'SELECT'],
      ['truncate table t', 'TRUNCATE t'],
      ['begin', 'BEGIN'],
      ['--\rbegin', 'BEGIN'],
      ['/* a /* b */ from c */ select * from d', 'SELECT d'],
      ["select 'c:\\', * from d", 'SELECT'],
      ['select größe$$from from t', 'SELECT t'],
      ['', undefined],
    ]) {
      assert.equal(summarize(sql).summary, summary, sql);
    }
  });

  it('and its text can be shown without literals', () => {
    assert.equal(
      withoutLiterals("select 'it''s', E'\\'', $$a 'b'$$, $x$ $$ $x$, 1.5, a1, \"5\", $1 from t2 -- 'x'"),
      'select ?, ?, ?, ?, ?, a1, "5", $1 from t2 -- \'x\'',
    );
    for (const [sql, shown] of [
      ["--\rselect 'secret'", '--\rselect ?'],
      ["select '\\d', 'secret'", 'select ?, ?'],
      ["select U&'\\0061', N'secret', x'00', date'secret'", 'select ?, ?, ?, date?'],
      ["/* a /* b */ ' */ select 'secret'", "/* a /* b */ ' */ select ?"],
      ['select a$$b, $1, $ö$secret$ö$', 'select a$$b, $1, ?'],
      // Where these end depends on a setting of the session, or on the next line.
      ["select 'it\\'s secret' from t", 'select ?'],
      ["select 'c:\\', 'secret'", 'select ?'],
      ["select E'a'\n'b\\' secret'", 'select ?'],
      ["select 'secret", 'select ?'],
    ])
      assert.equal(withoutLiterals(sql), shown);
  });
});

describe('hyperiondb-client/prometheus', () => {
  /** Serves a registry on loopback and scrapes it. */
  async function scrape(register) {
    const server = http.createServer(async (_, response) => {
      response.setHeader('content-type', register.contentType);
      response.end(await register.metrics());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const response = await fetch(`http://127.0.0.1:${server.address().port}/metrics`);
      return await response.text();
    } finally {
      server.close();
    }
  }
  /** The lines of a metric, by its labels. */
  const lines = (text, name) =>
    Object.fromEntries(
      text
        .split('\n')
        .filter((line) => line.startsWith(`${name}{`))
        .map((line) => [
          line.slice(name.length, line.lastIndexOf(' ')),
          Number(line.slice(line.lastIndexOf(' ') + 1)),
        ]),
    );

  for (const type of ['PROMETHEUS', 'OPENMETRICS']) {
    it(`shows the numbers of a pool when it is scraped (${type})`, async () => {
      const register = new Registry(Registry[`${type}_CONTENT_TYPE`]);
      const pool = keep(createPool(options({ poolSize: 4, minIdle: 0 })));
      collect(pool, { register, labels: { service: 'shop' } });
      for (let i = 0; i < 3; i++) await pool.query('select 1');
      await pool.query('select 1 / 0').catch(() => {});
      const text = await scrape(register);
      const { primary } = pool.topology();
      const host = `service="shop",pool="default",host="${primary}"`;
      assert.equal(lines(text, 'hyperiondb_query_duration_seconds_count')[`{${host}}`], 4);
      const buckets = Object.entries(lines(text, 'hyperiondb_query_duration_seconds_bucket')).filter(
        ([labels]) => labels.includes(primary),
      );
      assert.equal(buckets.at(-1)[0], `{${host},le="+Inf"}`);
      assert.equal(buckets.at(-1)[1], 4);
      for (let i = 1; i < buckets.length; i++)
        assert.ok(buckets[i][1] >= buckets[i - 1][1], 'they are cumulative');
      const statements = lines(text, 'hyperiondb_statements_total');
      assert.equal(statements[`{${host},outcome="succeeded"}`], 3);
      assert.equal(statements[`{${host},outcome="rolled_back"}`], 1);
      assert.equal(
        lines(text, 'hyperiondb_pool_connections')['{service="shop",pool="default",state="idle"}'],
        1,
      );
      assert.equal(lines(text, 'hyperiondb_host_role')[`{${host},role="primary"}`], 1);
      assert.match(text, /^# TYPE hyperiondb_query_duration_seconds histogram$/m);
      const ends = { gauge: [''], counter: ['', '_total'], histogram: ['_bucket', '_sum', '_count'] };
      const told = new Set(
        [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].flatMap(([, name, kind]) =>
          (ends[kind] ?? []).map((end) => name + end),
        ),
      );
      for (const [name] of fs.readFileSync(DASHBOARD, 'utf8').matchAll(/\bhyperiondb_[a-z_]+\b/g))
        assert.ok(told.has(name), `the dashboard asks for ${name}`);
    });
  }

  it('shows several pools in one registry, beside other metrics, until each is taken out', async () => {
    const register = new Registry();
    collectDefaultMetrics({ register });
    const [one, two] = [
      keep(createPool(options({ poolSize: 1 }))),
      keep(createPool(options({ poolSize: 2 }))),
    ];
    const forget = collect(one, { register, name: 'one' });
    collect(two, { register, name: 'two' });
    assert.throws(() => collect(two, { register, name: 'two' }), /There is a pool of the name 'two'/);
    assert.deepEqual(lines(await scrape(register), 'hyperiondb_pool_max_connections'), {
      '{pool="one"}': 1,
      '{pool="two"}': 2,
    });
    forget();
    const text = await scrape(register);
    assert.deepEqual(lines(text, 'hyperiondb_pool_max_connections'), { '{pool="two"}': 2 });
    assert.match(text, /^process_cpu_seconds_total /m);
  });
});
