// createPool: from a URL, from options, or from both.
'use strict';

const { Pool } = require('./pool.js');
const { locate } = require('./stack.js');
const { secret } = require('./transaction.js');

/**
 * @param {string | object} [first] URL, or options
 * @param {object} [second] options that win over the URL
 */
function createPool(first, second) {
  try {
    return typeof first === 'string' ? new Pool(secret, first, second) : new Pool(secret, undefined, first);
  } catch (error) {
    throw locate(error, createPool);
  }
}

module.exports = { createPool };
