// `hyperiondb-client status`: the hosts of a cluster and their roles, once.
'use strict';

const { EXIT, EXIT_HELP } = require('./support/exit_codes');
const { roleOf, whyOf } = require('./support/hosts');
const { hostTable, sizeOf, millisecondsOf } = require('./support/table');
const { REPORT_HELP, TARGET_HELP, open, readReport, whenKnown } = require('./support/target');
const { painter, roleOn } = require('./support/terminal');

const summary = 'the hosts of a cluster: role, timeline, lag';

const help = `Usage: hyperiondb-client status [URL] [options]

${TARGET_HELP}

${REPORT_HELP}

${EXIT_HELP}
It works if there is a writable primary; all is well if every other host is a standby of it.
`;

/** @param {string[]} argv */
async function run(argv) {
  const command = readReport(argv, help);
  if (!command) return;
  const { url, timeoutMs, print } = command;
  const pool = open(url, { connectTimeoutMs: timeoutMs });
  try {
    const topology = await whenKnown(pool, timeoutMs);
    process.exitCode = verdictOf(topology);
    print(topology, show(topology));
  } finally {
    await pool.end({ drainTimeoutMs: 0 });
  }
}

/** @param {any} topology */
function verdictOf({ primary, hosts }) {
  if (!primary) return EXIT.down;
  const isWell = hosts.every((/** @type {any} */ { role }) => role === 'primary' || role === 'standby');
  return isWell ? EXIT.well : EXIT.impaired;
}

/** @param {any} topology @returns {string[]} lines */
function show({ primary, hosts }) {
  const { stdout } = process;
  const paint = painter(stdout);
  const lines = hostTable(
    [
      { title: 'HOST', cell: ({ host }) => host },
      { title: 'ROLE', cell: (host) => (stdout.isTTY ? roleOn(roleOf(host), paint) : roleOf(host)) },
      { title: 'TIMELINE', isNumber: true, cell: ({ timeline }) => String(timeline ?? '-') },
      { title: 'LSN', cell: ({ lsn }) => lsn ?? '-', isSpare: true },
      { title: 'LAG', isNumber: true, cell: ({ lagBytes }) => sizeOf(lagBytes) },
      {
        title: 'RTT',
        isNumber: true,
        isSpare: true,
        cell: ({ roundTripMs }) => millisecondsOf(roundTripMs),
      },
    ],
    whyOf,
    hosts,
    stdout.isTTY ? stdout.columns : Infinity,
  );
  return primary ? lines : [...lines, '', absenceOf(hosts)];
}

/** @param {any[]} hosts */
function absenceOf(hosts) {
  const refusing = hosts.filter((host) => roleOf(host) === 'refused').length;
  if (refusing === hosts.length) return 'Every host refused us: which one is the primary is not known.';
  if (refusing > 0) return 'There is no writable primary among the hosts that let us in.';
  return 'There is no writable primary.';
}

module.exports = { summary, run };
