'use strict';

/* Which cluster a verb is about: a connection URL, or libpq's environment. */

const { createPool } = require('../../create.js');
const { UsageError } = require('./usage_error');

const TARGET_HELP = `  URL    postgres://user@host1,host2:5433/database, or keywords; without it: PGHOST, PGPORT, PGUSER, PGDATABASE …
         The password comes from PGPASSWORD or the password file.`;

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

/** @param {string[]} positionals @returns {string | undefined} */
function urlOf(positionals) {
  if (positionals.length > 1) throw new UsageError(`too many words: ${positionals.slice(1).join(' ')}`);
  return positionals[0];
}

/**
 * @param {string | undefined} url
 * @param {object} [more] options
 */
function open(url, more) {
  const options = { ...MODEST, ...more };
  return url === undefined ? createPool(options) : createPool(url, options);
}

/** @param {string} host as `topology()` names it @returns {object} options for that host alone */
function only(host) {
  const colon = host.lastIndexOf(':');
  return host.startsWith('/')
    ? { hosts: [host.slice(0, colon)], port: Number(host.slice(colon + 1)) }
    : { hosts: [host] };
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

module.exports = { TARGET_HELP, numberOf, only, open, urlOf, whenKnown };
