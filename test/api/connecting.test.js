'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { execFile } = require('node:child_process');
const { promisify, inspect } = require('node:util');
const { createPool } = require('../..');
const { startCluster, findPostgres } = require('../../lib/testing');
const { options, keep } = require('../support/cluster.js');
const { errorOf } = require('../support/error_of');

const root = path.join(__dirname, '../..');

describe('connecting', function () {
  this.timeout(60_000);
  this.slow(5_000);

  describe('past hosts that are silent', () => {
    /** @type {Set<net.Socket>} */
    const sockets = new Set();
    let dials = 0;
    /** Accepts connections and never answers. */
    const silent = net.createServer((socket) => {
      dials += 1;
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
      socket.resume();
    });
    let host;
    before((done) => {
      silent.listen(0, '127.0.0.1', () => {
        host = `127.0.0.1:${silent.address().port}`;
        done();
      });
    });
    after((done) => {
      for (const socket of sockets) socket.destroy();
      silent.close(done);
    });
    beforeEach(() => {
      dials = 0;
    });

    it('answers from another host while the silent one is still being dialled', async () => {
      const pool = keep(createPool(options({ hosts: [host, ...options().hosts], connectTimeoutMs: 30_000 })));
      assert.deepEqual(await pool.query('select 1 as x'), [{ x: 1 }]);
      // One connect for the statement and one for the monitor; neither has given up.
      assert.ok(dials <= 2, `${dials} dials`);
      assert.equal(sockets.size, dials);
      assert.equal(pool.topology().hosts[0].role, 'unknown');
    });

    it('whatever their place and their number', async () => {
      const { hosts } = options();
      const port = Number(host.split(':')[1]);
      const spellings = [host, `localhost:${port}`];
      const pool = keep(
        createPool(
          options({ hosts: [spellings[0], ...hosts, spellings[1]], connectTimeoutMs: 30_000, minIdle: 0 }),
        ),
      );
      assert.deepEqual(await pool.query('select 1 as x'), [{ x: 1 }]);
      const reading = keep(
        createPool(options({ hosts: [...spellings, ...hosts], connectTimeoutMs: 30_000, mode: 'any' })),
      );
      assert.deepEqual(await reading.query('select 1 as x'), [{ x: 1 }]);
      assert.ok(sockets.size > 0);
    });

    it('gives up on one after connectTimeoutMs and says so', async () => {
      const pool = keep(
        createPool(options({ hosts: [host], connectTimeoutMs: 80, acquireTimeoutMs: 400, minIdle: 0 })),
      );
      const error = await errorOf(pool.query('select 1'));
      assert.deepEqual([error.name, error.outcome], ['NoPrimaryError', 'not-sent']);
      assert.match(error.message, /^no writable primary available after \d+ms/);
      assert.ok(error.message.includes(host), error.message);
    });
  });

  describe('with nobody there', () => {
    /** What a program prints, its warnings included. */
    async function said(program) {
      const { stdout, stderr } = await promisify(execFile)(process.execPath, ['-e', program], { cwd: root });
      return stderr + stdout;
    }
    const program = (options, more = '') => `
      const pool = require('.').createPool(${JSON.stringify({ user: 'x', minIdle: 0, acquireTimeoutMs: 4000, ...options })});
      pool.query('select 1').catch((error) => console.log(error.name)).then(() => pool.end());${more}`;

    it('warns of it once, before the deadline', async () => {
      const hosts = ['127.0.0.1:1', 'no.such.host.invalid:5432'];
      const output = await said(
        program(
          { hosts },
          `pool.query('select 2').catch(() => {});
        process.once('warning', () => console.log('warned'));`,
        ),
      );
      assert.ok(output.endsWith('warned\nNoPrimaryError\n'), output);
      assert.match(output, /HYPERIONDB_NO_ANSWER\] HyperionWarning: No host has answered .*2 calls wait/);
      assert.match(output, / {2}127\.0\.0\.1:1: .*refused/);
      assert.equal(output.split('HyperionWarning').length, 2, output);
    });

    it('does not warn of hosts that answer, nor where no call waits', async () => {
      const refusing = { ...options(), user: 'x', database: 'nothing_like_it' };
      assert.equal(await said(program(refusing)), 'ConnectError\n');
      const idle = `
        const pool = require('.').createPool({ hosts: ['127.0.0.1:1'], user: 'x', minIdle: 1 });
        setTimeout(() => pool.end(), 3000);`;
      assert.equal(await said(idle), '');
    });

    for (const [mode, name, text] of [
      ['read-write', 'NoPrimaryError', 'no writable primary available'],
      ['read-only', 'NoStandbyError', 'no standby available'],
      ['prefer-standby', 'NoHostError', 'no host available'],
      ['any', 'NoHostError', 'no host available'],
    ]) {
      it(`${mode} ends with a ${name} that tells of each host`, async () => {
        const hosts = ['127.0.0.1:1', 'no.such.host.invalid:5432'];
        const pool = keep(createPool({ hosts, user: 'x', mode, acquireTimeoutMs: 150, minIdle: 0 }));
        for (const error of [await errorOf(pool.query('select 1')), await errorOf(pool.begin())]) {
          assert.deepEqual([error.name, error.outcome, error.retryable], [name, 'not-sent', true]);
          assert.match(error.message, new RegExp(`^${text} after \\d+ms`));
          for (const host of hosts) assert.ok(error.message.includes(host), error.message);
        }
      });
    }
  });

  describe('with a password', () => {
    /** @type {import('../../lib/testing').Cluster} */
    let cluster;
    const password = 'c0rrect-h0rse';
    before(async function () {
      try {
        findPostgres();
      } catch (error) {
        this.skip(error.message);
      }
      cluster = await startCluster({
        nodes: 2,
        password,
        settings: { listen_addresses: '127.0.0.1,::1' },
        sql: 'create role locked login password null',
      });
    });
    after(() => cluster?.stop());

    it('logs in with SCRAM', async () => {
      const pool = keep(createPool(cluster.connectionOptions()));
      assert.deepEqual(await pool.query('select current_user::text as u'), [{ u: 'app' }]);
      const byUrl = keep(createPool(cluster.url));
      assert.deepEqual(await byUrl.query('select 1 as x'), [{ x: 1 }]);
    });

    it('finds it in the password file', async () => {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pgpass-'));
      const file = path.join(folder, 'pgpass');
      fs.writeFileSync(
        file,
        cluster.nodes.map(({ port }) => `127.0.0.1:${port}:app:app:${password}\n`).join(''),
        {
          mode: 0o600,
        },
      );
      try {
        const { password: _, ...withoutPassword } = cluster.connectionOptions();
        const { stdout } = await promisify(execFile)(
          process.execPath,
          [
            '-e',
            `const pool = require('.').createPool(${JSON.stringify(withoutPassword)});
             pool.query('select 1 as x').then(([{ x }]) => (console.log(x), pool.end()))`,
          ],
          { cwd: root, env: { ...process.env, PGPASSFILE: file } },
        );
        assert.equal(stdout, '1\n');
      } finally {
        fs.rmSync(folder, { recursive: true });
      }
    });

    it('reaches an IPv6 address', async function () {
      const hosts = cluster.nodes.map(({ port }) => `[::1]:${port}`);
      const pool = keep(createPool({ ...cluster.connectionOptions(), hosts }));
      assert.deepEqual(await pool.query('select family(inet_client_addr()) as f'), [{ f: 6 }]);
      assert.equal(pool.topology().primary, hosts[0]);
    });

    it('that is wrong everywhere fails at once, naming host and reason, and nothing of it', async () => {
      const wrong = 'wr0ng-h0rse';
      const pool = keep(
        createPool(cluster.connectionOptions({ password: wrong, acquireTimeoutMs: 3_600_000 })),
      );
      for (const error of [await errorOf(pool.query('select 1')), await errorOf(pool.begin())]) {
        assert.deepEqual([error.name, error.code, error.outcome], ['ConnectError', '28P01', 'not-sent']);
        assert.ok(
          pool.topology().hosts.some(({ host }) => host === error.host),
          error.host,
        );
        assert.ok(error.message.includes(error.host), error.message);
        const all = [
          error.message,
          error.stack,
          JSON.stringify(error),
          inspect(error, { depth: Infinity, showHidden: true }),
        ];
        assert.ok(!all.join().includes(wrong));
      }
    });

    it('and a database or a role that is not there fail at once, too', async () => {
      for (const [more, code] of [
        [{ database: 'nowhere' }, '3D000'],
        [{ user: 'nobody_at_all' }, '28P01'],
        [{ user: 'locked' }, '28P01'],
      ]) {
        const pool = keep(createPool(cluster.connectionOptions({ ...more, acquireTimeoutMs: 3_600_000 })));
        const error = await errorOf(pool.query('select 1'));
        assert.deepEqual(
          [error.name, error.code, error.outcome, error.retryable],
          ['ConnectError', code, 'not-sent', false],
        );
      }
    });

    it('lets in who has the right one while others have a wrong one', async () => {
      const wrong = keep(createPool(cluster.connectionOptions({ password: 'x' })));
      const right = keep(createPool(cluster.connectionOptions()));
      const refused = errorOf(wrong.query('select 1'));
      assert.deepEqual(await right.query('select 1 as x'), [{ x: 1 }]);
      assert.equal((await refused).code, '28P01');
      assert.deepEqual(await right.query('select 2 as x'), [{ x: 2 }]);
    });
  });

  it('opens its sessions with the name of the application', async () => {
    const show = 'select current_setting($1) as name';
    const named = keep(createPool(options({ applicationName: 'my-app' })));
    assert.deepEqual(await named.query(show, ['application_name']), [{ name: 'my-app' }]);
    const plain = keep(createPool(options()));
    assert.deepEqual(await plain.query(show, ['application_name']), [{ name: 'hyperiondb-client' }]);
  });
});
