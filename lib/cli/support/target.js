// Which cluster a verb is about: a connection URL, DATABASE_URL, or libpq's environment.
'use strict';

const { parseArgs } = require('node:util');
const { UsageError } = require('./usage_error');

const TARGET_HELP = `  URL    postgres://user@host1,host2:5433/database, or keywords; without it DATABASE_URL, or
         PGHOST, PGPORT, PGUSER, PGDATABASE … The password may come from PGPASSWORD or the
         password file.`;

/** Of the verbs that look once and end. */
const REPORT_HELP = `  --json          as JSON
  --timeout MS    how long to wait for a host (default 2000)`;

/** Sessions of these verbs do little; a host that is silent must not hold them up. */
const MODEST = { mode: 'any', poolSize: 2, minIdle: 0, applicationName: 'hyperiondb-cli' };

/** @param {string | undefined} text @param {string} option @param {number} otherwise */
function numberOf(text, option, otherwise) {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!(value > 0))
    throw new UsageError(`--${option}: expected a number above 0, got ${JSON.stringify(text)}`);
  return value;
}

/**
 * The command line of a verb.
 * @param {string[]} argv
 * @param {string} help is shown when it is asked for; then there is nothing else to do
 * @param {Record<string, { type: 'string' | 'boolean' }>} options
 * @returns {{ url: string | undefined, values: any } | undefined}
 */
function readCommand(argv, help, options) {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { ...options, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return void process.stdout.write(help);
  if (positionals.length > 1) throw new UsageError(`too many words: ${positionals.slice(1).join(' ')}`);
  return { url: positionals[0], values };
}

/**
 * The command line of a verb that looks once and ends.
 * @param {string[]} argv
 * @param {string} help
 * @returns {{ url: string | undefined, timeoutMs: number, print(report: object, lines: string[]): void } | undefined}
 */
function readReport(argv, help) {
  const command = readCommand(argv, help, { json: { type: 'boolean' }, timeout: { type: 'string' } });
  if (!command) return undefined;
  const { url, values } = command;
  return {
    url,
    timeoutMs: numberOf(values.timeout, 'timeout', 2000),
    print: (report, lines) =>
      void process.stdout.write(`${values.json ? JSON.stringify(report, null, 2) : lines.join('\n')}\n`),
  };
}

/**
 * @param {string | undefined} url
 * @param {object} [more] options
 */
function open(url, more) {
  const { createPool } = require('../../create.js'); // here: whoever asks for help needs no native part
  const options = { ...MODEST, ...more };
  if (url !== undefined) return createPool(url, options);
  const { DATABASE_URL: inherited } = process.env;
  if (!inherited) return createPool(options);
  try {
    return createPool(inherited, options);
  } catch (error) {
    throw new Error(`DATABASE_URL: ${/** @type {Error} */ (error).message}`, { cause: error });
  }
}

/** @param {string} host as `topology()` names it @returns {object} options for that host alone */
function only(host) {
  const colon = host.lastIndexOf(':');
  // With a port of its own, so that those of PGPORT, which are for all hosts, do not count.
  return { hosts: [host.slice(0, colon)], port: Number(host.slice(colon + 1)) };
}

/**
 * Until each host has answered, or is known not to.
 * @param {any} pool
 * @param {number} timeoutMs
 */
async function whenKnown(pool, timeoutMs) {
  const end = performance.now() + timeoutMs;
  const isKnown = () =>
    pool
      .topology()
      .hosts.every((/** @type {any} */ host) => host.role !== 'unknown' || host.lastError !== null);
  while (!isKnown() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
  return pool.topology();
}

module.exports = { REPORT_HELP, TARGET_HELP, numberOf, only, open, readCommand, readReport, whenKnown };
