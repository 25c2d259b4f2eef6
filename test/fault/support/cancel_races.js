'use strict';

/*
 * Cancels that race with completions, in many pools at a time. Each pool has one session, so that what follows a
 * statement that was cancelled is on that session: a cancel that comes late would hit it.
 *
 *   const { sent, ended, late, hit } = await raceCancels(cluster.connectionOptions(), { races: 1000 });
 */

const net = require('node:net');
const { createPool } = require('../../..');
const { MessageReader } = require('../../support/protocol');
const { QUIET, settle, until } = require('../../support/rig');

const STATEMENT = 'select pg_sleep($1::float8 / 1000)';
/** Takes some time, so that a late cancel has something to hit. */
const NEXT = 'select 7 as seven from pg_sleep(0.002)';

/**
 * @param {Record<string, unknown>} options of the pools
 * @param {{ races: number, pools?: number, onProgress?: (begun: number) => void, everyMs?: number }} how
 * @returns {Promise<{ sent: number, ended: number, late: number, hit: any[] }>}
 *   sent: cancels that went to the server; ended: statements that they ended; late: cancels whose statement was done
 *   before them; hit: errors of statements that nobody had cancelled
 */
async function raceCancels(options, { races, pools: count = 16, onProgress = () => {}, everyMs = 5_000 }) {
  const pools = Array.from({ length: count }, () =>
    createPool({ ...QUIET, cancelTimeoutMs: 20_000, ...options }),
  );
  const sent = () => pools.reduce((sum, pool) => sum + (pool.stats().hosts[0]?.cancels ?? 0), 0);
  const hit = [];
  let [begun, ended] = [0, 0];

  // Who wins depends on how long a cancel takes to the server. The statement is made longer when the cancel was late,
  // and shorter when it was not, so that both go on winning on any machine.
  const racer = async (pool) => {
    let lengthMs = 5;
    while (begun < races) {
      begun += 1;
      const abort = new AbortController();
      const call = settle(pool.query(STATEMENT, [lengthMs], { signal: abort.signal }));
      const timer = setTimeout(() => abort.abort(), 1 + Math.random() * 3);
      const { error } = await call;
      clearTimeout(timer);
      if (error?.name === 'AbortError' && error.outcome === 'rolled-back') {
        ended += 1;
        lengthMs /= 1 + Math.random() / 2;
      } else if (error === undefined) lengthMs *= 1 + Math.random() / 2;
      else if (error.name !== 'AbortError' || error.outcome === 'unknown') hit.push(error);
      const next = await settle(pool.query(NEXT));
      if (next.error) hit.push(next.error);
    }
  };

  const clock = setInterval(() => onProgress(begun), everyMs);
  try {
    await Promise.all(pools.map(racer));
    await until(() => pools.every((pool) => pool.status().available === 1), {
      what: 'every session is free again',
    });
    return { sent: sent(), ended, late: sent() - ended, hit };
  } finally {
    clearInterval(clock);
    await Promise.all(pools.map((pool) => pool.end({ drainTimeoutMs: 0 })));
  }
}

/**
 * A way to a server that answers cancel requests itself, as the server does: it looks at the key, and sends the session
 * SIGINT. A server forks for each, and where that is slow, a race takes as long as a fork.
 * @param {{ host: string, port: number }} to
 */
async function openShortCut(to) {
  const CANCEL = 80877102;
  /** What the server has told its sessions, as numbers of a process → key. @type {Map<number, number>} */
  const keys = new Map();
  const sockets = new Set();
  const keep = (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => sockets.delete(socket));
    return socket;
  };
  const listener = net.createServer({ noDelay: true }, (client) => {
    keep(client).once('data', (first) => {
      if (first.length === 16 && first.readInt32BE(4) === CANCEL) {
        const [pid, key] = [first.readInt32BE(8), first.readInt32BE(12)];
        if (keys.get(pid) === key) process.kill(pid, 'SIGINT');
        client.end();
        return;
      }
      const server = keep(net.connect({ ...to, noDelay: true }));
      const reader = new MessageReader('server');
      const look = (chunk) => {
        const told = [...reader.push(chunk)].find(({ type }) => type === 'K');
        if (!told) return;
        const pid = told.body.readInt32BE(0);
        keys.set(pid, told.body.readInt32BE(4));
        server.off('data', look);
        server.on('close', () => keys.delete(pid));
      };
      server.on('data', look);
      server.on('close', () => client.destroy());
      client.on('close', () => server.destroy());
      server.write(first);
      client.pipe(server);
      server.pipe(client);
    });
  });
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {net.AddressInfo} */ (listener.address());
  return {
    /** For `createPool`; without TLS, so that the first message says what a connection is for. */
    options: { hosts: [`127.0.0.1:${port}`], ssl: { mode: 'disable' } },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

module.exports = { raceCancels, openShortCut };
