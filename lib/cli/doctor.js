'use strict';

/* `hyperiondb doctor`: looks at every host of a cluster, and says what to change. */

const { certificateOf } = require('./support/certificate');
const { clusterFindings, hostFindings, refusalOf } = require('./support/checks');
const { EXIT, EXIT_HELP } = require('./support/exit_codes');
const { REPORT_HELP, TARGET_HELP, only, open, readReport, whenKnown } = require('./support/target');

const summary = 'checks every host, and says what to change';

const help = `Usage: hyperiondb doctor [URL] [options]

${TARGET_HELP}

${REPORT_HELP}

It checks of each host: reachable, credentials, TLS and its certificate, role, replication, clock, version, and the
settings that make a failover slow or lose data. It only reads.

${EXIT_HELP}
`;

/** All of it in one row, so that one round trip tells how far the clocks are apart. */
const FACTS = `select
  pg_is_in_recovery() as in_recovery,
  current_setting('transaction_read_only') = 'on' as read_only,
  current_setting('server_version_num')::int4 as version,
  current_setting('server_version') as version_text,
  (select system_identifier::text from pg_control_system()) as system_identifier,
  (select timeline_id from pg_control_checkpoint()) as timeline,
  extract(epoch from clock_timestamp())::float8 * 1000 as now_ms,
  inet_server_addr() is null or host(inet_server_addr()) in ('127.0.0.1', '::1') as is_local,
  (select ssl from pg_stat_ssl where pid = pg_backend_pid()) as is_encrypted,
  (select version from pg_stat_ssl where pid = pg_backend_pid()) as tls_version,
  (select count(*) from pg_stat_replication)::int4 as standbys,
  (select count(*) from pg_stat_replication where sync_state in ('sync', 'quorum'))::int4 as synchronous_standbys,
  (select count(*) from pg_stat_wal_receiver where status = 'streaming')::int4 as receivers,
  (select count(*) from pg_stat_activity where backend_type = 'client backend')::int4 as sessions,
  has_database_privilege(current_database(), 'connect') and pg_has_role(current_user, 'pg_monitor', 'member')
    as may_monitor,
  (select jsonb_object_agg(name, setting) from pg_settings) as settings`;

/** @typedef {import('./support/checks').Finding} Finding */

/**
 * @param {string | undefined} url
 * @param {string} host
 * @param {number} timeoutMs
 * @returns {Promise<{ host: string, facts?: any, findings: Finding[] }>}
 */
async function examine(url, host, timeoutMs) {
  const pool = open(url, {
    ...only(host),
    poolSize: 1,
    connectTimeoutMs: timeoutMs,
    acquireTimeoutMs: timeoutMs,
    timeoutMs,
    int8: 'number',
  });
  try {
    const [seen] = (await whenKnown(pool, timeoutMs)).hosts;
    if (seen.role === 'down') return { host, findings: [refusalOf(undefined, seen.lastError)] };
    await pool.query('select 1'); // what comes next measures the clock, not the connect
    const before = Date.now();
    const [facts] = await pool.query(FACTS);
    const after = Date.now();
    const measured = { skewMs: facts.now_ms - (before + after) / 2, roundTripMs: after - before };
    const certificate = facts.is_encrypted ? await certificateOf(host, timeoutMs) : undefined;
    const seenToo = { ...measured, certificateEndsAt: certificate?.endsAt, nowMs: after };
    return { host, facts, findings: hostFindings({ ...facts, ...seenToo }) };
  } catch (error) {
    return { host, findings: [refusalOf(error, pool.topology().hosts[0]?.lastError)] };
  } finally {
    await pool.end({ drainTimeoutMs: 0 });
  }
}

/** @param {string[]} argv */
async function run(argv) {
  const command = readReport(argv, help);
  if (!command) return;
  const { url, timeoutMs, print } = command;
  const pool = open(url);
  const names = pool.topology().hosts.map((/** @type {any} */ { host }) => host);
  await pool.end({ drainTimeoutMs: 0 });
  const hosts = await Promise.all(names.map((/** @type {string} */ host) => examine(url, host, timeoutMs)));
  const cluster = clusterFindings(hosts);
  const levels = [...cluster, ...hosts.flatMap(({ findings }) => findings)].map(({ level }) => level);
  const verdict = levels.includes('fail') ? 'fail' : levels.includes('warn') ? 'warn' : 'ok';
  process.exitCode = { ok: EXIT.well, warn: EXIT.impaired, fail: EXIT.down }[verdict];
  const shown = hosts.map(({ host, findings }) => ({ host, findings }));
  print({ verdict, cluster, hosts: shown }, [
    ...lines('cluster', cluster),
    ...shown.flatMap(({ host, findings }) => lines(host, findings)),
  ]);
}

/** @param {string} title @param {Finding[]} findings */
function lines(title, findings) {
  return [
    title,
    ...findings.flatMap(({ level, text, advice }) => [
      `  ${level.toUpperCase().padEnd(5)} ${text}`,
      ...(advice ? [`        -> ${advice}`] : []),
    ]),
  ];
}

module.exports = { summary, run };
