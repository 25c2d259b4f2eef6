'use strict';

const fs = require('node:fs');

/**
 * How many bytes the kernel holds for a TCP socket of this machine that its owner has not read yet.
 * @param {number} port its own, on IPv4
 */
function unread(port) {
  const own = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = fs
    .readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const queues = lines.find(([, local]) => local?.endsWith(own))?.[4] ?? ':0';
  return Number.parseInt(queues.split(':')[1], 16);
}

module.exports = { unread };
