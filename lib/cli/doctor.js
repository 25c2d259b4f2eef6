// `hyperiondb-client doctor`: looks at every host of a cluster, and says what to change.
'use strict';

const { certificateOf } = require('./support/certificate');
const { clusterFindings, hostFindings, refusalOf } = require('./support/checks');
const { EXIT, EXIT_HELP } = require('./support/exit_codes');
const { briefly, roleOf, whyOf } = require('./support/hosts');
const { REPORT_HELP, TARGET_HELP, only, open, readReport, whenKnown } = require('./support/target');
const { painter, wrap } = require('./support/terminal');

const summary = 'checks every host, and says what to change';

const help = `Usage: hyperiondb-client doctor [URL] [options]

${TARGET_HELP}

${REPORT_HELP}

It checks of each host: reachable, credentials, TLS and its certificate, role, replication, clock,
version, and the settings that make a failover slow or lose data. It only reads.

${EXIT_HELP}
`;

/** All of it in one row, so that one round trip tells how far the clocks are apart. */
const FACTS = `select
  pg_is_in_recovery() as in_recovery,
  current_setting('default_transaction_read_only') = 'on' and (select source from pg_settings where name =
    'default_transaction_read_only') in ('default', 'environment variable', 'configuration file', 'command line') as read_only,
  current_setting('server_version_num')::int4 as version,
  current_setting('server_version') as version_text,
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
/** @typedef {import('./support/checks').Seen} Seen */

/**
 * What the topology says of a host, and if it lets us in, what it says of itself.
 * @param {string | undefined} url
 * @param {any} view of `topology()`
 * @param {number} timeoutMs
 * @returns {Promise<Seen & { findings: Finding[] }>}
 */
async function examine(url, view, timeoutMs) {
  const { host, timeline, systemIdentifier } = view;
  const role = roleOf(view);
  const seen = { host, role, timeline, systemIdentifier, why: whyOf(view) };
  if (['down', 'refused', 'silent'].includes(role))
    return { ...seen, findings: [refusalOf(view.lastErrorCode, seen.why, role)] };
  const pool = open(url, {
    ...only(host),
    poolSize: 1,
    connectTimeoutMs: timeoutMs,
    acquireTimeoutMs: timeoutMs,
    timeoutMs,
    int8: 'number',
  });
  try {
    await pool.query('select 1'); // what comes next measures the clock, not the connect
    const before = Date.now();
    const [told] = await pool.query(FACTS);
    const after = Date.now();
    const measured = { skewMs: Number(told.now_ms) - (before + after) / 2, roundTripMs: after - before };
    const certificate = told.is_encrypted ? await certificateOf(host, timeoutMs) : undefined;
    const facts = { ...told, ...measured, certificateEndsAt: certificate?.endsAt, nowMs: after };
    return { ...seen, facts, findings: hostFindings({ ...seen, facts }) };
  } catch (error) {
    const { code, message } = /** @type {any} */ (error);
    return { ...seen, findings: [refusalOf(code, briefly(message), role)] };
  } finally {
    await pool.end({ drainTimeoutMs: 0 });
  }
}

/** @param {string[]} argv */
async function run(argv) {
  const command = readReport(argv, help);
  if (!command) return;
  const { url, timeoutMs, print } = command;
  const pool = open(url, { connectTimeoutMs: timeoutMs });
  const views = await whenKnown(pool, timeoutMs)
    .then((topology) => topology.hosts)
    .finally(() => pool.end({ drainTimeoutMs: 0 }));
  const hosts = await Promise.all(views.map((/** @type {any} */ view) => examine(url, view, timeoutMs)));
  const cluster = clusterFindings(hosts);
  const levels = [...cluster, ...hosts.flatMap(({ findings }) => findings)].map(({ level }) => level);
  const verdict = levels.includes('fail') ? 'fail' : levels.includes('warn') ? 'warn' : 'ok';
  process.exitCode = { ok: EXIT.well, warn: EXIT.impaired, fail: EXIT.down }[verdict];
  const shown = hosts.map(({ host, role, timeline, findings }) => ({ host, role, timeline, findings }));
  print({ verdict, cluster, hosts: shown }, show(cluster, shown));
}

/** @type {Record<Finding['level'], string>} */
const STYLES = { fail: 'red', warn: 'yellow', ok: 'green' };

/**
 * The worst first; what several hosts have in common once.
 * @param {Finding[]} cluster
 * @param {{ host: string, findings: Finding[] }[]} hosts
 * @returns {string[]} lines
 */
function show(cluster, hosts) {
  /** @type {Map<string, Finding & { of: string[] }>} */
  const groups = new Map();
  for (const { host, findings } of [{ host: '', findings: cluster }, ...hosts])
    for (const finding of findings) {
      const key = JSON.stringify([finding, host === '']);
      const group = groups.get(key) ?? { ...finding, of: [] };
      groups.set(key, group);
      if (host) group.of.push(host);
    }
  const { stdout } = process;
  const paint = painter(stdout);
  const width = stdout.isTTY ? stdout.columns : Infinity;
  const whose = (/** @type {string[]} */ of) => {
    if (of.length === 0) return '';
    return of.length > 1 && of.length === hosts.length ? 'all hosts: ' : `${of.join(', ')}: `;
  };
  return /** @type {const} */ (['fail', 'warn', 'ok']).flatMap((level) =>
    [...groups.values()]
      .filter((group) => group.level === level)
      .flatMap(({ of, text, advice }) => {
        const [first, ...more] = wrap(`      ${whose(of)}${text}`, width, 8);
        return [
          paint(STYLES[level], level.toUpperCase().padEnd(6)) + first.slice(6),
          ...more,
          ...(advice ? wrap(`      -> ${advice}`, width, 9) : []),
        ];
      }),
  );
}

module.exports = { summary, run };
