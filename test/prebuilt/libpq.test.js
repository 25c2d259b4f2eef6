'use strict';

// What an addon with its own libpq and OpenSSL can do; run with `npm test -- --only prebuilt --native FILE`.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFile } = require('node:child_process');
const { promisify } = require('node:util');
const { createPool } = require('../..');
const { findPostgres, startCluster } = require('../../lib/testing');
const { makeCertificate } = require('../support/certificate');
const { openGate } = require('../support/gate');
const { untilAsleep, untilAwake } = require('../support/asleep');

const root = path.join(__dirname, '../..');
const PASSWORD = 'correct horse';

describe('an addon with its own libpq', function () {
  this.timeout(60_000);

  let cluster, folder, certificate;
  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hyperiondb-prebuilt-'));
    certificate = makeCertificate(folder);
    const hba = ['hostssl all app all scram-sha-256', 'host all app all reject'];
    const version = findPostgres({ version: 18 }).major;
    cluster = await startCluster({ nodes: 1, version, ssl: certificate, password: PASSWORD, hba });
  });
  after(async () => {
    await cluster?.stop();
    if (folder) fs.rmSync(folder, { recursive: true });
  });

  const options = (more = {}) => ({
    ...cluster.connectionOptions(),
    ssl: { mode: 'verify-full', rootCert: certificate.cert },
    ...more,
  });

  /** The answer of a process of its own to one question, or the code of its error. */
  async function ask(given, env = {}) {
    const program = `
      const { createPool } = require('hyperiondb-client');
      const pool = createPool(...JSON.parse(process.argv[1]));
      pool.query('select version, ssl from pg_stat_ssl where pid = pg_backend_pid()')
        .then(([row]) => console.log(row.version), (error) => console.log(error.name, error.message))
        .finally(() => pool.end());`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', program, JSON.stringify(given)], {
      cwd: root,
      env: { ...process.env, SSL_CERT_FILE: '', SSL_CERT_DIR: '', ...env },
    });
    return stdout.trim();
  }

  it('speaks TLS 1.3, and verifies who it speaks to', async () => {
    assert.equal(await ask([options()]), 'TLSv1.3');
    const stranger = makeCertificate(fs.mkdtempSync(path.join(folder, 'stranger-')));
    assert.match(
      await ask([options({ ssl: { mode: 'verify-full', rootCert: stranger.cert } })]),
      /^ConnectError .*certificate verify failed/,
    );
  });

  it('trusts what the system trusts, and SSL_CERT_FILE', async () => {
    const system = options({ ssl: { mode: 'verify-full', rootCert: 'system' } });
    assert.match(await ask([system]), /^ConnectError .*certificate verify failed/);
    assert.equal(await ask([system], { SSL_CERT_FILE: certificate.cert }), 'TLSv1.3');
  });

  it('binds the password to the channel, and starts with TLS at once, when asked to', async () => {
    const [host] = cluster.connectionOptions().hosts;
    const { user, database } = cluster.connectionOptions();
    const url =
      `postgres://${user}@${host}/${database}?sslmode=verify-full&sslrootcert=${encodeURIComponent(certificate.cert)}` +
      '&channel_binding=require&sslnegotiation=direct';
    assert.equal(await ask([url, { password: PASSWORD }]), 'TLSv1.3');
  });

  it('asks for a cancel over TLS, never in the clear', async () => {
    const [host] = cluster.connectionOptions().hosts;
    const gate = await openGate({ host: '127.0.0.1', port: Number(host.split(':')[1]) });
    const pool = createPool(options({ hosts: [`127.0.0.1:${gate.port}`], poolSize: 1 }));
    try {
      await pool.query('select 1');
      const abort = new AbortController();
      const slept = pool.query('select pg_sleep(600)', [], { signal: abort.signal }).catch((error) => error);
      const wire = await cluster.primary.connect();
      const ask = (sql) => wire.query(sql);
      await untilAsleep(ask, 'pg_sleep(600)');
      const { connections } = gate.counts;
      const encrypted = gate.when({ from: 'client', type: 'ssl' }, 'pass');
      abort.abort();
      assert.equal((await slept).name, 'AbortError');
      await encrypted.happened;
      await untilAwake(ask, 'pg_sleep(600)');
      assert.ok(gate.counts.connections > connections);
      assert.equal(gate.counts.cancelRequests, 0, 'a request that the gate could read');
      assert.deepEqual(await pool.query('select 2 as x'), [{ x: 2 }], 'the session is kept');
      wire.end();
    } finally {
      await pool.end();
      await gate.close();
    }
  });
});
