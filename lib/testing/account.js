// Who runs the servers. PostgreSQL refuses to run as root, so root hands them to `postgres`, or to `nobody` where
// there is no such user; anybody else runs them as himself.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

/** @typedef {{ uid?: number, gid?: number, name: string }} Account uid and gid, both of them, are only there when they must be changed */

/** @returns {Account} */
function serverAccount() {
  if (process.getuid?.() !== 0) return { name: 'the current user' };
  const users = new Map(readPasswd());
  const name = ['postgres', 'nobody'].find((candidate) => users.has(candidate));
  return name ? { name, ...users.get(name) } : { name: 'uid 65534', uid: 65534, gid: 65534 };
}

/** @returns {[string, { uid: number, gid: number }][]} */
function readPasswd() {
  try {
    return fs
      .readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .filter((parts) => parts.length > 3)
      .map(([name, , uid, gid]) => [name, { uid: Number(uid), gid: Number(gid) }]);
  } catch {
    return [];
  }
}

/**
 * Whether the account may run (or, for a directory, enter) a path: every directory above must let it through.
 * @param {Account} account
 * @param {string} file
 */
function canReach(account, file) {
  if (account.uid === undefined) return isAccessible(file);
  try {
    for (let at = fs.realpathSync(file); ; at = path.dirname(at)) {
      const { mode, uid, gid } = fs.statSync(at);
      const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0;
      if (((mode >> shift) & 1) === 0) return false;
      if (at === path.dirname(at)) return true;
    }
  } catch {
    return false;
  }
}

/** @param {string} file */
function isAccessible(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Gives a file to the account. @param {Account} account @param {string} file */
function give(account, file) {
  const { uid, gid } = account;
  if (uid !== undefined && gid !== undefined) fs.lchownSync(file, uid, gid);
}

function serverEnvironment() {
  const { PATH = '/usr/bin:/bin', TZ } = process.env;
  return { PATH, LC_ALL: 'C', ...(TZ && { TZ }) };
}

module.exports = { serverAccount, serverEnvironment, canReach, give };
