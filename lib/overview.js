// What a pool looks like when it is printed.
'use strict';

/** @param {{ topology(): any, status(): any }} pool */
function overview(pool) {
  const { primary, hosts } = pool.topology();
  const texts = hosts.map((/** @type {any} */ { host, role }) => `${host} (${role})`);
  return { primary, hosts: texts, status: pool.status() };
}

module.exports = { overview };
