'use strict';

/* How the demo shows itself: one screen that is drawn again and again on a terminal, plain lines anywhere else. */

const BARS = ' ▁▂▃▄▅▆▇█';
const HISTORY = 60;

/** @param {number} code */
const paint = (code) => (/** @type {unknown} */ text) => `\x1b[${code}m${text}\x1b[0m`;
const bold = paint(1);
const dim = paint(2);
const red = paint(31);
const green = paint(32);
const yellow = paint(33);
const cyan = paint(36);

const ROLES = {
  primary: () => green('● primary    '),
  standby: () => cyan('○ standby    '),
  fenced: () => yellow('◌ fenced     '),
  quarantined: () => yellow('◌ quarantined'),
  down: () => red('✖ down       '),
  unknown: () => dim('? unknown    '),
};

/** @param {number} n */
const grouped = (n) => Math.round(n).toLocaleString('en-US');
/** @param {number} ms */
const inSeconds = (ms) => `${(ms / 1000).toFixed(1)} s`.padStart(7);

/** @param {number[]} values */
function sparkline(values) {
  const most = Math.max(1, ...values);
  return values.map((value) => BARS[value === 0 ? 0 : 1 + Math.round((value / most) * 7)]).join('');
}

class Screen {
  #view;
  #events = [];
  #writes = [];
  #reads = [];
  #last = { writes: 0, reads: 0, at: 0 };
  #rate = { writes: 0, reads: 0 };
  #timer;
  #isTerminal;
  #out = process.stdout;

  /**
   * @param {() => View} view
   * @param {{ plain?: boolean }} [options]
   * @typedef {object} View
   * @property {number} ms since the beginning
   * @property {readonly import('hyperiondb-client').HostView[]} hosts
   * @property {number} writes
   * @property {number} reads
   * @property {number} inDoubt
   * @property {number} errors
   * @property {number} silentMs since the last acknowledged write
   */
  constructor(view, { plain = false } = {}) {
    this.#view = view;
    this.#isTerminal = this.#out.isTTY === true && !plain;
    if (this.#isTerminal) this.#out.write('\x1b[?1049h\x1b[?25l');
    this.#timer = setInterval(() => this.#tick(), this.#isTerminal ? 200 : 1000);
  }

  /** @param {string} what */
  event(what) {
    const line = `${inSeconds(this.#view().ms)}  ${what}`;
    this.#events.push(line);
    if (!this.#isTerminal) this.#out.write(`${line}\n`);
  }

  /** Back to the terminal as it was; the events are kept. */
  close() {
    clearInterval(this.#timer);
    if (!this.#isTerminal) return;
    this.#isTerminal = false;
    this.#out.write(`\x1b[?25h\x1b[?1049l${this.#events.join('\n')}\n`);
  }

  #tick() {
    const view = this.#view();
    const passed = Math.max(1, view.ms - this.#last.at) / 1000;
    this.#rate = {
      writes: (view.writes - this.#last.writes) / passed,
      reads: (view.reads - this.#last.reads) / passed,
    };
    this.#last = { writes: view.writes, reads: view.reads, at: view.ms };
    this.#writes = [...this.#writes, this.#rate.writes].slice(-HISTORY);
    this.#reads = [...this.#reads, this.#rate.reads].slice(-HISTORY);
    if (this.#isTerminal) this.#draw(view);
    else this.#print(view);
  }

  /** @param {View} view */
  #print(view) {
    const primary = view.hosts.find(({ role }) => role === 'primary')?.host ?? 'none';
    this.#out.write(
      `${inSeconds(view.ms)}  primary ${primary.padEnd(16)} ${grouped(this.#rate.writes).padStart(7)} writes/s ` +
        `${grouped(this.#rate.reads).padStart(7)} reads/s  in doubt ${view.inDoubt}  errors ${view.errors}\n`,
    );
  }

  /** @param {View} view */
  #draw(view) {
    const isSilent = view.silentMs > 100;
    const lines = [
      `${bold('hyperiondb-client')}  3 nodes, synchronous; 20 writers, 20 readers; no failover code ${dim(inSeconds(view.ms))}`,
      '',
      ...view.hosts.map(
        ({ host, role, timeline }) =>
          `  ${host.padEnd(18)} ${ROLES[role]()}  ${role === 'primary' ? dim(`timeline ${timeline}`) : ''}`,
      ),
      '',
      `  writes/s ${grouped(this.#rate.writes).padStart(7)}  ${green(sparkline(this.#writes))}`,
      `  reads/s  ${grouped(this.#rate.reads).padStart(7)}  ${cyan(sparkline(this.#reads))}`,
      '',
      `  acknowledged ${bold(grouped(view.writes))}   in doubt ${view.inDoubt}   errors seen by the application ` +
        `${view.errors > 0 ? red(view.errors) : view.errors}` +
        (isSilent ? `   ${yellow(`no write for ${grouped(view.silentMs)} ms`)}` : ''),
      '',
      ...this.#events.slice(-10),
    ];
    this.#out.write(`\x1b[H${lines.map((line) => `${line}\x1b[K\n`).join('')}\x1b[J`);
  }
}

module.exports = { Screen, grouped };
