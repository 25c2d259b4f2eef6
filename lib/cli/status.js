'use strict';

/* `hyperiondb status`: the hosts of a cluster and their roles, once. */

const { EXIT, EXIT_HELP } = require('./support/exit_codes');
const { table, sizeOf, millisecondsOf } = require('./support/table');
const { REPORT_HELP, TARGET_HELP, open, readReport, whenKnown } = require('./support/target');

const summary = 'the hosts of a cluster: role, timeline, lag';

const help = `Usage: hyperiondb status [URL] [options]

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
  const lines = table(
    ['HOST', 'ROLE', 'TIMELINE', 'LSN', 'LAG', 'RTT', 'WHY'],
    hosts.map((/** @type {any} */ { host, role, timeline, lsn, lagBytes, roundTripMs, lastError }) => [
      host,
      role,
      String(timeline ?? '-'),
      lsn ?? '-',
      sizeOf(lagBytes),
      millisecondsOf(roundTripMs),
      lastError ?? '',
    ]),
  );
  return primary ? lines : [...lines, '', 'There is no writable primary.'];
}

module.exports = { summary, run };
