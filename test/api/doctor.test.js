'use strict';

/* What `hyperiondb-client doctor` makes of what it is told, and that real servers tell it. */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { createPool } = require('../..');
const { startCluster, findPostgres, until } = require('../../lib/testing');
const { clusterFindings, hostFindings, refusalOf } = require('../../lib/cli/support/checks');
const { Authority } = require('../support/certificates');
const { keep, options } = require('../support/cluster');
const { BIN, execute } = require('../support/command');

const MOVED_CLOCK = path.join(__dirname, '../support/moved_clock.cjs');
const DAY_MS = 86_400_000;

/** What the doctor says of a cluster. @param {any} target options of a pool @param {NodeJS.ProcessEnv} [env] */
async function doctor({ hosts, user, password, database }, env) {
  const ports = hosts.map((host) => host.split(':').pop());
  const all = {
    ...process.env,
    PGHOST: hosts.map((host) => host.replace(/:\d+$/, '')).join(','),
    PGPORT: ports.join(','),
    PGUSER: user,
    PGDATABASE: database,
    ...(password && { PGPASSWORD: password }),
    ...env,
  };
  const { stdout, stderr } = await execute(process.execPath, [BIN, 'doctor', '--json'], all);
  try {
    return JSON.parse(stdout);
  } catch {
    throw new Error(stdout + stderr);
  }
}

/** The finding of a check on the first host. */
const found = ({ hosts }, check) => hosts[0].findings.find((finding) => finding.check === check);

/** A healthy standby. */
const facts = (more = {}) => ({
  in_recovery: true,
  read_only: true,
  version: 170006,
  version_text: '17.6 (Debian)',
  receivers: 1,
  sessions: 1,
  settings: { max_connections: '100', superuser_reserved_connections: '3' },
  skewMs: 0,
  roundTripMs: 1,
  nowMs: Date.UTC(2026, 0, 1),
  ...more,
});
/** A host that lets us in. */
const host = (name, more, told) => ({
  host: `${name}:5432`,
  role: 'standby',
  timeline: 1,
  systemIdentifier: '7000000000000000001',
  why: '',
  facts: facts(told),
  ...more,
});
/** One that does not. */
const closed = (name, role) => host(name, { role, timeline: null, systemIdentifier: null, facts: undefined });
const WRITABLE = { in_recovery: false, read_only: false, standbys: 1 };
const findingOf = (check, more) =>
  hostFindings(host('node1', {}, more)).find((finding) => finding.check === check);
const said = (check, more) => {
  const { level, text, advice } = findingOf(check, more);
  assert.equal(advice === undefined, level === 'ok', 'whoever complains has an advice');
  return [level, text];
};

describe('hyperiondb-client doctor', () => {
  it('judges TLS: off, on, and with a certificate that ends', () => {
    assert.deepEqual(said('tls', { is_encrypted: false, is_local: false }), [
      'warn',
      'the connection is not encrypted',
    ]);
    assert.equal(said('tls', { is_encrypted: false, is_local: true })[0], 'ok');
    const encrypted = (days) => ({
      is_encrypted: true,
      tls_version: 'TLSv1.3',
      certificateEndsAt: days === undefined ? undefined : facts().nowMs + days * DAY_MS,
    });
    assert.deepEqual(said('tls', encrypted()), ['ok', 'encrypted, TLSv1.3']);
    assert.deepEqual(said('tls', encrypted(15)), ['ok', 'encrypted, TLSv1.3']);
    assert.deepEqual(said('tls', encrypted(2)), [
      'warn',
      'encrypted, TLSv1.3, but its certificate ends on 2026-01-03',
    ]);
    assert.deepEqual(said('tls', encrypted(-1)), [
      'fail',
      'encrypted, TLSv1.3, but its certificate ended on 2025-12-31',
    ]);
  });

  it('judges the clock by what the round trip does not explain', () => {
    assert.deepEqual(said('clock', { skewMs: 0 }), ['ok', 'the same time as here']);
    assert.deepEqual(said('clock', { skewMs: 5000 }), ['warn', 'its clock is 5.0 s ahead of ours']);
    assert.deepEqual(said('clock', { skewMs: -2500 }), ['warn', 'its clock is 2.5 s behind ours']);
    assert.equal(
      said('clock', { skewMs: -2500, roundTripMs: 4000 })[0],
      'ok',
      'it may have been the network',
    );
  });

  it('judges versions: without repairs, behind the others, of another major', () => {
    assert.deepEqual(said('version', {}), ['ok', 'PostgreSQL 17.6']);
    assert.deepEqual(said('version', { version: 130022, version_text: '13.22' }), [
      'warn',
      'PostgreSQL 13.22 gets no repairs any more',
    ]);
    const versions = (...all) =>
      clusterFindings(all.map((version, i) => host(`node${i + 1}`, {}, { version })))
        .filter(({ check }) => check === 'version')
        .map(({ level, text }) => [level, text]);
    assert.deepEqual(versions(170006, 170006), []);
    assert.deepEqual(versions(170004, 170006, 170005), [
      ['warn', 'behind 17.6: node1:5432 with 17.4, node3:5432 with 17.5'],
    ]);
    assert.deepEqual(versions(160010, 170006), [['fail', 'different majors: 16, 17']]);
  });

  it('says what each host is to its cluster', () => {
    const role = (more, told) => {
      const { level, text } = hostFindings(host('node1', more, told)).find(({ check }) => check === 'role');
      return [level, text];
    };
    assert.deepEqual(role({ timeline: 4 }), ['ok', 'standby, timeline 4']);
    assert.deepEqual(role({ timeline: null }), ['ok', 'standby, its timeline is not known']);
    assert.deepEqual(role({ role: 'primary' }, WRITABLE), ['ok', 'primary, timeline 1']);
    assert.deepEqual(role({ role: 'quarantined', why: 'writable on timeline 1' }, WRITABLE), [
      'fail',
      'quarantined: writable on timeline 1',
    ]);
    assert.equal(role({ role: 'fenced' }, { in_recovery: false })[0], 'fail');
  });

  it('names who takes the writes, and advises to promote only where no host is out of sight', () => {
    const primary = (...hosts) => {
      const { level, text, advice } = clusterFindings(hosts).find(({ check }) => check === 'primary');
      return [level, text, advice];
    };
    const old = (name) => host(name, { role: 'quarantined' }, WRITABLE);
    const writable = (name) => host(name, { role: 'primary', timeline: 2 }, WRITABLE);
    assert.deepEqual(primary(writable('a'), host('b')), ['ok', 'a:5432 is the primary', undefined]);
    assert.deepEqual(primary(old('a'), writable('b')), [
      'fail',
      'a:5432 and b:5432 both accept writes',
      'Stop or fence a:5432 at once.',
    ]);
    assert.deepEqual(primary(old('a'), old('b'), old('c')), [
      'fail',
      'a:5432, b:5432, c:5432 all accept writes',
      'Stop or fence all but the right one at once.',
    ]);
    const foreign = { ...old('a'), systemIdentifier: '7000000000000000002' };
    assert.equal(primary(foreign, writable('b'))[1], 'b:5432 is the primary', 'another cluster has its own');
    assert.match(primary(old('a'), closed('b', 'down'))[1], /a:5432 accepts writes, but is quarantined/);
    assert.match(primary(closed('a', 'refused'), closed('b', 'refused'))[1], /^every host refused us/);
    assert.match(primary(host('a'), closed('b', 'refused'))[2], /refusal of b:5432/);
    assert.equal(primary(host('a'), host('b'))[2], 'Promote a standby.');
    assert.equal(primary(host('a'), closed('b', 'down'))[2], 'Promote a standby, or bring b:5432 back.');
    assert.equal(primary(closed('a', 'silent'), closed('b', 'down'))[1], 'no host answers');
    for (const some of [
      [closed('a', 'refused'), closed('b', 'refused')],
      [host('a'), closed('b', 'refused')],
      [old('a'), closed('b', 'down')],
      [closed('a', 'silent'), closed('b', 'down')],
    ])
      assert.doesNotMatch(primary(...some)[2], /^Promote/);
  });

  it('has an advice for each kind of refusal', () => {
    const check = (code, role = 'refused') => refusalOf(code, 'no', role).check;
    assert.deepEqual(
      ['28P01', '28000', '3D000', '42501', 'EAUTH', 'ETLS', 'ECONNREFUSED', 'ENOTFOUND'].map((code) =>
        check(code),
      ),
      [...Array(5).fill('credentials'), 'tls', 'reachable', 'reachable'],
    );
    assert.match(refusalOf(null, 'no answer', 'silent').advice, /frozen/);
  });

  it('sees that the clocks are apart', async () => {
    const target = options();
    assert.deepEqual(found(await doctor(target), 'clock').level, 'ok');
    const moved = await doctor(target, { NODE_OPTIONS: `--require ${MOVED_CLOCK}` });
    const { level, text } = found(moved, 'clock');
    assert.equal(level, 'warn');
    assert.match(text, /^its clock is (359\d|360\d)\.\d s behind ours$/);
  });

  it('sees TLS, its absence, and the certificate of a server', async function () {
    this.timeout(90_000);
    try {
      findPostgres();
    } catch (error) {
      this.skip(error.message);
    }
    const authority = new Authority();
    const issue = (more) => authority.issue({ cn: 'server', names: ['IP:127.0.0.1'], ...more });
    const soon = issue({ days: 2 });
    const cluster = await startCluster({
      nodes: 1,
      superuser: true,
      ssl: { cert: soon.cert, key: soon.key },
    });
    try {
      const target = cluster.connectionOptions();
      const tls = async (env) => {
        const { level, text } = found(await doctor(target, env), 'tls');
        return [level, text.replace(/TLSv1\.\d/, 'TLS').replace(/\d{4}-\d\d-\d\d/, 'a day')];
      };
      assert.deepEqual(await tls({ PGSSLMODE: 'disable' }), ['ok', 'not encrypted, but on this machine']);
      const encrypted = { PGSSLMODE: 'require' };
      assert.deepEqual(await tls(encrypted), ['warn', 'encrypted, TLS, but its certificate ends on a day']);

      const pool = keep(
        createPool(cluster.connectionOptions({ user: 'postgres', ssl: { mode: 'disable' } })),
      );
      const [{ data_directory: directory }] = await pool.query('show data_directory');
      const show = async ({ cert, key }) => {
        fs.writeFileSync(path.join(directory, 'server.crt'), fs.readFileSync(cert));
        fs.writeFileSync(path.join(directory, 'server.key'), fs.readFileSync(key));
        const loadedAt = async () => (await pool.query('select pg_conf_load_time()::text as at'))[0].at;
        const before = await loadedAt();
        await pool.query('select pg_reload_conf()');
        await until(async () => (await loadedAt()) !== before);
      };
      await show(issue({ days: 90 }));
      assert.deepEqual(await tls(encrypted), ['ok', 'encrypted, TLS']);
      await show(issue({ expired: true }));
      assert.deepEqual(await tls(encrypted), ['fail', 'encrypted, TLS, but its certificate ended on a day']);
    } finally {
      await cluster.stop();
      authority.remove();
    }
  });
});
