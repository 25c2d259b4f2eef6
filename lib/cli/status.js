'use strict';

/* `hyperiondb status`: the hosts of a cluster and their roles, once. */

const { parseArgs } = require('node:util');
const { EXIT, EXIT_HELP } = require('./support/exit_codes');
const { table, sizeOf, millisecondsOf } = require('./support/table');
const { TARGET_HELP, numberOf, open, urlOf, whenKnown } = require('./support/target');

const summary = 'the hosts of a cluster: role, timeline, lag';

const help = `Usage: hyperiondb status [URL] [options]

${TARGET_HELP}

  --json          as JSON
  --timeout MS    how long to wait for the hosts (default 5000)

${EXIT_HELP}
It works if there is a writable primary; all is well if every other host is a standby of it.
`;

/** @param {string[]} argv */
async function run(argv) {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      json: { type: 'boolean' },
      timeout: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(help);
  const timeoutMs = numberOf(values.timeout, 'timeout', 5000);
  const pool = open(urlOf(positionals), { connectTimeoutMs: timeoutMs });
  try {
    const topology = await whenKnown(pool, timeoutMs);
    process.exitCode = verdictOf(topology);
    process.stdout.write(
      values.json ? `${JSON.stringify(topology, null, 2)}\n` : `${show(topology).join('\n')}\n`,
    );
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
