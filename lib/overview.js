// How a pool is printed by console.log().
'use strict';

/** @param {Pick<import('../generated/index.js').Pool, 'topology' | 'status'>} pool */
function overview(pool) {
  const { primary, hosts } = pool.topology();
  const texts = hosts.map(({ host, role }) => `${host} (${role})`);
  return { primary, hosts: texts, status: pool.status() };
}

module.exports = { overview };
