// Passwords from a function. Native code decides when to call it and how long to use the answer.
'use strict';

const { messageOf } = require('./errors.js');

/**
 * @import { PasswordTarget } from '../generated/index.js'
 * @typedef {(target: PasswordTarget) => unknown} Provider
 */

/**
 * Never rejects: an error of the function fails the connect.
 * @param {Provider} provider
 * @param {PasswordTarget} target
 * @returns {Promise<{ password?: string, problem?: string }>}
 */
async function passwordFrom(provider, target) {
  try {
    const password = await provider(target);
    if (typeof password !== 'string')
      return { problem: `it gave ${password === null ? 'null' : typeof password} instead of a string` };
    if (password === '' || password.includes('\0'))
      return { problem: 'it gave an empty string, or one with a NUL in it' };
    return { password };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

module.exports = { passwordFrom };
