'use strict';

// Passes TCP connections on to a Unix socket: node relay.js ADDRESS PORT SOCKET. Runs inside a network namespace.

const net = require('node:net');
const [address, port, socket] = process.argv.slice(2);

net
  .createServer((client) => {
    const server = net.connect(socket);
    client.setNoDelay(true);
    client.pipe(server).pipe(client);
    client.on('error', () => server.destroy());
    server.on('error', () => client.destroy());
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
  })
  .listen(Number(port), address, () => process.stdout.write('ready\n'));
