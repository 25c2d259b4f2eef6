// createPool: from a URL, from options, or from both.
'use strict';

const { argumentError } = require('./errors.js');
const { Pool } = require('./pool.js');
const { locate } = require('./stack.js');
const { secret } = require('./transaction.js');

/**
 * @param {string | { href: string } | object | null | undefined} [first] URL, or options
 * @param {object} [second] options that win over the URL
 */
function createPool(first, second) {
  try {
    const { url, options } = read(first, second, arguments.length);
    return new Pool(secret, url, options);
  } catch (error) {
    throw locate(error, createPool);
  }
}

/**
 * @param {any} first
 * @param {any} second
 * @param {number} count of the arguments
 * @returns {{ url?: string, options: any }}
 */
function read(first, second, count) {
  if (typeof first === 'string') return { url: first, options: second };
  if (typeof first?.href === 'string') return { url: first.href, options: second };
  if (first === undefined || first === null) {
    if (count !== 1) return { options: second };
    // Far more often a variable that is not set than a wish for the defaults, which createPool() expresses.
    throw argumentError(
      `createPool(${first}): no URL and no options were given. Is the environment variable with the URL set? ` +
        'createPool() without arguments takes PGHOST, PGUSER and the like.',
    );
  }
  if (second === undefined) return { options: first };
  throw argumentError(
    'createPool() takes a URL and options, or options alone: its first argument must be a string or a URL here.',
  );
}

module.exports = { createPool };
