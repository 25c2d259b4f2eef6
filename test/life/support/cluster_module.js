'use strict';

// The cluster module and fork: each process opens its own sessions, and none inherits a socket from its parent.

const cluster = require('node:cluster');
const fs = require('node:fs');
const { fork, spawn } = require('node:child_process');
const { once } = require('node:events');
const { newPool } = require('./pool.js');

const sockets = () =>
  fs.readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = fs.readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith('socket:') ? [target] : [];
    } catch {
      return [];
    }
  });
const pid = async (pool) => (await pool.query('select pg_backend_pid() as pid'))[0].pid;

async function child() {
  const inherited = sockets();
  const pool = newPool({ minIdle: 0 });
  const mine = await pid(pool);
  process.send({ mine, inherited });
  await pool.end();
  process.disconnect();
}

async function main() {
  const given = new Set(sockets()); // standard output is one, where it is a pipe of Node's; children share it
  const pool = newPool({ poolSize: 2 });
  const mine = await pid(pool);
  const held = new Set(sockets().filter((socket) => !given.has(socket)));
  if (held.size === 0) console.log('no socket that it could get');
  const seen = [];
  const started = [fork(__filename), cluster.fork(), cluster.fork()];
  await Promise.all(
    started.map(async (one) => {
      const ended = once(one, 'exit');
      const [message] = await once(one, 'message');
      seen.push(message.mine);
      if (message.inherited.some((socket) => held.has(socket))) console.log('a socket of the parent');
      const [code] = await ended;
      if (code !== 0) console.log('it ended with', code);
    }),
  );
  // Another kind of program, which does not close inherited descriptors.
  const ls = spawn('ls', ['-l', '/proc/self/fd']);
  let listed = '';
  ls.stdout.on('data', (chunk) => (listed += chunk));
  await once(ls, 'close');
  if ([...held].some((socket) => listed.includes(socket))) console.log('a socket of the parent, in ls');
  console.log(new Set([mine, ...seen]).size, 'sessions');
  console.log((await pid(pool)) > 0);
  await pool.end();
}

if (process.send) child();
else main();
