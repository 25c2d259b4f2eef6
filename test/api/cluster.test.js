'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const { startCluster, until } = require('../../lib/testing');
const { options, newPool, keep } = require('../support/cluster.js');

describe('what a pool tells of its cluster', function () {
  this.timeout(60_000);
  this.slow(5_000);

  it('topology() shows each host in the order of the options', async () => {
    const pool = newPool();
    const { hosts } = options();
    assert.deepEqual(
      pool.topology().hosts.map(({ host }) => host),
      hosts,
    );
    await pool.query('select 1');
    const { primary } = pool.topology();
    const topology = await until(
      () => {
        const now = pool.topology();
        return now.hosts.every(({ role }) => role === 'primary' || role === 'standby') && now;
      },
      { what: 'the role of every host' },
    );
    assert.equal(topology.primary, primary);
    for (const host of topology.hosts) {
      assert.deepEqual(Object.keys(host), [
        ...[
          'host',
          'role',
          'timeline',
          'systemIdentifier',
          'lsn',
          'lagBytes',
          'roundTripMs',
          'sessions',
          'warmSessions',
          'lastError',
          'lastErrorCode',
          'refused',
        ],
      ]);
      assert.equal(host.role, host.host === primary ? 'primary' : 'standby');
      assert.match(host.lsn, /^[0-9A-F]+\/[0-9A-F]+$/);
      assert.match(host.systemIdentifier, /^\d+$/);
      assert.deepEqual([host.lastError, host.lastErrorCode, host.refused], [null, null, false]);
      assert.ok(host.roundTripMs > 0);
      if (host.role === 'primary') assert.equal(host.lagBytes, null);
      else assert.equal(typeof host.lagBytes, 'number');
    }
    assert.ok(topology.hosts.find(({ host }) => host === primary).sessions >= 1);
    assert.throws(() => {
      topology.hosts[0].role = 'mine';
    }, TypeError);
  });

  it('may be asked while the hosts change', () => {
    // In a separate process, because reading a freed list would crash it.
    const program = `
      const { createPool } = require(process.argv[1]);
      const lists = [3, 4].map((count) => Array.from({ length: count }, (_, i) => '127.0.0.1:' + (i + 1)));
      const pool = createPool({ hosts: lists[1], user: 'app', mode: 'any' });
      const end = performance.now() + 500;
      for (let i = 0; performance.now() < end; i += 1) {
        pool.setHosts(lists[i % 2]);
        for (let j = 0; j < 20; j += 1) {
          const counts = [pool.topology().hosts.length, pool.stats().hosts.length];
          if (counts.some((count) => count !== 3 && count !== 4)) throw new Error(String(counts));
        }
      }
      pool.end().then(() => console.log('lived'));`;
    const output = execFileSync(process.execPath, ['-e', program, path.join(__dirname, '../..')], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    assert.equal(output, 'lived\n');
  });

  it('a full pool of a mode that spreads gives every standby its share', async function () {
    if (options().hosts.length < 3) this.skip('the cluster that was named has fewer than three nodes');
    const pool = newPool({ mode: 'read-only', poolSize: 6 });
    let going = true;
    const readers = Array.from({ length: 12 }, async () => {
      while (going) await pool.query('select pg_sleep(0.001)::text');
    });
    const shares = () =>
      pool
        .topology()
        .hosts.filter(({ role }) => role === 'standby')
        .map(({ sessions }) => sessions);
    try {
      await until(() => shares().length === 2 && shares().every((count) => count === 3), {
        timeoutMs: 20_000,
        what: 'three sessions on each standby',
      });
    } finally {
      going = false;
      await Promise.all(readers);
    }
  });

  describe('when it changes', () => {
    /** @type {import('../../lib/testing').Cluster} */
    let cluster;
    before(async () => {
      cluster = await startCluster({ nodes: 2 });
    });
    after(() => cluster?.stop());

    it('emits what happened, as plain objects', async () => {
      const { createPool } = require('../..');
      const pool = keep(createPool(cluster.connectionOptions({ monitorIntervalMs: 100 })));
      const seen = [];
      for (const name of ['primaryChanged', 'fenced', 'hostDown', 'hostUp', 'splitBrain', 'hold', 'drained'])
        pool.on(name, (event) => seen.push(event));
      const name = ({ host, port }) => `${host}:${port}`;
      const [first, second] = cluster.nodes;
      await pool.query('select 1');
      await until(() => seen.filter(({ type }) => type === 'hostUp').length === 2, { what: 'both hosts' });
      assert.deepEqual(
        seen.filter(({ type }) => type === 'primaryChanged'),
        [{ type: 'primaryChanged', host: name(first), previous: null, timeline: 1, gapMs: null }],
      );
      assert.deepEqual(
        seen.filter(({ type }) => type === 'hostUp').sort((a, b) => (a.role < b.role ? -1 : 1)),
        [
          { type: 'hostUp', host: name(first), role: 'primary' },
          { type: 'hostUp', host: name(second), role: 'standby' },
        ],
      );

      seen.length = 0;
      await first.fence();
      const held = pool.query('select 7 as x');
      await until(() => seen.some(({ type }) => type === 'hold'), { what: 'a hold' });
      await cluster.promote(second);
      assert.deepEqual(await held, [{ x: 7 }]);
      await until(() => seen.some(({ type }) => type === 'drained'), { what: 'the end of the hold' });
      const one = (type) => {
        const found = seen.filter((event) => event.type === type);
        assert.equal(found.length, 1, `${type}: ${JSON.stringify(seen)}`);
        return found[0];
      };
      assert.deepEqual(one('fenced'), { type: 'fenced', host: name(first) });
      assert.equal(one('hold').waiting, 1);
      assert.ok(one('drained').heldMs > 0);
      const changes = seen.filter(({ type }) => type === 'primaryChanged');
      assert.deepEqual([changes[0].host, changes[0].previous], [null, name(first)]);
      assert.deepEqual([changes.at(-1).host, changes.at(-1).timeline], [name(second), 2]);
      assert.ok(changes.at(-1).gapMs > 0);
      assert.equal(pool.topology().primary, name(second));

      await first.kill();
      await until(() => seen.some(({ type }) => type === 'hostDown'), { what: 'the loss of a host' });
      const down = one('hostDown');
      assert.deepEqual(Object.keys(down).sort(), ['host', 'reason', 'type']);
      assert.equal(down.host, name(first));
      assert.ok(down.reason.length > 0);
    });
  });

  it('lets listeners come and go, and one that throws does not keep an event from the others', async () => {
    // A list of hosts that no other pool has, so that its primary is not known yet.
    const pool = newPool({ hosts: [...options().hosts, '127.0.0.1:1'] });
    const thrown = new Error('from a listener');
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const uncaught = once(process, 'uncaughtException');
    try {
      pool.on('primaryChanged', () => {
        throw thrown;
      });
      const heard = once(pool, 'primaryChanged');
      const never = () => assert.fail('it was taken away');
      pool.on('primaryChanged', never);
      pool.off('primaryChanged', never);
      await pool.query('select 1');
      assert.equal((await heard)[0].type, 'primaryChanged');
      assert.equal((await uncaught)[0], thrown);
    } finally {
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
  });

  it('refuses to listen to an event that there is not, and to forget its listener', () => {
    const pool = newPool({ minIdle: 0 });
    const nothing = () => {};
    for (const method of ['on', 'once', 'addListener', 'prependListener', 'prependOnceListener', 'off']) {
      assert.throws(
        () => pool[method]('primarychanged', nothing),
        (error) => {
          assert.deepEqual([error.name, error.code], ['ConfigurationError', 'ERR_INVALID_ARG_VALUE']);
          assert.match(error.message, /no event 'primarychanged'; possible are primaryChanged, fenced,/);
          assert.match(error.stack, /: [^\n]*\n {4}at .*cluster\.test\.js/);
          return true;
        },
        method,
      );
    }
    assert.equal(pool.on('error', nothing).off('error', nothing).listenerCount('error'), 0);
    assert.equal(pool.on(Symbol('own'), nothing), pool);
  });

  describe('setHosts', () => {
    it('follows another list from then on', async () => {
      const { hosts } = options();
      const pool = newPool({ hosts: ['127.0.0.1:1'], minIdle: 0 });
      const waiting = pool.query('select 1 as x');
      assert.equal(pool.setHosts(hosts), undefined);
      assert.deepEqual(await waiting, [{ x: 1 }]);
      assert.deepEqual(
        pool.topology().hosts.map(({ host }) => host),
        hosts,
      );
    });

    it('keeps sessions on hosts that stay', async () => {
      const pool = newPool({ poolSize: 1 });
      const [{ pid }] = await pool.query('select pg_backend_pid() as pid');
      pool.setHosts([...options().hosts].reverse());
      assert.deepEqual(await pool.query('select pg_backend_pid() as pid'), [{ pid }]);
    });

    it('is refused by a pool that has ended, as often as it is called', async () => {
      const pool = newPool();
      await pool.query('select 1');
      const ended = pool.end();
      assert.throws(() => pool.setHosts(options().hosts), { name: 'PoolClosedError', code: 'POOL_CLOSED' });
      await ended;
      for (let i = 0; i < 3; i += 1) {
        assert.throws(() => pool.setHosts([`127.0.0.1:${i + 1}`]), { name: 'PoolClosedError' });
      }
    });

    it('refuses what cannot be hosts, and stays with those it has', async () => {
      const pool = newPool();
      const wrong = { name: 'ConfigurationError', outcome: 'not-sent' };
      assert.throws(() => pool.setHosts([]), { ...wrong, message: /hosts/ });
      assert.throws(() => pool.setHosts(['a:b']), { ...wrong, message: /a:b/ });
      assert.throws(() => pool.setHosts('a'), { ...wrong, message: /hosts/ });
      assert.throws(() => pool.setHosts(), { ...wrong, message: /hosts/ });
      assert.deepEqual(await pool.query('select 1 as x'), [{ x: 1 }]);
    });
  });
});
