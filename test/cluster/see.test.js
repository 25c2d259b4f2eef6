'use strict';

/* What is seen of a failover: by the statistics, by the tracing channels, and from a terminal. */

const assert = require('node:assert/strict');
const { tracingChannel } = require('node:diagnostics_channel');
const { createPool } = require('../..');
const { startCluster, until } = require('../../lib/testing');
const { BIN, execute, hyperiondb } = require('../support/command');

/** A real terminal. */
class Terminal {
  /** A server of its own, which ends with its only session. */
  #socket = `hyperiondb-${process.pid}-${Math.random().toString(36).slice(2)}`;

  /** @param {string[]} words */
  async #tmux(...words) {
    const { code, stdout, stderr } = await execute('tmux', ['-L', this.#socket, '-f', '/dev/null', ...words]);
    if (code !== 0) throw new Error(`tmux ${words[0]}: ${stderr}`);
    return stdout;
  }
  /** @param {string} command that a shell runs @param {number} [columns] */
  async open(command, columns = 150) {
    await this.#tmux('new-session', '-d', '-x', String(columns), '-y', '30', 'sh');
    await this.type(command, 'Enter');
  }
  /** @param {string[]} keys */
  type(...keys) {
    return this.#tmux('send-keys', ...keys);
  }
  screen() {
    return this.#tmux('capture-pane', '-p');
  }
  /** With the sequences of its colours. */
  colours() {
    return this.#tmux('capture-pane', '-p', '-e');
  }
  /** @param {RegExp} pattern */
  shows(pattern) {
    let last = '';
    return until(async () => pattern.test((last = await this.screen())) && last, {
      timeoutMs: 60_000,
      everyMs: 100,
      what: `the terminal shows ${pattern}`,
    }).catch((error) => {
      error.message += `\n${last}`;
      throw error;
    });
  }
  close() {
    return this.#tmux('kill-server').catch(() => {});
  }
}

describe('what is seen of a failover', function () {
  this.timeout(180_000);
  this.slow(20_000);
  let cluster;
  let url;
  const terminal = new Terminal();

  before(async () => {
    cluster = await startCluster({
      nodes: 3,
      settings: { wal_log_hints: 'on' },
      sql: 'grant pg_monitor to app',
    });
    url = cluster.url;
  });
  after(async () => {
    await terminal.close();
    await cluster?.stop();
  });

  it('status and doctor are content with a cluster that is', async () => {
    const status = await hyperiondb('status', url);
    assert.equal(status.code, 0, status.stdout + status.stderr);
    assert.match(status.stdout, /^HOST +ROLE/);
    assert.equal(status.stdout.match(/ standby /g).length, 2);
    const doctor = await hyperiondb('doctor', url, '--json');
    const { verdict, cluster: findings, hosts } = JSON.parse(doctor.stdout);
    assert.equal(doctor.code, 3, 'fsync is off in tests, and no standby is synchronous');
    assert.equal(verdict, 'warn');
    assert.deepEqual(
      findings.map(({ check, level }) => [check, level]),
      [['primary', 'ok']],
    );
    const warned = (host) => host.findings.filter(({ level }) => level !== 'ok').map(({ text }) => text);
    assert.ok(warned(hosts[0]).includes('2 standbys, not synchronous: a failover may lose commits'));
    assert.ok(warned(hosts[1]).includes('fsync is off'));
    assert.deepEqual(hosts[1].findings[0].text, 'standby, timeline 1');
    assert.ok(hosts[1].findings.some(({ text }) => text === 'streams from its primary'));
  });

  it('top, the statistics and the channels show it; status and doctor tell it by their exit codes', async () => {
    const spans = [];
    const subscribers = { asyncEnd: (context) => spans.push(context) };
    const channel = tracingChannel('hyperiondb:failover');
    channel.subscribe(subscribers);
    const pool = createPool(cluster.connectionOptions({ monitorIntervalMs: 200 }));
    try {
      await pool.query('select 1');
      const [old, next] = cluster.nodes;
      const [was, is] = [`${old.host}:${old.port}`, `${next.host}:${next.port}`];
      await terminal.open(`${process.execPath} ${BIN} top '${url}' --interval 200; echo ended with $?`);
      await terminal.shows(new RegExp(`primary: ${was}`));
      await terminal.shows(new RegExp(`${was} +● primary +1 .* \\d+ +\\d+ +\\d+`)); // sessions and rates

      await old.kill();
      await terminal.shows(/primary: none/);
      await terminal.shows(new RegExp(`${was} +✖ down`));
      const [status, doctor] = await Promise.all([
        hyperiondb('status', url, '--json'),
        hyperiondb('doctor', url),
      ]);
      assert.equal(status.code, 4, status.stdout + status.stderr);
      assert.equal(JSON.parse(status.stdout).primary, null);
      assert.equal(doctor.code, 4, doctor.stdout + doctor.stderr);
      assert.match(doctor.stdout, /FAIL +there is no writable primary\n +-> Promote a standby, or bring/);
      assert.match(doctor.stdout, /FAIL +\S+: down: .*[Rr]efused\n +-> Nothing listens there/);

      await cluster.promote(next);
      const screen = await terminal.shows(new RegExp(`${is} +● primary +2 `));
      assert.match(screen, new RegExp(`the primary ${was} is lost`));
      assert.match(screen, new RegExp(`${is} is the primary, after`));
      assert.match(screen, new RegExp(`${was} +✖ down`));
      const impaired = await hyperiondb('status', url);
      assert.equal(impaired.code, 3, impaired.stdout + impaired.stderr);

      await pool.query('select 1');
      assert.equal(pool.stats().failoverGap.count, 1);
      const [span] = spans.filter(({ host }) => host === is);
      assert.deepEqual([span.previous, span.timeline], [was, 2]);
      assert.ok(span.gapMs > 0);

      await terminal.type('q');
      await terminal.shows(/ended with 0/);
      assert.doesNotMatch(await terminal.screen(), /EVENTS/, 'the screen is as it was');
    } finally {
      channel.unsubscribe(subscribers);
      await pool.end({ drainTimeoutMs: 0 });
    }
  });

  it('says what is wrong with a command line, a URL and a host', async () => {
    assert.equal((await hyperiondb('status', '--jsno')).code, 2);
    assert.equal((await hyperiondb('top', url, '--interval', 'often')).code, 2);
    const wrong = await hyperiondb('status', 'postgres://app@127.0.0.1:99999/app');
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /port/);
    const nowhere = await hyperiondb('doctor', url.replace(/\/app$/, '/nowhere'));
    assert.equal(nowhere.code, 4);
    assert.match(nowhere.stdout, /"nowhere" does not exist \(3D000\)\n +-> Check the name of the database/);
  });

  it('top without a terminal prints so many frames and ends', async () => {
    const { code, stdout } = await hyperiondb('top', url, '--iterations', '2', '--interval', '300');
    assert.equal(code, 0);
    assert.equal(stdout.match(/^hyperiondb-client top /gm).length, 2);
    assert.doesNotMatch(stdout, /\x1b/);
  });

  it('DATABASE_URL says which cluster, too', async () => {
    const from = (DATABASE_URL) =>
      execute(process.execPath, [BIN, 'status', '--json'], { ...process.env, DATABASE_URL });
    const { code, stdout } = await from(url);
    assert.deepEqual(
      JSON.parse(stdout).hosts.map(({ host }) => host),
      cluster.nodes.map(({ host, port }) => `${host}:${port}`),
    );
    assert.notEqual(code, 1);
    const wrong = await from('postgres://app@127.0.0.1:99999/app');
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /DATABASE_URL: .*port/);
  });
});

describe('what is seen of hosts that do not let everybody in', function () {
  this.timeout(180_000);
  this.slow(20_000);
  let cluster;
  let url;
  let refused;
  const terminal = new Terminal();
  const top = (of, env = '') => `${env} ${process.execPath} ${BIN} top '${of}' --interval 500`;
  const report = async (verb, of) => JSON.parse((await hyperiondb(verb, of, '--json')).stdout);

  before(async () => {
    cluster = await startCluster({ nodes: 3, password: 'right', sql: 'grant pg_monitor to app' });
    url = cluster.url;
    refused = url.replace('right', 'wrong');
    assert.notEqual(refused, url);
  });
  afterEach(() => terminal.close());
  after(() => cluster?.stop());

  it('a wrong password is refused, and no reason to promote anything', async () => {
    const status = await hyperiondb('status', refused);
    assert.equal(status.code, 4);
    assert.equal(status.stdout.match(/ refused .* password authentication failed .*\(28P01\)$/gm).length, 3);
    assert.match(status.stdout, /Every host refused us/);
    const doctor = await hyperiondb('doctor', refused);
    assert.equal(doctor.code, 4);
    assert.doesNotMatch(doctor.stdout, /romote|OK|no writable primary/);
    assert.match(doctor.stdout, /FAIL +all hosts: refused: password .*\n +-> Check the password/);
    await terminal.open(top(refused), 80);
    await terminal.shows(/✖ refused/);
    await terminal.shows(/is refused: password authentication failed/);
  });

  it('top fits into 80 columns, in colour unless NO_COLOR is set', async () => {
    const { host, port } = cluster.primary;
    await terminal.open(top(url), 80);
    const screen = await terminal.shows(new RegExp(`${host}:${port} +● primary +1 (.*\\n)+.*q quit`));
    assert.equal(screen.match(/○ standby/g).length, 2);
    await terminal.shows(/^tx\/s +[\d,]+ +[▁-█]/m);
    assert.match(await terminal.colours(), /\x1b\[32m● primary/);
    await terminal.type('p');
    await terminal.shows(/paused(.*\n)+.*p go on/);
    await terminal.type('p');
    await terminal.shows(/primary: /);
    await terminal.close();
    await terminal.open(top(url, 'NO_COLOR=1'), 80);
    await terminal.shows(/● primary/);
    assert.doesNotMatch(await terminal.colours(), /\x1b\[3\dm/);
  });

  it('a frozen host is silent', async () => {
    const node = cluster.nodes[2];
    const name = `${node.host}:${node.port}`;
    await terminal.open(top(url), 80);
    await terminal.shows(new RegExp(`${name} +○ standby`));
    node.freeze();
    try {
      await terminal.shows(new RegExp(`${name} +✖ silent.*\\n +no answer for|${name} +✖ silent.*no answer`));
      assert.match(
        await terminal.screen(),
        new RegExp(`${name} +✖ silent .* ms +-( +-)* *$`, 'm'),
        'no numbers',
      );
      const { hosts } = await report('doctor', url);
      assert.equal(hosts[2].role, 'silent');
      assert.match((await hyperiondb('status', url)).stdout, new RegExp(`${name} +silent .*no answer`));
    } finally {
      node.thaw();
    }
    await terminal.shows(new RegExp(`${name} +○ standby`));
  });

  it('status and doctor agree on timelines, and on a node that is quarantined', async () => {
    const [old, next] = cluster.nodes;
    await cluster.promote(next);
    const [status, doctor] = [await report('status', url), await report('doctor', url)];
    const shown = ({ hosts }) => hosts.map(({ host, role, timeline }) => [host, role, timeline]);
    assert.deepEqual(shown(doctor), shown(status));
    assert.deepEqual(
      status.hosts.slice(0, 2).map(({ role, timeline }) => [role, timeline]),
      [
        ['quarantined', 1],
        ['primary', 2],
      ],
    );
    const names = [old, next].map(({ host, port }) => `${host}:${port}`);
    const { text, advice } = doctor.cluster.find(({ check }) => check === 'primary');
    assert.equal(text, `${names.join(' and ')} both accept writes`);
    assert.equal(advice, `Stop or fence ${names[0]} at once.`);
    assert.match(doctor.hosts[0].findings[0].text, /^quarantined: writable on timeline 1/);
  });
});
