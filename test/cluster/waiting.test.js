'use strict';

const assert = require('node:assert/strict');
const { execFile, execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { promisify } = require('node:util');
const { startCluster, until } = require('../../lib/testing');
const { createPool } = require('../..');
const { openGate } = require('../support/gate');
const { errorOf } = require('../support/error_of');

/** Observes gates: how many connections are being opened, how many are open, and what servers refuse. */
class Census {
  #opening = new Map();
  #open = new Set();
  /** Most connections to one host that were being opened at a time. */
  mostOpening = 0;
  /** Most connections at a time, over all hosts. */
  mostOpen = 0;
  /** SQLSTATE of each refused connection. */
  refusals = [];

  /** @param {import('../support/gate').Gate[]} gates */
  constructor(gates) {
    for (const gate of gates) {
      this.#opening.set(gate, new Set());
      gate.watch((seen) => this.#look(gate, seen));
    }
  }

  #look(gate, { from, type, link, fields }) {
    const opening = this.#opening.get(gate);
    if (from === 'client' && (type === 'ssl' || type === 'gss' || type === 'startup')) {
      opening.add(link);
      this.#open.add(link);
      for (const known of [...this.#open]) if (known.isOver) this.#open.delete(known);
      for (const known of [...opening]) if (known.isOver) opening.delete(known);
      this.mostOpening = Math.max(this.mostOpening, opening.size);
      this.mostOpen = Math.max(this.mostOpen, this.#open.size);
    } else if (from === 'client' && type === 'X') {
      opening.delete(link);
      this.#open.delete(link);
    } else if (from === 'server' && type === 'Z') {
      opening.delete(link);
    } else if (from === 'server' && type === 'E' && opening.has(link)) {
      opening.delete(link);
      this.#open.delete(link);
      this.refusals.push(fields.C);
    }
  }

  refusedWith(code) {
    return this.refusals.filter((each) => each === code).length;
  }
}

describe('requests that wait', function () {
  this.timeout(90_000);
  let cluster;
  let pool;
  let gates = [];
  afterEach(async () => {
    await pool?.end({ drainTimeoutMs: 0 });
    await Promise.all(gates.splice(0).map((gate) => gate.close()));
    await cluster?.stop();
    pool = cluster = undefined;
  });

  /** A cluster, and a pool that knows only the gates in front of it. */
  const open = async (clusterOptions, poolOptions) => {
    cluster = await startCluster(clusterOptions);
    gates = await Promise.all(cluster.nodes.map((node) => openGate(node)));
    const census = new Census(gates);
    pool = createPool({
      ...cluster.connectionOptions(),
      hosts: gates.map((gate) => gate.address),
      acquireTimeoutMs: 30_000,
      ...poolOptions,
    });
    return census;
  };
  const roleAt = (at) => pool.topology().hosts[at].role;

  describe('for a primary', () => {
    it('are all served after a failover, without a storm of connections', async () => {
      const poolSize = 10;
      const census = await open({ nodes: 3 }, { poolSize, monitorIntervalMs: 200 });
      await pool.query('create table t (id int)');
      await until(
        () => [1, 2].every((at) => roleAt(at) === 'standby' && pool.topology().hosts[at].warmSessions === 1),
        {
          what: 'a warm session on each standby',
        },
      );
      await Promise.all(Array.from({ length: 200 }, () => pool.query('select pg_sleep(0.005)')));
      await cluster.waitForCaughtUp();
      const events = [];
      for (const name of ['hold', 'drained']) pool.on(name, (event) => events.push(event));
      const hold = new Promise((resolve) => pool.once('hold', resolve));
      const drained = new Promise((resolve) => pool.once('drained', resolve));
      const old = cluster.primary;
      await old.kill();
      const writes = Array.from({ length: 500 }, (_, id) => pool.query('insert into t values ($1)', [id]));
      await hold;
      await until(() => pool.status().waiting === 500, { what: 'all 500 to wait' });
      await cluster.promote(cluster.standbys[0]);
      await Promise.all(writes);
      await drained;
      assert.deepEqual(
        events.map(({ type }) => type),
        ['hold', 'drained'],
      );
      assert.ok(events[0].waiting >= 1 && events[1].heldMs > 0);
      const [{ n }] = await pool.query('select count(distinct id)::int as n from t');
      assert.equal(n, 500);
      // Two that requests wait for, and the monitor's own.
      assert.ok(
        census.mostOpening <= 3,
        `${census.mostOpening} connections to one host were being opened at a time`,
      );
      // The pool's sessions, a monitor for each host, a warm session for each standby.
      assert.ok(census.mostOpen <= poolSize + 3 + 2, `${census.mostOpen} connections at a time`);
    });

    it('are refused at once beyond maxWaiting and maxWaitingBytes', async () => {
      await open({ nodes: 2 }, { maxWaiting: 20, maxWaitingBytes: 50_000, monitorIntervalMs: 200 });
      await pool.query('create table t (text text)');
      await cluster.waitForCaughtUp();
      const hold = new Promise((resolve) => pool.once('hold', resolve));
      await cluster.primary.kill();
      const first = pool.query("insert into t values ('first')");
      await hold;
      const large = await errorOf(pool.query('insert into t values ($1)', ['x'.repeat(60_000)]));
      assert.equal(large.name, 'PoolExhaustedError');
      assert.match(large.message, /maxWaitingBytes: 50000/);
      const more = Array.from({ length: 19 }, () => pool.query("insert into t values ('more')"));
      const tooMany = await errorOf(pool.query('select 1'));
      assert.equal(tooMany.name, 'PoolExhaustedError');
      assert.match(tooMany.message, /maxWaiting: 20/);
      assert.equal(tooMany.outcome, 'not-sent');
      await cluster.promote(cluster.standbys[0]);
      await Promise.all([first, ...more]);
      assert.equal((await pool.query('select count(*)::int as n from t'))[0].n, 20);
    });

    it('end after acquireTimeoutMs with what is known of every host', async () => {
      await open({ nodes: 3 }, { acquireTimeoutMs: 700, monitorIntervalMs: 100 });
      await pool.query('select 1');
      await until(() => roleAt(1) === 'standby' && roleAt(2) === 'standby', {
        what: 'the standbys to be known',
      });
      await cluster.primary.kill();
      await until(() => roleAt(0) === 'down', { what: 'the primary to be down' });
      const error = await errorOf(pool.query('create table t (id int)'));
      assert.equal(error.name, 'NoPrimaryError');
      assert.equal(error.code, 'NO_PRIMARY');
      assert.equal(error.outcome, 'not-sent');
      assert.match(error.message, /^no writable primary available after \d+ms/);
      assert.match(error.message, new RegExp(`${gates[0].address}: down; Could not connect`));
      for (const gate of gates.slice(1)) assert.match(error.message, new RegExp(`${gate.address}: standby`));
    });
  });

  describe('for a server that says "not now"', () => {
    it('57P03: it is starting up for as long as the test wants', async () => {
      const census = await open({ nodes: 1 }, { monitorIntervalMs: 200 });
      const [node] = cluster.nodes;
      await pool.query('create table t (id int)');
      // A standby that refuses all clients: the real answer of a server in recovery, until it is promoted.
      await node.stop();
      fs.writeFileSync(path.join(node.dataDir, 'standby.signal'), '', { mode: 0o644 });
      fs.appendFileSync(path.join(node.dataDir, 'postgresql.auto.conf'), 'hot_standby = off\n');
      await node.start({ wait: false });
      const before = census.refusedWith('57P03'); // it says so, too, while it shuts down
      const write = pool.query('insert into t values (1)');
      await until(() => census.refusedWith('57P03') >= before + 3, { what: 'some refusals' });
      fs.writeFileSync(path.join(node.dataDir, 'promote'), '', { mode: 0o644 });
      process.kill(node.pid, 'SIGUSR1');
      assert.equal((await write).rowCount, 1);
      assert.ok(census.mostOpening <= 3, `${census.mostOpening} at a time`);
    });

    it('57P03: a crash of one of its sessions restarts all of it', async () => {
      await open({ nodes: 1 }, { poolSize: 5, monitorIntervalMs: 200 });
      await pool.query('create table t (id int)');
      const victim = (await pool.query('select pg_backend_pid() as pid'))[0].pid;
      process.kill(victim, 'SIGKILL');
      const results = await Promise.allSettled(
        Array.from({ length: 100 }, (_, id) => pool.query('insert into t values ($1)', [id])),
      );
      const rows = await pool.query('select id, count(*)::int as copies from t group by id');
      const stored = new Map(rows.map(({ id, copies }) => [id, copies]));
      for (const [id, result] of results.entries()) {
        if (result.status === 'fulfilled') assert.equal(stored.get(id), 1);
        else assert.equal(result.reason.name, 'InDoubtError', result.reason.message);
      }
      assert.ok([...stored.values()].every((copies) => copies === 1));
    });

    it('53300: it is full, and neither down nor stormed', async () => {
      const census = await open(
        { nodes: 1, settings: { max_connections: 8, max_wal_senders: 2 } },
        { minIdle: 0 },
      );
      const [node] = cluster.nodes;
      const blockers = [];
      const takeAll = async () => {
        for (;;) {
          try {
            blockers.push(await node.connect({ timeoutMs: 10_000 }));
          } catch (error) {
            assert.equal(error.code, '53300');
            return;
          }
        }
      };
      await takeAll();
      try {
        const waiting = Array.from({ length: 20 }, () => pool.query('select 1 as one'));
        await until(() => census.refusedWith('53300') >= 6, { what: 'some refusals' });
        assert.notEqual(roleAt(0), 'down');
        assert.equal(pool.status().waiting, 20);
        for (const wire of blockers.splice(0)) wire.end();
        for (const rows of await Promise.all(waiting)) assert.deepEqual([...rows], [{ one: 1 }]);
        assert.ok(census.mostOpening <= 3, `${census.mostOpening} at a time`);
      } finally {
        for (const wire of blockers) wire.end();
      }
    });
  });

  describe('for a server that refuses them', () => {
    const DIALS = 6;
    const refusals = [
      ['a wrong password', { password: 'wrong' }, '28P01'],
      ['a database that is not there', { database: 'nowhere' }, '3D000'],
      ['TLS that the server does not have', { ssl: { mode: 'require' } }, 'ETLS'],
    ];
    for (const [what, options, code] of refusals) {
      it(`${what} ends them at once, and no loop hammers at it`, async () => {
        await open({ nodes: 2, password: 'right' }, { ...options, monitorIntervalMs: 100 });
        const error = await errorOf(pool.query('select 1'));
        assert.equal(error.code, code, error.message);
        assert.ok(
          gates.some((gate) => gate.address === error.host && error.message.includes(gate.address)),
          `${error.host}: ${error.message}`,
        );
        assert.equal(error.outcome, 'not-sent');
        // An application that keeps trying until pool and monitor have dialed each host some more times.
        const before = gates.map((gate) => gate.counts.connections);
        const dialled = () => gates.map((gate, at) => gate.counts.connections - before[at]);
        let calls = 0;
        while (Math.min(...dialled()) < DIALS) {
          assert.equal((await errorOf(pool.query('select 1'))).code, code);
          calls += 1;
          await new Promise((resolve) => setImmediate(resolve));
        }
        // The exact rate is tested with the model's clock, in test/unit/pool.
        const most = Math.max(...dialled());
        assert.ok(calls > 10 * most, `${most} connections to a host for ${calls} calls`);
      });
    }

    it('also those that come when only the monitor has asked', async () => {
      await open({ nodes: 2, password: 'right' }, { password: 'wrong', minIdle: 0, monitorIntervalMs: 100 });
      await until(() => roleAt(0) === 'down' && roleAt(1) === 'down', { what: 'the monitor to be refused' });
      const error = await errorOf(pool.query('select 1'));
      assert.equal(error.code, '28P01', error.message);
      assert.ok(gates.some((gate) => gate.address === error.host));
    });

    it('until they let them in', async () => {
      await open({ nodes: 2, password: 'right' }, { password: 'new', monitorIntervalMs: 100 });
      assert.equal((await errorOf(pool.query('select 1'))).code, '28P01');
      await cluster.primary.query("alter role app password 'new'");
      await until(async () => (await pool.query('select 1 as one'))[0].one === 1, { what: 'a session' });
    });

    it('and not those of another pool that have the right password', async () => {
      await open({ nodes: 2, password: 'right' }, { password: 'wrong', monitorIntervalMs: 100 });
      assert.equal((await errorOf(pool.query('select 1'))).code, '28P01');
      await until(() => roleAt(0) === 'down' && roleAt(1) === 'down', { what: 'the monitor to be refused' });
      const other = createPool({
        ...cluster.connectionOptions(),
        hosts: gates.map((gate) => gate.address),
        poolSize: 1,
        minIdle: 1,
        acquireTimeoutMs: 30_000,
      });
      try {
        const lost = [];
        other.on('hostDown', (event) => lost.push(event.host));
        await other.query('create table t (id int)');
        const pid = async () => (await other.query('select pg_backend_pid() as pid'))[0].pid;
        const first = await pid();
        const asked = gates.map((gate) => gate.counts.connections);
        // The monitor may ask with either's password.
        await until(
          async () => {
            for (let i = 0; i < 50; i += 1) await other.query('insert into t values (1)');
            const error = await errorOf(pool.query('select 1'));
            assert.equal(error.code, '28P01');
            return gates.some((gate, at) => gate.counts.connections - asked[at] >= 4);
          },
          { what: 'more logins', everyMs: 0 },
        );
        assert.deepEqual(lost, []);
        assert.equal(await pid(), first, 'its sessions stay');
      } finally {
        await other.end();
      }
    });
  });

  describe('for a name with two addresses, one of them dead', () => {
    // A hosts file of its own, in a mount namespace: the machine's stays as it is.
    const SCRIPT = `
      mount --bind "$HOSTS" /etc/hosts
      exec "$NODE" -e '
        const { createPool } = require(process.env.CLIENT);
        (async () => {
          const pool = createPool(JSON.parse(process.env.OPTIONS));
          const rows = await Promise.all(Array.from({ length: 20 }, () => pool.query("select 1 as one")));
          const [{ role, host }] = pool.topology().hosts;
          console.log(JSON.stringify({ served: rows.length, role, host }));
          await pool.end();
        })();
      '`;
    let folder;
    before(function () {
      try {
        execFileSync('unshare', ['-m', 'true'], { stdio: 'ignore' });
      } catch {
        this.skip('mount namespaces need root');
      }
      folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hyperiondb-hosts-'));
    });
    after(() => {
      if (folder) fs.rmSync(folder, { recursive: true, force: true });
    });

    for (const [what, addresses] of [
      ['the first', ['127.0.0.9', '127.0.0.1']],
      ['the last', ['127.0.0.1', '127.0.0.9']],
      ['the one of IPv6', ['::1', '127.0.0.1']],
    ]) {
      it(`${what}: they are served through the other one`, async () => {
        cluster = await startCluster({ nodes: 1 }); // listens on 127.0.0.1 alone
        const hosts = path.join(folder, 'hosts');
        fs.writeFileSync(hosts, addresses.map((each) => `${each} database.test\n`).join(''));
        const { stdout } = await promisify(execFile)('unshare', ['-m', 'sh', '-ec', SCRIPT], {
          timeout: 30_000,
          env: {
            ...process.env,
            HOSTS: hosts,
            NODE: process.execPath,
            CLIENT: path.join(__dirname, '../..'),
            OPTIONS: JSON.stringify({
              ...cluster.connectionOptions(),
              hosts: [`database.test:${cluster.primary.port}`],
            }),
          },
        });
        assert.deepEqual(JSON.parse(stdout), {
          served: 20,
          role: 'primary',
          host: `database.test:${cluster.primary.port}`,
        });
      });
    }
  });
});
