// createPool: from a URL, from options, or from both.
'use strict';

const { argumentError } = require('./errors.js');
const { Pool } = require('./pool.js');
const { locate } = require('./stack.js');
const { secret } = require('./transaction.js');

/**
 * @param {string | { href: string } | object | null | undefined} [first] URL, or options
 * @param {object} [second] options that override the URL
 */
function createPool(first, second) {
  try {
    const { url, options } = read(first, second, arguments.length);
    return new Pool(secret, url, options);
  } catch (error) {
    throw locate(error, createPool);
  }
}

/** Whether the options or the environment name a host. @param {any} options */
function namesHosts(options) {
  if (options === undefined || options === null) return false;
  return options.hosts !== undefined || Boolean(process.env.PGHOST || process.env.PGSERVICE);
}

/**
 * @param {any} first
 * @param {any} second
 * @param {number} count of the arguments
 * @returns {{ url?: string, options: any }}
 */
function read(first, second, count) {
  if (typeof first === 'string' && first !== '') return { url: first, options: second };
  if (typeof first?.href === 'string') return { url: first.href, options: second };
  if (first === undefined || first === null || first === '') {
    if (count === 0 || namesHosts(second)) return { options: second };
    // Most likely an environment variable that is not set; who wants the defaults calls createPool().
    throw argumentError(
      `createPool(${first === '' ? "''" : first}): no URL was given, and no host. Is the environment variable with ` +
        'the URL set? createPool() and createPool(options) take PGHOST, PGUSER and the like.',
    );
  }
  if (second === undefined) return { options: first };
  throw argumentError(
    'createPool() takes a URL and options, or options alone: its first argument must be a string or a URL here.',
  );
}

module.exports = { createPool };
