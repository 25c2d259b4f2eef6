'use strict';

// A self-signed certificate for 127.0.0.1, for servers and for the clients that trust them.

const { execFileSync } = require('node:child_process');
const path = require('node:path');

/** @param {string} folder @returns {{ cert: string, key: string }} paths */
function makeCertificate(folder) {
  const cert = path.join(folder, 'server.crt');
  const key = path.join(folder, 'server.key');
  const args = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
  ];
  args.push('-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost');
  execFileSync('openssl', [...args, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { cert, key };
}

module.exports = { makeCertificate };
