// `hyperiondb-client top`: a live view of a cluster.
'use strict';

const { briefly, roleOf, whyOf } = require('./support/hosts');
const { Sampler } = require('./support/sampler');
const { hostTable, sizeOf, millisecondsOf } = require('./support/table');
const { TARGET_HELP, numberOf, open, readCommand } = require('./support/target');
const { painter, roleOn, sparkline, wrap } = require('./support/terminal');

const summary = 'a live view: roles, lag, sessions, rates, events';

const help = `Usage: hyperiondb-client top [URL] [options]

${TARGET_HELP}

  --interval MS      how often it looks (default 1000)
  --iterations N     ends after so many; without a terminal nothing is drawn over (default: until q or Ctrl-C)

Keys: q quits, p pauses the screen.
`;

const EVENTS = ['primaryChanged', 'fenced', 'hostDown', 'hostUp', 'splitBrain'];
const KEPT_EVENTS = 100;
const HISTORY = 60;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** A host that owes an answer for so long is shown as silent, before the monitor has made up its mind. */
const SILENT_MS = 500;
const REDRAW_MS = 250;

/** How a host is down; when an event comes, it may be up again. @param {any} host */
const absence = (host) => (host?.role === 'down' ? roleOf(host) : 'down');

/** @param {any} event @param {any[]} hosts of `topology()`, which knows more than the event */
function textOf(event, hosts) {
  switch (event.type) {
    case 'primaryChanged':
      if (!event.host) return `the primary ${event.previous} is lost`;
      return `${event.host} is the primary${event.gapMs === null ? '' : `, after ${millisecondsOf(event.gapMs)} without one`}`;
    case 'fenced':
      return `${event.host} is fenced: read-only`;
    case 'hostDown':
      return `${event.host} is ${absence(hosts.find(({ host }) => host === event.host))}: ${briefly(event.reason)}`;
    case 'hostUp':
      return `${event.host} is up: ${event.role}`;
    default:
      return `two primaries: ${event.hosts.join(', ')} get no writes. ${event.reason}`;
  }
}

/** @param {number | undefined} value */
const rounded = (value) => (value === undefined ? '-' : Math.round(value).toLocaleString('en-US'));

/** What is shown, and what was. */
class View {
  /** @type {any} */
  #pool;
  /** @type {Map<string, Sampler>} */
  #samplers;
  /** @type {string[]} */
  #events = [];
  /** @type {{ transactions: number[], writes: number[] }} */
  #history = { transactions: [], writes: [] };
  isPaused = false;

  /** @param {any} pool @param {Map<string, Sampler>} samplers */
  constructor(pool, samplers) {
    this.#pool = pool;
    this.#samplers = samplers;
  }

  /** @param {any} event */
  tell(event) {
    this.#events.push(
      `${new Date().toISOString().slice(11, 23)}  ${textOf(event, this.#pool.topology().hosts)}`,
    );
    if (this.#events.length > KEPT_EVENTS) this.#events.shift();
  }

  /** Once for each look: the rates of all hosts together. */
  remember() {
    const all = [...this.#samplers.values()].map(({ shown }) => shown);
    const { transactions, writes } = this.#history;
    transactions.push(all.reduce((sum, { transactionsPerS = 0 }) => sum + transactionsPerS, 0));
    writes.push(all.reduce((sum, { writesPerS = 0 }) => sum + writesPerS, 0));
    for (const values of [transactions, writes]) if (values.length > HISTORY) values.shift();
  }

  /** A host with its numbers, and its silence. @param {any} host */
  #withNumbers(host) {
    const sampler = this.#samplers.get(host.host);
    const role = roleOf(host);
    const isSilent = host.role !== 'down' && (sampler?.silentMs ?? 0) > SILENT_MS && role !== 'refused';
    return {
      ...host,
      sessions: undefined, // those of this program are of no interest
      ...(isSilent ? {} : sampler?.shown),
      shownAs: isSilent ? 'silent' : role,
      why: isSilent ? `no answer for ${((sampler?.silentMs ?? 0) / 1000).toFixed(1)} s` : whyOf(host),
    };
  }

  /**
   * @param {{ columns: number, rows: number, isScreen: boolean, paint: import('./support/terminal').Paint }} screen
   * @returns {string[]} lines
   */
  frame({ columns, rows, isScreen, paint }) {
    const { primary, hosts } = this.#pool.topology();
    const at = new Date().toISOString().slice(11, 19);
    const state = this.isPaused ? paint('yellow', 'paused') : `primary: ${primary ?? 'none'}`;
    const top = [`${paint('bold', 'hyperiondb-client top')}  ${paint('dim', at)}  ${state}`, ''];
    const [titles, ...lines] = hostTable(
      [
        { title: 'HOST', cell: ({ host }) => host },
        { title: 'ROLE', cell: ({ shownAs }) => (isScreen ? roleOn(shownAs, paint) : shownAs) },
        { title: 'TL', isNumber: true, cell: ({ timeline }) => String(timeline ?? '-') },
        { title: 'LAG', isNumber: true, cell: ({ lagBytes }) => sizeOf(lagBytes) },
        { title: 'RTT', isNumber: true, isSpare: true, cell: ({ roundTripMs: ms }) => millisecondsOf(ms) },
        { title: 'SESSIONS', isNumber: true, cell: ({ sessions }) => rounded(sessions) },
        { title: 'ACTIVE', isNumber: true, isSpare: true, cell: ({ active }) => rounded(active) },
        { title: 'TX/S', isNumber: true, cell: ({ transactionsPerS: perS }) => rounded(perS) },
        { title: 'WRITES/S', isNumber: true, isSpare: true, cell: ({ writesPerS }) => rounded(writesPerS) },
      ],
      ({ why }) => why,
      hosts.map((/** @type {any} */ host) => this.#withNumbers(host)),
      columns,
    );
    top.push(paint('dim', titles), ...lines, '');
    const { transactions, writes } = this.#history;
    const chart = (/** @type {string} */ name, /** @type {string} */ style, /** @type {number[]} */ values) =>
      `${name.padEnd(9)} ${rounded(values.at(-1)).padStart(9)}  ${paint(style, sparkline(values.slice(-Math.max(1, columns - 22))))}`;
    if (isScreen) top.push(chart('tx/s', 'cyan', transactions), chart('writes/s', 'green', writes), '');
    top.push(paint('dim', 'EVENTS'));
    const room = Math.max(1, rows - top.length - 2);
    const told = this.#events.flatMap((text) => wrap(text, columns, 14)).slice(-room);
    if (!isScreen) return [...top, ...told];
    const blank = Array.from({ length: Math.max(0, rows - top.length - told.length - 1) }, () => '');
    const keys = `${paint('bold', 'q')} quit   ${paint('bold', 'p')} ${this.isPaused ? 'go on' : 'pause'}`;
    return [...top, ...told, ...blank, keys].slice(0, rows);
  }
}

/**
 * Draws the view: over the whole screen, or as text, one frame after the other.
 * @param {View} view
 */
function drawing(view) {
  const { stdout } = process;
  const isScreen = Boolean(stdout.isTTY);
  const paint = painter(stdout);
  return () => {
    if (!isScreen) {
      const lines = view.frame({ columns: Infinity, rows: Infinity, isScreen, paint });
      return void stdout.write(`${lines.join('\n')}\n\n`);
    }
    const lines = view.frame({ columns: stdout.columns, rows: stdout.rows, isScreen, paint });
    stdout.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\r\n')}\x1b[J`);
  };
}

/**
 * Takes the screen and the keys; what it returns gives both back.
 * @param {{ view: View, draw: () => void, redraw: () => void, stop: () => void }} of
 */
function takeTerminal({ view, draw, redraw, stop }) {
  const { stdout, stdin } = process;
  const isScreen = Boolean(stdout.isTTY);
  const hasKeys = isScreen && stdin.isTTY;
  const onKey = (/** @type {Buffer} */ key) => {
    if (['q', 'Q', '\x03', '\x04', '\x1b'].includes(String(key))) stop();
    if (['p', 'P'].includes(String(key))) {
      view.isPaused = !view.isPaused;
      draw();
    }
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  if (hasKeys) stdin.setRawMode(true).on('data', onKey);
  if (isScreen) stdout.on('resize', draw).write('\x1b[?1049h\x1b[?25l');
  const redrawing = setInterval(redraw, REDRAW_MS);
  return () => {
    clearInterval(redrawing);
    if (isScreen) stdout.off('resize', draw).write('\x1b[?25h\x1b[?1049l');
    if (hasKeys) stdin.setRawMode(false).off('data', onKey).pause();
    for (const signal of SIGNALS) process.off(signal, stop);
  };
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
  const view = new View(pool, samplers);
  const isScreen = Boolean(process.stdout.isTTY);
  const draw = drawing(view);
  /** Between two looks, on a screen. */
  const redraw = () => {
    if (isScreen && !view.isPaused) draw();
  };
  for (const name of EVENTS) {
    pool.on(name, (/** @type {any} */ event) => {
      view.tell(event);
      redraw();
    });
  }

  let stop = () => {};
  /** @type {Promise<void>} */
  const stopped = new Promise((resolve) => (stop = resolve));
  const giveBack = takeTerminal({ view, draw, redraw, stop });
  try {
    for (let left = iterations; left > 0; left -= 1) {
      const next = new Promise((resolve) => setTimeout(resolve, intervalMs, 'next'));
      await Promise.race([
        Promise.allSettled([...samplers.values()].map((sampler) => sampler.sample())),
        next,
        stopped,
      ]);
      view.remember();
      if (isScreen) redraw();
      else draw();
      if (left > 1 && (await Promise.race([next, stopped])) !== 'next') break;
    }
  } finally {
    giveBack();
    await Promise.all([
      pool.end({ drainTimeoutMs: 0 }),
      ...[...samplers.values()].map((sampler) => sampler.end()),
    ]);
  }
}

module.exports = { summary, run };
