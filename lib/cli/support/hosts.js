// What a host is shown as. The one place: status, top and doctor say the same of it.
'use strict';

/**
 * The role of a host; in place of `down` and `unknown`, which of them it is: it refuses us, or is silent.
 * @param {any} host of `topology()`
 * @returns {string}
 */
function roleOf({ role, lastError, lastErrorCode, refused }) {
  if (role !== 'down' && role !== 'unknown') return role;
  if (refused) return 'refused';
  if (lastErrorCode === 'ETIMEDOUT') return 'silent';
  return role === 'unknown' && lastError === null ? 'silent' : role;
}

/** An error in a few words: its host stands beside it. @param {string | null} message */
function briefly(message) {
  return (message ?? '')
    .split('\n')[0]
    .replace(/^Could not connect to \S+: /, '')
    .replace(/^The connection to \S+ was lost: /, 'the connection was lost: ')
    .replace(/^connection to server .*? failed: /, '')
    .replace(/^\S+: +([0-9A-Z]{5}): (.*?)\.?$/, '$2 ($1)')
    .replace(/^No answer from \S+ within the connect timeout \((\d+ ms)\)/, 'no answer within $1')
    .replace(/^It is /, '')
    .replace(/\.$/, '');
}

/** Why a host is not usable, in a few words. @param {any} host of `topology()` @returns {string} */
function whyOf(host) {
  return roleOf(host) === 'silent' && host.lastError === null ? 'no answer' : briefly(host.lastError);
}

module.exports = { briefly, roleOf, whyOf };
