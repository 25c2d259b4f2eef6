'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const tls = require('node:tls');
const { inspect } = require('node:util');
const { createPool } = require('../..');
const { startCluster, findPostgres, until } = require('../../lib/testing');
const { Authority } = require('../support/certificates');
const { keep } = require('../support/cluster');
const { untyped, SSL_REQUEST } = require('../support/protocol');
const { errorOf } = require('../support/error_of');

const everythingOf = (error) =>
  [
    error.message,
    error.stack,
    JSON.stringify(error),
    inspect(error, { depth: Infinity, showHidden: true }),
  ].join();
const NAMES = ['DNS:localhost', 'IP:127.0.0.1'];
const SHOW = 'select ssl, version, client_dn from pg_stat_ssl where pid = pg_backend_pid()';

describe('TLS', function () {
  this.timeout(60_000);
  this.slow(5_000);

  /** @type {Authority} */
  let ours;
  /** @type {Authority} */
  let theirs;
  let good, cluster;
  const password = 's3cret-of-the-role';
  const keyPassword = 's3cret-of-the-key';

  before(async function () {
    try {
      findPostgres();
    } catch (error) {
      this.skip(error.message);
    }
    ours = new Authority('ours');
    theirs = new Authority('theirs');
    good = ours.issue({ cn: 'server', names: NAMES });
    cluster = await startCluster({
      nodes: 1,
      password,
      superuser: true,
      ssl: { cert: good.cert, key: good.key, ca: ours.cert },
      settings: { ssl_crl_file: ours.crl },
      hba: [
        'hostssl all with_certificate 127.0.0.1/32 cert',
        'hostssl all only_tls 127.0.0.1/32 scram-sha-256',
        'hostnossl all only_plain 127.0.0.1/32 scram-sha-256',
        'host all only_tls,only_plain 127.0.0.1/32 reject',
        'host all with_md5 127.0.0.1/32 md5',
        'host all with_password 127.0.0.1/32 password',
      ],
      sql: [
        ...['with_certificate', 'only_tls', 'only_plain', 'with_password'].map(
          (role) => `create role ${role} login password '${password}'`,
        ),
        "set password_encryption = 'md5'",
        `create role with_md5 login password '${password}'`,
      ],
    });
  });
  after(async () => {
    await cluster?.stop();
    ours?.remove();
    theirs?.remove();
  });

  const options = (more = {}) =>
    cluster.connectionOptions({ minIdle: 0, acquireTimeoutMs: 3_600_000, ...more });
  const pool = (more) => keep(createPool(options(more)));
  const tlsPool = (ssl, more) => pool({ ssl: { mode: 'verify-full', rootCert: ours.cert, ...ssl }, ...more });
  /** It fails at once and for good, and the host does not count as down. */
  const refused = async (where, says, code = 'ETLS') => {
    const error = await errorOf(where.query('select 1'));
    assert.deepEqual(
      [error.name, error.code, error.outcome, error.retryable],
      ['ConnectError', code, 'not-sent', false],
    );
    assert.match(error.message, says);
    assert.ok(
      error.message.includes(cluster.primary.host) || error.message.includes('localhost'),
      error.message,
    );
    for (const secret of [password, keyPassword]) assert.ok(!everythingOf(error).includes(secret));
  };

  /** The certificate that the server shows now. */
  const shown = () =>
    new Promise((resolve, reject) => {
      const socket = net.connect(cluster.primary.port, '127.0.0.1', () => socket.write(untyped(SSL_REQUEST)));
      socket.once('error', reject);
      socket.once('data', () => {
        const secure = tls.connect(
          { socket, rejectUnauthorized: false, ALPNProtocols: ['postgresql'] },
          () => {
            resolve(secure.getPeerX509Certificate().fingerprint256);
            secure.destroy();
          },
        );
        secure.once('error', reject);
      });
    });
  /** Replaces the certificate of the server. */
  const show = async ({ cert, key }) => {
    const { X509Certificate } = require('node:crypto');
    fs.writeFileSync(path.join(cluster.primary.dataDir, 'server.crt'), fs.readFileSync(cert));
    fs.writeFileSync(path.join(cluster.primary.dataDir, 'server.key'), fs.readFileSync(key));
    await cluster.primary.query('select pg_reload_conf()');
    const { fingerprint256 } = new X509Certificate(fs.readFileSync(cert));
    await until(async () => (await shown()) === fingerprint256, {
      what: 'the server shows the new certificate',
    });
  };

  describe('of a server', () => {
    afterEach(() => show(good));

    it('that shows the right certificate is used, by options and by URL alike', async () => {
      const [row] = await tlsPool().query(SHOW);
      assert.deepEqual({ ...row }, { ssl: true, version: 'TLSv1.3', client_dn: null });
      const url = `${cluster.url}?sslmode=verify-full&sslrootcert=${encodeURIComponent(ours.cert)}`;
      assert.equal((await keep(createPool(url)).query(SHOW))[0].ssl, true);
      assert.equal((await pool({ ssl: { mode: 'disable' } }).query(SHOW))[0].ssl, false);
      assert.equal((await pool().query(SHOW))[0].ssl, true, 'prefer is the default');
    });

    it('whose certificate has expired is refused', async () => {
      await show(ours.issue({ cn: 'server', names: NAMES, expired: true }));
      await refused(tlsPool(), /certificate verify failed/);
      await refused(tlsPool({ mode: 'verify-ca' }), /certificate verify failed/);
      assert.equal((await pool({ ssl: { mode: 'require' } }).query(SHOW))[0].ssl, true);
    });

    it('that has another name is refused by verify-full alone', async () => {
      await show(ours.issue({ cn: 'db.example.com', names: ['DNS:db.example.com'] }));
      await refused(tlsPool(), /does not match host name/);
      await refused(
        tlsPool({}, { hosts: [`localhost:${cluster.primary.port}`] }),
        /does not match host name/,
      );
      assert.equal((await tlsPool({ mode: 'verify-ca' }).query(SHOW))[0].ssl, true);
    });

    it('that signed its certificate itself, or had it signed by somebody else, is refused', async () => {
      for (const issued of [
        ours.issue({ cn: 'server', names: NAMES, selfSigned: true }),
        theirs.issue({ cn: 'server', names: NAMES }),
      ]) {
        await show(issued);
        await refused(tlsPool(), /certificate verify failed/);
        // libpq: with a root certificate at hand, require verifies like verify-ca.
        await refused(tlsPool({ mode: 'require' }), /certificate verify failed/);
        assert.equal((await pool({ ssl: { mode: 'require' } }).query(SHOW))[0].ssl, true);
      }
    });

    it('whose certificate was revoked is refused, by a file or a directory of revocations', async () => {
      const revoked = ours.issue({ cn: 'server', names: NAMES });
      await show(revoked);
      assert.equal((await tlsPool({ crl: ours.crl }).query(SHOW))[0].ssl, true);
      ours.revoke(revoked);
      await refused(tlsPool({ crl: ours.crl }), /certificate verify failed/);
      await refused(tlsPool({ crlDir: ours.crlDir }), /certificate verify failed/);
      const url = `${cluster.url}?sslmode=verify-full&sslrootcert=${ours.cert}&sslcrl=${ours.crl}`;
      await refused(keep(createPool(url, { minIdle: 0 })), /certificate verify failed/);
    });

    it('that changes its certificate is followed by new sessions, and old ones go on', async () => {
      const root = path.join(ours.dir, 'rotating-root.crt');
      fs.copyFileSync(ours.cert, root);
      const rotating = tlsPool({ rootCert: root }, { poolSize: 2 });
      const pid = 'select pg_backend_pid() as pid';
      const tx = await rotating.begin();
      const [before] = await tx.query(pid);

      await show(theirs.issue({ cn: 'server', names: NAMES }));
      await refused(tlsPool({ rootCert: root }), /certificate verify failed/);
      // The monitor has to log in again, too, and fails: that must not end any transaction.
      const refusals = () =>
        fs.readFileSync(cluster.primary.logFile, 'utf8').split(/alert unknown ca/).length;
      const earlier = refusals();
      await cluster.primary.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app' and pid <> ${before.pid}`,
      );
      await until(() => refusals() >= earlier + 3, { what: 'it is refused' });
      assert.deepEqual(await tx.query(pid), [before]);
      fs.writeFileSync(root, Buffer.concat([ours.cert, theirs.cert].map((file) => fs.readFileSync(file))));
      await until(async () => (await rotating.query(pid)).length === 1, {
        what: 'another session is opened',
      });

      assert.deepEqual(await tx.query(pid), [before]);
      await tx.commit();
    });
  });

  describe('versions', () => {
    it('have an upper and a lower bound', async () => {
      assert.equal((await tlsPool({ maxVersion: 'TLSv1.2' }).query(SHOW))[0].version, 'TLSv1.2');
      assert.equal((await tlsPool({ minVersion: 'TLSv1.3' }).query(SHOW))[0].version, 'TLSv1.3');
      for (const wrong of [{ minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' }, { minVersion: 'TLSv1.4' }]) {
        assert.throws(() => tlsPool(wrong), { name: 'ConfigurationError' });
      }
    });

    it('and values that libpq does not take are refused before anything is opened', () => {
      for (const [parameter, says] of [
        ['sslmode=bogus', /invalid sslmode value: "bogus"/],
        ['channel_binding=bogus', /invalid channel_binding value/],
        ['ssl_min_protocol_version=SSLv3', /invalid "?ssl_min_protocol_version"? value/],
        ['gssencmode=bogus', /invalid gssencmode value/],
      ]) {
        assert.throws(() => createPool(`${cluster.url}?${parameter}`), {
          name: 'ConfigurationError',
          message: says,
        });
      }
    });

    it('of libpq that are too old for a parameter say which one it needs', async () => {
      const newer = (major) => new RegExp(`needs libpq ${major} or newer; this is libpq \\d+\\.\\d+\\.`);
      const cases = [
        [{ requireAuth: ['scram-sha-256'] }, 16, 'require_auth=scram-sha-256'],
        [{ ssl: { certMode: 'disable' } }, 16, 'sslcertmode=disable'],
        [{ ssl: { rootCert: 'system', mode: 'verify-full' } }, 16, 'sslmode=verify-full&sslrootcert=system'],
        [{ ssl: { negotiation: 'direct', mode: 'require' } }, 17, 'sslmode=require&sslnegotiation=direct'],
      ];
      for (const [given, major, parameters] of cases) {
        for (const make of [
          () => createPool(options(given)),
          () => createPool(`${cluster.url}?${parameters}`),
        ]) {
          try {
            keep(make());
          } catch (error) {
            assert.equal(error.name, 'ConfigurationError');
            assert.match(error.message, newer(major));
            assert.ok(!everythingOf(error).includes(password));
          }
        }
      }
    });
  });

  describe('of this side', () => {
    it('logs in by a client certificate, whose key may have a password', async () => {
      const plain = ours.issue({ cn: 'with_certificate' });
      const locked = ours.issue({ cn: 'with_certificate', keyPassword });
      for (const ssl of [plain, { ...locked, keyPassword }]) {
        const [row] = await tlsPool(ssl, { user: 'with_certificate', password: undefined }).query(SHOW);
        assert.equal(row.client_dn, '/CN=with_certificate');
      }
      const url = `postgres://with_certificate@127.0.0.1:${cluster.primary.port}/app?sslmode=require&sslcert=${plain.cert}&sslkey=${plain.key}`;
      assert.equal((await keep(createPool(url)).query(SHOW))[0].client_dn, '/CN=with_certificate');
    });

    it('is refused without one, with one of another name, an expired, or a revoked one', async () => {
      const as = (ssl) => tlsPool(ssl, { user: 'with_certificate' });
      await refused(as({}), /requires a valid client certificate/, '28000');
      await refused(as(ours.issue({ cn: 'somebody_else' })), /certificate authentication failed/, '28000');
      await refused(
        as(ours.issue({ cn: 'with_certificate', expired: true })),
        /certificate expired|expired certificate/,
      );
      await refused(as(theirs.issue({ cn: 'with_certificate' })), /unknown ca/);
      const revoked = ours.issue({ cn: 'with_certificate' });
      assert.equal((await as(revoked).query(SHOW)).length, 1);
      ours.revoke(revoked);
      await cluster.primary.query('select pg_reload_conf()');
      await until(async () => (await errorOf(as(revoked).query(SHOW))).code === 'ETLS', {
        what: 'the server knows',
      });
      await refused(as(revoked), /certificate revoked/);
    });

    it('uses a certificate that was replaced at the next connect', async () => {
      const file = (name) => path.join(ours.dir, `rotating.${name}`);
      const put = ({ cert, key }) => {
        fs.copyFileSync(cert, file('crt'));
        fs.copyFileSync(key, file('key'));
      };
      put(theirs.issue({ cn: 'with_certificate' }));
      const rotating = tlsPool({ cert: file('crt'), key: file('key') }, { user: 'with_certificate' });
      await refused(rotating, /unknown ca/);
      put(ours.issue({ cn: 'with_certificate' }));
      await until(async () => (await rotating.query(SHOW))[0].client_dn === '/CN=with_certificate', {
        what: 'the new certificate is used',
      });
    });

    it('says at once which file is missing, open to others, or has another password', async () => {
      const issued = ours.issue({ cn: 'with_certificate', keyPassword });
      const as = (ssl) => tlsPool({ ...issued, ...ssl }, { user: 'with_certificate' });
      await refused(as({ rootCert: '/no/root' }), /root certificate file "\/no\/root" does not exist/);
      await refused(as({ cert: '/no/cert' }), /requires a valid client certificate/, '28000');
      await refused(as({ key: '/no/key' }), /private key file "\/no\/key"/);
      await refused(as({ keyPassword: 'another' }), /could not load private key file/);
      fs.chmodSync(issued.key, 0o644);
      await refused(as({ keyPassword }), /has group or world access/);
    });
  });

  describe('or none', () => {
    it('as the rules of the server want it: libpq tries the other way, too', async () => {
      for (const [user, mode, ssl] of [
        ['only_tls', 'allow', true],
        ['only_tls', 'prefer', true],
        ['only_tls', 'require', true],
        ['only_plain', 'prefer', false],
        ['only_plain', 'allow', false],
        ['only_plain', 'disable', false],
      ]) {
        const [row] = await pool({ user, ssl: { mode } }).query(SHOW);
        assert.equal(row.ssl, ssl, `${user}, ${mode}`);
      }
      await refused(pool({ user: 'only_tls', ssl: { mode: 'disable' } }), /rejects connection/, '28000');
      await refused(pool({ user: 'only_plain', ssl: { mode: 'require' } }), /rejects connection/, '28000');
    });

    it('by a server without TLS, which gets nothing but the question', async () => {
      const plain = await startCluster({ nodes: 1, password });
      try {
        const ssl = { rootCert: ours.cert };
        for (const mode of ['require', 'verify-ca', 'verify-full']) {
          const error = await errorOf(
            keep(createPool(plain.connectionOptions({ ssl: { ...ssl, mode }, minIdle: 0 }))).query(
              'select 1',
            ),
          );
          assert.deepEqual([error.name, error.code], ['ConnectError', 'ETLS']);
          assert.match(error.message, /server does not support SSL, but SSL was required/);
        }
        for (const mode of ['disable', 'allow', 'prefer']) {
          const lax = keep(createPool(plain.connectionOptions({ ssl: { mode } })));
          assert.equal((await lax.query(SHOW))[0].ssl, false);
        }
      } finally {
        await plain.stop();
      }
    });
  });

  describe('ties the login to the connection', () => {
    it('where channelBinding requires it, and refuses what cannot be tied', async () => {
      const bound = { channelBinding: 'require' };
      assert.equal((await tlsPool({}, bound).query(SHOW))[0].ssl, true);
      assert.equal(
        (await keep(createPool(`${cluster.url}?channel_binding=require`)).query(SHOW))[0].ssl,
        true,
      );
      await refused(pool({ ...bound, ssl: { mode: 'disable' } }), /channel binding/i, 'EAUTH');
      await refused(tlsPool({}, { ...bound, user: 'with_md5' }), /channel binding/i, 'EAUTH');
      await refused(tlsPool({}, { ...bound, user: 'with_password' }), /channel binding/i, 'EAUTH');
      assert.equal((await tlsPool({}, { channelBinding: 'disable' }).query(SHOW))[0].ssl, true);
    });
  });

  // Options that not every libpq knows.
  describe('with a libpq that is new enough', () => {
    /** Skips the test when it is not. */
    const newPool = (context, more) => {
      try {
        return pool({ ...more, ssl: { mode: 'verify-full', rootCert: ours.cert, ...more.ssl } });
      } catch (error) {
        if (!/needs libpq \d+ or newer/.test(error.message)) throw error;
        return context.skip(error.message);
      }
    };

    it('requireAuth names the only ways to log in', async function () {
      const requireAuth = ['scram-sha-256'];
      assert.equal((await newPool(this, { requireAuth }).query(SHOW))[0].ssl, true);
      for (const user of ['with_md5', 'with_password'])
        await refused(newPool(this, { requireAuth, user }), /auth.* method requirement/, 'EAUTH');
      await refused(newPool(this, { requireAuth: ['!scram-sha-256'] }), /auth.* method requirement/, 'EAUTH');
      const both = newPool(this, { requireAuth: ['md5', 'scram-sha-256'], user: 'with_md5' });
      assert.equal((await both.query(SHOW))[0].ssl, true);
      const url = `${cluster.url}?require_auth=password`;
      await refused(keep(createPool(url, { minIdle: 0 })), /auth.* method requirement/, 'EAUTH');
      for (const wrong of [['bogus'], ['md5', '!password'], ['md5', 'md5']]) {
        assert.throws(() => newPool(this, { requireAuth: wrong }), {
          name: 'ConfigurationError',
          message: /require_auth/,
        });
      }
    });

    it('certMode says whether a client certificate is shown', async function () {
      const issued = ours.issue({ cn: 'with_certificate' });
      const as = (certMode, ssl = issued) =>
        newPool(this, { ssl: { ...ssl, certMode }, user: 'with_certificate' });
      for (const mode of ['allow', 'require']) assert.equal((await as(mode).query(SHOW))[0].ssl, true);
      await refused(as('disable'), /requires a valid client certificate/, '28000');
    });

    it('the roots of the system can be trusted', async function () {
      const before = process.env.SSL_CERT_FILE;
      try {
        process.env.SSL_CERT_FILE = ours.cert;
        assert.equal((await newPool(this, { ssl: { rootCert: 'system' } }).query(SHOW))[0].ssl, true);
        process.env.SSL_CERT_FILE = theirs.cert;
        await refused(newPool(this, { ssl: { rootCert: 'system' } }), /certificate verify failed/);
      } finally {
        if (before === undefined) delete process.env.SSL_CERT_FILE;
        else process.env.SSL_CERT_FILE = before;
      }
      assert.throws(() => newPool(this, { ssl: { rootCert: 'system', mode: 'require' } }), {
        name: 'ConfigurationError',
        message: /weak sslmode "require" may not be used/,
      });
    });

    it('TLS may begin with the first byte', async function () {
      const direct = newPool(this, { ssl: { negotiation: 'direct' } });
      if (Number.parseInt(cluster.version, 10) < 17) {
        const error = await errorOf(direct.query('select 1'));
        assert.equal(error.name, 'ConnectError');
        return;
      }
      assert.equal((await direct.query(SHOW))[0].ssl, true);
      await refused(
        newPool(this, { ssl: { negotiation: 'direct', rootCert: theirs.cert } }),
        /certificate verify failed/,
      );
      assert.throws(() => newPool(this, { ssl: { negotiation: 'direct', mode: 'prefer' } }), {
        name: 'ConfigurationError',
        message: /weak sslmode "prefer" may not be used/,
      });
    });
  });
});
