// The certificate that a server shows, looked at without verifying it: no password is sent.
'use strict';

const net = require('node:net');
const tls = require('node:tls');
const { addressOf } = require('../../channels.js');

/** What a client says that wants TLS: a length, and a number in place of a version. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/**
 * @param {string} host as `topology()` names it
 * @param {number} timeoutMs
 * @returns {Promise<{ endsAt: number } | undefined>} undefined: it could not be seen
 */
function certificateOf(host, timeoutMs) {
  const { serverAddress: name = '', serverPort: port = 0 } = addressOf(host);
  return new Promise((resolve) => {
    const socket = net.connect({ host: name, port, timeout: timeoutMs });
    const end = (/** @type {{ endsAt: number } | undefined} */ found) => {
      resolve(found);
      socket.destroy();
    };
    socket.on('error', () => end(undefined)).on('timeout', () => end(undefined));
    socket.on('close', () => end(undefined));
    socket.once('connect', () => socket.write(SSL_REQUEST));
    socket.once('data', (answer) => {
      if (answer.toString('latin1') !== 'S') return end(undefined);
      const secured = tls.connect({
        socket,
        rejectUnauthorized: false, // an expired one is to be seen, too
        ...(net.isIP(name) === 0 && { servername: name }),
      });
      secured.on('error', () => end(undefined));
      secured.once('secureConnect', () => {
        const endsAt = Date.parse(secured.getPeerCertificate().valid_to);
        end(Number.isNaN(endsAt) ? undefined : { endsAt });
      });
    });
  });
}

module.exports = { certificateOf };
