// Free TCP ports for servers. They come from below the range that the kernel hands out to outgoing connections:
// a server that is down for a while must find its port free when it comes back, also while clients knock.
'use strict';

const fs = require('node:fs');
const net = require('node:net');

/** Ports that this process gave out and that may not listen yet. @type {Set<number>} */
const reserved = new Set();

/** @param {number} count @returns {Promise<number[]>} */
async function reservePorts(count) {
  const ports = [];
  const high = Math.min(lowestOutgoingPort(), 60_000);
  const low = Math.max(10_000, high - 15_000);
  for (let tries = 0; ports.length < count; tries += 1) {
    if (tries > 1_000) throw new Error('no free TCP port was found on 127.0.0.1');
    const port = low + Math.floor(Math.random() * (high - low));
    if (reserved.has(port) || !(await isFree(port))) continue;
    reserved.add(port);
    ports.push(port);
  }
  return ports;
}

/** @param {number[]} ports */
function releasePorts(ports) {
  for (const port of ports) reserved.delete(port);
}

function lowestOutgoingPort() {
  try {
    const low = Number(
      fs.readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/)[0],
    );
    return low > 12_000 ? low : 60_000;
  } catch {
    return 32_768;
  }
}

/** @param {number} port @returns {Promise<boolean>} */
function isFree(port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

module.exports = { reservePorts, releasePorts };
