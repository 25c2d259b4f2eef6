'use strict';

/* `hyperiondb top`: a live view of a cluster. */

const { table, sizeOf, millisecondsOf } = require('./support/table');
const { TARGET_HELP, numberOf, only, open, readCommand } = require('./support/target');

const summary = 'a live view: roles, lag, sessions, rates, events';

const help = `Usage: hyperiondb top [URL] [options]

${TARGET_HELP}

  --interval MS      how often it looks (default 1000)
  --iterations N     ends after so many; without a terminal nothing is drawn over (default: until q or Ctrl-C)
`;

/** What a server tells of itself. The numbers of other roles' sessions are there for everybody. */
const SAMPLE = `select
  (select count(*) from pg_stat_activity where backend_type = 'client backend')::float8 as sessions,
  (select count(*) from pg_stat_activity where backend_type = 'client backend' and state = 'active')::float8 as active,
  (select sum(xact_commit + xact_rollback) from pg_stat_database)::float8 as transactions,
  (select sum(tup_inserted + tup_updated + tup_deleted) from pg_stat_database)::float8 as writes,
  extract(epoch from clock_timestamp())::float8 as at`;

const EVENTS = ['primaryChanged', 'fenced', 'hostDown', 'hostUp', 'splitBrain'];
const KEPT_EVENTS = 100;

/** @param {any} event */
function textOf(event) {
  switch (event.type) {
    case 'primaryChanged':
      if (!event.host) return `the primary ${event.previous} is lost`;
      return `${event.host} is the primary${event.gapMs === null ? '' : `, after ${millisecondsOf(event.gapMs)} without one`}`;
    case 'fenced':
      return `${event.host} is fenced: read-only`;
    case 'hostDown':
      return `${event.host} is down: ${event.reason}`;
    case 'hostUp':
      return `${event.host} is up: ${event.role}`;
    default:
      return `two primaries: ${event.hosts.join(', ')} get no writes. ${event.reason}`;
  }
}

/** One host: asked again and again, each time for a moment only. */
class Sampler {
  /** @type {any} */
  #last;
  #isAsking = false;
  #pool;
  /** @type {{ sessions?: number, active?: number, transactionsPerS?: number, writesPerS?: number }} */
  shown = {};

  /** @param {string | undefined} url @param {string} host @param {number} intervalMs */
  constructor(url, host, intervalMs) {
    const timeoutMs = Math.max(500, intervalMs);
    this.#pool = open(url, { ...only(host), poolSize: 1, acquireTimeoutMs: timeoutMs, timeoutMs });
  }

  async sample() {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      const [now] = await this.#pool.query(SAMPLE);
      const last = this.#last;
      this.#last = now;
      const perS = (/** @type {string} */ what) =>
        last && now.at > last.at ? Math.max(0, now[what] - last[what]) / (now.at - last.at) : undefined;
      this.shown = {
        sessions: now.sessions,
        active: now.active,
        transactionsPerS: perS('transactions'),
        writesPerS: perS('writes'),
      };
    } catch {
      this.shown = {}; // its role says why
      this.#last = undefined;
    } finally {
      this.#isAsking = false;
    }
  }

  end() {
    return this.#pool.end({ drainTimeoutMs: 0 });
  }
}

/** @param {number | undefined} value */
const rounded = (value) => (value === undefined ? '-' : String(Math.round(value)));

/**
 * @param {any} topology
 * @param {Map<string, Sampler>} samplers
 * @param {string[]} events
 * @param {number} rows of the screen
 * @returns {string[]} lines
 */
function frame({ primary, hosts }, samplers, events, rows) {
  const head = `hyperiondb top   ${new Date().toISOString().slice(11, 19)}   primary: ${primary ?? 'none'}`;
  const lines = table(
    ['HOST', 'ROLE', 'TL', 'LAG', 'RTT', 'SESSIONS', 'ACTIVE', 'TX/S', 'WRITES/S', 'WHY'],
    hosts.map((/** @type {any} */ { host, role, timeline, lagBytes, roundTripMs, lastError }) => {
      const { sessions, active, transactionsPerS, writesPerS } = samplers.get(host)?.shown ?? {};
      return [
        host,
        role,
        String(timeline ?? '-'),
        sizeOf(lagBytes),
        millisecondsOf(roundTripMs),
        rounded(sessions),
        rounded(active),
        rounded(transactionsPerS),
        rounded(writesPerS),
        lastError ?? '',
      ];
    }),
  );
  const room = Math.max(1, rows - lines.length - 4);
  return [head, '', ...lines, '', 'EVENTS', ...events.slice(-room)];
}

/** @param {string[]} argv */
async function run(argv) {
  const command = readCommand(argv, help, { interval: { type: 'string' }, iterations: { type: 'string' } });
  if (!command) return;
  const { url, values } = command;
  const intervalMs = numberOf(values.interval, 'interval', 1000);
  const iterations = numberOf(values.iterations, 'iterations', Infinity);
  const pool = open(url, { monitorIntervalMs: Math.min(intervalMs, 1000) });
  const samplers = new Map(
    pool.topology().hosts.map((/** @type {any} */ { host }) => [host, new Sampler(url, host, intervalMs)]),
  );
  /** @type {string[]} */
  const events = [];
  const { stdout, stdin } = process;
  const isScreen = Boolean(stdout.isTTY);
  const draw = () => {
    const lines = frame(pool.topology(), samplers, events, isScreen ? stdout.rows : Infinity);
    if (!isScreen) return void stdout.write(`${lines.join('\n')}\n\n`);
    const shown = lines.slice(0, stdout.rows).map((line) => `${line.slice(0, stdout.columns)}\x1b[K`);
    stdout.write(`\x1b[H${shown.join('\r\n')}\x1b[J`);
  };
  for (const name of EVENTS) {
    pool.on(name, (/** @type {any} */ event) => {
      events.push(`${new Date().toISOString().slice(11, 23)}  ${textOf(event)}`);
      if (events.length > KEPT_EVENTS) events.shift();
      if (isScreen) draw();
    });
  }

  let stop = () => {};
  /** @type {Promise<void>} */
  const stopped = new Promise((resolve) => (stop = resolve));
  const onKey = (/** @type {Buffer} */ key) => {
    if (['q', 'Q', '\x03', '\x04', '\x1b'].includes(String(key))) stop();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
  const hasKeys = isScreen && stdin.isTTY;
  if (hasKeys) stdin.setRawMode(true).on('data', onKey);
  if (isScreen) stdout.on('resize', draw).write('\x1b[?1049h\x1b[?25l');
  try {
    for (let left = iterations; left > 0; left -= 1) {
      const next = new Promise((resolve) => setTimeout(resolve, intervalMs, 'next'));
      await Promise.race([
        Promise.allSettled([...samplers.values()].map((sampler) => sampler.sample())),
        next,
        stopped,
      ]);
      draw();
      if (left > 1 && (await Promise.race([next, stopped])) !== 'next') break;
    }
  } finally {
    if (isScreen) stdout.off('resize', draw).write('\x1b[?25h\x1b[?1049l');
    if (hasKeys) stdin.setRawMode(false).off('data', onKey).pause();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, stop);
    await Promise.all([
      pool.end({ drainTimeoutMs: 0 }),
      ...[...samplers.values()].map((sampler) => sampler.end()),
    ]);
  }
}

module.exports = { summary, run };
