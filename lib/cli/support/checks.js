// What the doctor makes of what it was told: pure functions of the facts.
'use strict';

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

/**
 * A host: what the topology says of it, and what it says of itself if it lets us in.
 * @typedef {{ host: string, role: string, timeline: number | null, systemIdentifier: string | null, why: string, facts?: any }} Seen
 */

/** What to do about a host that lets nobody in, by SQLSTATE or code. @type {Record<string, [check: string, advice: string]>} */
const REFUSALS = {
  '28P01': ['credentials', 'Check the password: PGPASSWORD, the password file, or the URL.'],
  28000: ['credentials', 'Check the role, and pg_hba.conf of this host: it must be the same on all of them.'],
  '3D000': ['credentials', 'Check the name of the database.'],
  42501: ['credentials', 'The role lacks a privilege: GRANT pg_monitor TO it.'],
  53300: ['credentials', 'Raise max_connections, or make the pools smaller.'],
  EAUTH: ['credentials', 'Check the password, and how pg_hba.conf of this host wants the role to log in.'],
  ETLS: ['tls', 'Check sslmode, sslrootcert and the certificate of the server.'],
  other: [
    'credentials',
    'It answers, so this is between its settings and ours: see its reason, and its log.',
  ],
  ECONNREFUSED: ['reachable', 'Nothing listens there: is PostgreSQL running, and on this address and port?'],
  ENOTFOUND: ['reachable', 'The name does not resolve: check DNS and the spelling.'],
  '57P03': ['reachable', 'It starts or stops: its log says how far it is.'],
  ETIMEDOUT: [
    'reachable',
    'The machine may be frozen or overloaded, or a firewall drops the packets between here and there.',
  ],
};

/**
 * Why nothing is known of a host.
 * @param {string | null} code
 * @param {string} why
 * @param {string} role
 * @returns {Finding}
 */
function refusalOf(code, why, role) {
  const known = code !== null && code in REFUSALS ? code : { silent: 'ETIMEDOUT', refused: 'other' }[role];
  const [check, advice] =
    known === undefined
      ? ['reachable', 'Check the network and firewalls between here and there.']
      : REFUSALS[known];
  return finding('fail', check, `${role}: ${why}`, advice);
}

/** A duration setting in ms. @param {any} settings @param {string} name @param {number} unitMs */
const ms = (settings, name, unitMs = 1) => Number(settings[name]) * unitMs;

/**
 * @param {Seen} seen one host that lets us in
 * @returns {Finding[]}
 */
function hostFindings(seen) {
  const { facts, role } = seen;
  return [
    roleFinding(seen),
    tlsFinding(facts),
    versionFinding(facts),
    clockFinding(facts),
    ...(role === 'quarantined' ? [] : replication(facts)),
  ].concat(settingFindings(facts));
}

/** @param {Seen} seen @returns {Finding} */
function roleFinding({ role, timeline, why }) {
  const where = timeline === null ? 'its timeline is not known' : `timeline ${timeline}`;
  switch (role) {
    case 'primary':
    case 'standby':
      return finding('ok', 'role', `${role}, ${where}`);
    case 'fenced':
      return finding(
        'fail',
        'role',
        `fenced: out of recovery, but read-only, ${where}`,
        'If it is to be the primary: ALTER SYSTEM RESET default_transaction_read_only and reload; else rejoin it as a standby.',
      );
    case 'quarantined':
      return finding(
        'fail',
        'role',
        `quarantined: ${why}`,
        'It gets no statements. Stop or fence it, and rejoin it as a standby of the right primary.',
      );
    default:
      return finding('warn', 'role', `its role is not known yet: ${why}`, 'Look again in a moment.');
  }
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
  const all = standbys === 1 ? '1 standby' : `${standbys} standbys`;
  if (!names)
    return [
      finding(
        'warn',
        'synchrony',
        `${all}, not synchronous: a failover may lose commits`,
        "synchronous_standby_names = 'ANY 1 (*)' makes each commit wait for one standby.",
      ),
    ];
  if (may_monitor && synchronous_standbys === 0)
    return [
      finding(
        'fail',
        'synchrony',
        'no synchronous standby is there: commits wait forever',
        `Bring one of ${names} back.`,
      ),
    ];
  return [finding('ok', 'synchrony', `${all}, synchronous_standby_names = '${names}'`)];
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

/** @param {string[]} names */
const both = (names) => (names.length === 2 ? `${names.join(' and ')} both` : `${names.join(', ')} all`);

/** Who takes the writes. @param {Seen[]} hosts @returns {Finding} */
function primaryFinding(hosts) {
  const named = (/** @type {Seen[]} */ some) => some.map(({ host }) => host);
  const primary = hosts.find(({ role }) => role === 'primary');
  const writable = hosts.filter(({ facts }) => facts && !facts.in_recovery && !facts.read_only);
  const [id] = (primary ? [primary] : writable).map(({ systemIdentifier }) => systemIdentifier);
  const rivals = writable.filter(({ systemIdentifier }) => systemIdentifier === id);
  if (rivals.length > 1) {
    const wrong = primary
      ? named(rivals.filter((one) => one !== primary)).join(', ')
      : 'all but the right one';
    return finding(
      'fail',
      'primary',
      `${both(named(rivals))} accept writes`,
      `Stop or fence ${wrong} at once.`,
    );
  }
  if (primary) return finding('ok', 'primary', `${primary.host} is the primary`);
  const refusing = named(hosts.filter(({ role }) => role === 'refused'));
  // Before they let us in, nobody knows whether something is wrong with the cluster.
  if (refusing.length === hosts.length)
    return finding(
      'fail',
      'primary',
      'every host refused us: what they are is not known',
      'See to the refusals first.',
    );
  if (refusing.length > 0)
    return finding(
      'fail',
      'primary',
      'there is no writable primary among the hosts that let us in',
      `See to the refusal of ${refusing.join(', ')} first.`,
    );
  if (rivals.length > 0)
    return finding(
      'fail',
      'primary',
      `there is no primary: ${named(rivals)[0]} accepts writes, but is ${rivals[0].role}`,
      'Find out which node has the newest data before anything is promoted.',
    );
  const absent = named(hosts.filter(({ facts }) => !facts));
  if (absent.length === hosts.length)
    return finding('fail', 'primary', 'no host answers', 'See why below; the network may be the reason.');
  return finding(
    'fail',
    'primary',
    'there is no writable primary',
    `Promote a standby${absent.length > 0 ? `, or bring ${absent.join(', ')} back` : ''}.`,
  );
}

/**
 * @param {Seen[]} known hosts with facts
 * @returns {Finding[]}
 */
function versionFindings(known) {
  const majors = new Set(known.map(({ facts }) => Math.floor(facts.version / 10_000)));
  if (majors.size > 1)
    return [
      finding(
        'fail',
        'version',
        `different majors: ${[...majors].join(', ')}`,
        'Physical replication needs the same major.',
      ),
    ];
  const newest = Math.max(...known.map(({ facts }) => facts.version));
  const behind = known
    .filter(({ facts }) => facts.version < newest)
    .map(({ host, facts }) => `${host} with ${textOf(facts.version)}`);
  if (behind.length === 0) return [];
  return [
    finding(
      'warn',
      'version',
      `behind ${textOf(newest)}: ${behind.join(', ')}`,
      'Bring all hosts to the newest one, the standbys first.',
    ),
  ];
}

/**
 * @param {Seen[]} hosts
 * @returns {Finding[]}
 */
function clusterFindings(hosts) {
  const known = hosts.filter(({ facts }) => facts);
  const found = [primaryFinding(hosts)];
  if (new Set(known.map(({ systemIdentifier }) => systemIdentifier)).size > 1)
    found.push(
      finding(
        'fail',
        'identity',
        'the hosts are not of one cluster',
        'Each must be a copy of the same primary.',
      ),
    );
  found.push(...versionFindings(known));
  for (const name of ['max_connections', 'wal_level', 'synchronous_commit']) {
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
