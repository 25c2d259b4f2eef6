'use strict';

/* What the doctor makes of what it was told: pure functions of the facts. */

/**
 * `ok`: as it should be. `warn`: it works, but a failover would be slow or lose something. `fail`: it does not work.
 * @typedef {{ level: 'ok' | 'warn' | 'fail', check: string, text: string, advice?: string }} Finding
 */

/** The oldest major that the PostgreSQL project still repairs. */
const OLDEST_MAJOR = 14;
const MOST_SKEW_MS = 1000;
/** Time enough to renew a certificate. */
const FEW_DAYS_MS = 14 * 86_400_000;

/** @param {Finding['level']} level @param {string} check @param {string} text @param {string} [advice] @returns {Finding} */
const finding = (level, check, text, advice) => ({ level, check, text, ...(advice && { advice }) });

/** SQLSTATEs and codes of connects that fail. @type {Record<string, [check: string, advice: string]>} */
const REFUSALS = {
  '28P01': ['credentials', 'Check the password: PGPASSWORD, the password file, or the URL.'],
  28000: ['credentials', 'Check the role, and pg_hba.conf of this host: it must be the same on all of them.'],
  '3D000': ['credentials', 'Check the name of the database.'],
  42501: ['credentials', 'The role lacks a privilege: GRANT pg_monitor TO it.'],
  53300: ['credentials', 'Raise max_connections, or make the pools smaller.'],
  ECONNREFUSED: ['reachable', 'Nothing listens there: is PostgreSQL running, and on this address and port?'],
  ENOTFOUND: ['reachable', 'The name does not resolve: check DNS and the spelling.'],
};

/**
 * Why nothing is known of a host.
 * @param {any} error
 * @param {string | undefined} last what the monitor saw of it
 * @returns {Finding}
 */
function refusalOf(error, last) {
  const text = last ?? String(error?.message ?? error).split('\n')[0];
  const isTls = /\bssl\b|\btls\b|certificate/i.test(text);
  const told = error?.code ?? text.match(/\b(?:FATAL|ERROR): +([0-9A-Z]{5}):/)?.[1];
  const code = told in REFUSALS ? told : /refused/i.test(text) ? 'ECONNREFUSED' : undefined;
  if (isTls && code !== '28000')
    return finding('fail', 'tls', text, 'Check sslmode, sslrootcert and the certificate of the server.');
  const [check, advice] = REFUSALS[code] ?? [
    'reachable',
    'Check the network and firewalls between here and there.',
  ];
  return finding('fail', check, text, advice);
}

/** A duration setting in ms. @param {any} settings @param {string} name @param {number} unitMs */
const ms = (settings, name, unitMs = 1) => Number(settings[name]) * unitMs;

/**
 * @param {any} facts of one host
 * @returns {Finding[]}
 */
function hostFindings(facts) {
  return [
    roleFinding(facts),
    tlsFinding(facts),
    versionFinding(facts),
    clockFinding(facts),
    ...replication(facts),
  ].concat(settingFindings(facts));
}

/** @param {any} facts */
function roleFinding({ in_recovery, read_only, timeline }) {
  if (in_recovery) return finding('ok', 'role', `standby, timeline ${timeline}`);
  if (!read_only) return finding('ok', 'role', `primary, timeline ${timeline}`);
  return finding(
    'fail',
    'role',
    `fenced: out of recovery, but read-only, timeline ${timeline}`,
    'If it is to be the primary: ALTER SYSTEM RESET default_transaction_read_only and reload; else rejoin it as a standby.',
  );
}

/** @param {any} facts */
function tlsFinding({ is_encrypted, is_local, tls_version, certificateEndsAt, nowMs }) {
  if (is_encrypted && certificateEndsAt - nowMs < FEW_DAYS_MS) {
    const isOver = certificateEndsAt < nowMs;
    const day = new Date(certificateEndsAt).toISOString().slice(0, 10);
    return finding(
      isOver ? 'fail' : 'warn',
      'tls',
      `encrypted, ${tls_version}, but its certificate ${isOver ? 'ended' : 'ends'} on ${day}`,
      'Renew it and reload: whoever verifies it is refused from then on.',
    );
  }
  if (is_encrypted) return finding('ok', 'tls', `encrypted, ${tls_version}`);
  if (is_local) return finding('ok', 'tls', 'not encrypted, but on this machine');
  return finding(
    'warn',
    'tls',
    'the connection is not encrypted',
    'Use sslmode=verify-full, with ssl = on at the server.',
  );
}

/** @param {number} version as in server_version_num, of 10 or later */
const textOf = (version) => `${Math.floor(version / 10_000)}.${version % 10_000}`;

/** @param {any} facts */
function versionFinding({ version, version_text }) {
  const text = `PostgreSQL ${version_text.split(' ')[0]}`;
  if (version >= OLDEST_MAJOR * 10_000) return finding('ok', 'version', text);
  return finding(
    'warn',
    'version',
    `${text} gets no repairs any more`,
    `Upgrade to ${OLDEST_MAJOR} or later.`,
  );
}

/** @param {any} facts */
function clockFinding({ skewMs, roundTripMs }) {
  const off = Math.max(0, Math.abs(skewMs) - roundTripMs / 2);
  if (off < MOST_SKEW_MS) return finding('ok', 'clock', 'the same time as here');
  const text = `its clock is ${(off / 1000).toFixed(1)} s ${skewMs > 0 ? 'ahead of' : 'behind'} ours`;
  return finding(
    'warn',
    'clock',
    text,
    'Synchronise the clocks (NTP): certificates, logs and leases rely on them.',
  );
}

/** @param {any} facts @returns {Finding[]} */
function replication({
  in_recovery,
  read_only,
  standbys,
  synchronous_standbys,
  receivers,
  may_monitor,
  settings,
}) {
  if (in_recovery) {
    if (receivers > 0) return [finding('ok', 'replication', 'streams from its primary')];
    if (!may_monitor)
      return [
        finding('warn', 'replication', 'whether it streams cannot be seen', 'GRANT pg_monitor TO the role.'),
      ];
    return [
      finding(
        'fail',
        'replication',
        'it receives no WAL',
        'Check primary_conninfo, and the log of this host; it may need pg_rewind.',
      ),
    ];
  }
  if (read_only) return [];
  if (standbys === 0)
    return [
      finding(
        'warn',
        'replication',
        'no standby streams from it',
        'Without a standby there is nothing to fail over to.',
      ),
    ];
  const names = settings.synchronous_standby_names;
  if (!names)
    return [
      finding(
        'warn',
        'synchrony',
        `${standbys} standbys, none of them synchronous: a failover may lose commits`,
        "synchronous_standby_names = 'ANY 1 (*)' makes each commit wait for one standby.",
      ),
    ];
  if (may_monitor && synchronous_standbys === 0)
    return [
      finding(
        'fail',
        'synchrony',
        'no synchronous standby is there: commits wait for ever',
        `Bring one of ${names} back.`,
      ),
    ];
  return [finding('ok', 'synchrony', `${standbys} standbys, synchronous_standby_names = '${names}'`)];
}

/** @param {any} facts @returns {Finding[]} */
function settingFindings({ settings, sessions, in_recovery }) {
  /** @type {Finding[]} */
  const found = [];
  const warn = (/** @type {string} */ text, /** @type {string} */ advice) =>
    found.push(finding('warn', 'settings', text, advice));
  if (ms(settings, 'wal_receiver_timeout') === 0 || ms(settings, 'wal_receiver_timeout') > 60_000)
    warn(
      `wal_receiver_timeout is ${settings.wal_receiver_timeout} ms`,
      'Set it to 60s or less: a standby notices a silent primary only then.',
    );
  if (ms(settings, 'wal_sender_timeout') === 0 || ms(settings, 'wal_sender_timeout') > 60_000)
    warn(
      `wal_sender_timeout is ${settings.wal_sender_timeout} ms`,
      'Set it to 60s or less: a primary notices a silent standby only then.',
    );
  if (ms(settings, 'wal_retrieve_retry_interval') > 5000)
    warn(
      `wal_retrieve_retry_interval is ${settings.wal_retrieve_retry_interval} ms`,
      'Set it to 5s or less: standbys follow a new primary only then.',
    );
  if (ms(settings, 'recovery_min_apply_delay') > 0)
    warn(
      `recovery_min_apply_delay is ${settings.recovery_min_apply_delay} ms`,
      'Such a standby is promoted only after it has applied what it holds back.',
    );
  if (settings.hot_standby === 'off')
    warn('hot_standby is off', 'Turn it on: the client cannot ask a standby for its role otherwise.');
  if (settings.fsync === 'off') warn('fsync is off', 'Turn it on: a crash destroys the data.');
  if (settings.full_page_writes === 'off')
    warn('full_page_writes is off', 'Turn it on: a crash may destroy the data.');
  if (settings.synchronous_commit === 'off')
    warn('synchronous_commit is off', 'A crash loses the last commits, although they were acknowledged.');
  if (settings.wal_log_hints === 'off' && settings.data_checksums === 'off')
    warn(
      'neither wal_log_hints nor data checksums are on',
      'pg_rewind needs one of them: without it an old primary has to be cloned anew.',
    );
  if (ms(settings, 'max_standby_streaming_delay') < 0)
    warn(
      'max_standby_streaming_delay is unlimited',
      'A long query on a standby holds up its replay, and so its promotion.',
    );
  if (ms(settings, 'idle_in_transaction_session_timeout') === 0 && !in_recovery)
    warn(
      'idle_in_transaction_session_timeout is off',
      'Set it, or the option idleInTransactionTimeoutMs: a forgotten transaction holds its locks for ever.',
    );
  const most = Number(settings.max_connections) - Number(settings.superuser_reserved_connections);
  if (sessions > 0.9 * most)
    warn(
      `${sessions} of ${most} connections are in use`,
      'After a failover all clients come to one host: leave room for them.',
    );
  return found.length > 0 ? found : [finding('ok', 'settings', 'nothing in the way of a failover')];
}

/**
 * @param {{ host: string, facts?: any }[]} hosts
 * @returns {Finding[]}
 */
function clusterFindings(hosts) {
  const known = hosts.filter(({ facts }) => facts);
  const primaries = known
    .filter(({ facts }) => !facts.in_recovery && !facts.read_only)
    .map(({ host }) => host);
  /** @type {Finding[]} */
  const found = [];
  if (primaries.length === 1) found.push(finding('ok', 'primary', `${primaries[0]} is the primary`));
  else if (primaries.length === 0)
    found.push(
      finding('fail', 'primary', 'there is no writable primary', 'Promote a standby, or start the primary.'),
    );
  else
    found.push(
      finding(
        'fail',
        'primary',
        `${primaries.join(' and ')} all accept writes`,
        'Stop or fence all but the right one at once.',
      ),
    );
  const differ = (/** @type {string} */ fact) => new Set(known.map(({ facts }) => facts[fact])).size > 1;
  if (differ('system_identifier'))
    found.push(
      finding(
        'fail',
        'identity',
        'the hosts are not of one cluster',
        'Each must be a copy of the same primary.',
      ),
    );
  const majors = new Set(known.map(({ facts }) => Math.floor(facts.version / 10_000)));
  if (majors.size > 1)
    found.push(
      finding(
        'fail',
        'version',
        `different majors: ${[...majors].join(', ')}`,
        'Physical replication needs the same major.',
      ),
    );
  else if (differ('version')) {
    const newest = Math.max(...known.map(({ facts }) => facts.version));
    const behind = known
      .filter(({ facts }) => facts.version < newest)
      .map(({ host, facts }) => `${host} with ${textOf(facts.version)}`);
    found.push(
      finding(
        'warn',
        'version',
        `behind ${textOf(newest)}: ${behind.join(', ')}`,
        'Bring all hosts to the newest one, the standbys first.',
      ),
    );
  }
  const settings = ['max_connections', 'wal_level', 'synchronous_commit'];
  for (const name of settings) {
    const values = new Set(known.map(({ facts }) => facts.settings[name]));
    if (values.size > 1)
      found.push(
        finding(
          'warn',
          'settings',
          `${name} differs: ${[...values].join(', ')}`,
          'After a failover the others count: make them equal.',
        ),
      );
  }
  if (hosts.length === 1)
    found.push(
      finding(
        'warn',
        'hosts',
        'only one host is named',
        'Name all hosts of the cluster: the client follows only to those that it knows.',
      ),
    );
  return found;
}

module.exports = { clusterFindings, hostFindings, refusalOf };
