'use strict';

/*
 * One application: writers that never stop, through one client, with the defaults of that client but for the size of
 * its pool and the time for one connect. It repeats nothing by itself. A child of failover.mjs.
 */

const STEP_MS = 100;
const { client, hosts, writers, user, database } = JSON.parse(process.argv[2]);
const INSERT = 'insert into journal (id) values ($1)';

/** @type {Record<string, () => { write(id: string): Promise<unknown>, end(): unknown }>} */
const CLIENTS = {
  ours: () => {
    const { createPool } = require('..');
    const pool = createPool({
      hosts: hosts.map(({ host, port }) => `${host}:${port}`),
      user,
      database,
      poolSize: 10,
    });
    return { write: (id) => pool.query(INSERT, [id]), end: () => pool.end({ drainTimeoutMs: 0 }) };
  },
  // It knows one host: the primary, or a proxy.
  pg: () => {
    const { Pool } = require('pg');
    const pool = new Pool({ ...hosts[0], user, database, max: 10, connectionTimeoutMillis: 2000 });
    pool.on('error', () => {});
    return { write: (id) => pool.query(INSERT, [id]), end: () => {} };
  },
  postgres: () => {
    const connect = require('postgres');
    const sql = connect({
      ...{ host: hosts.map(({ host }) => host), port: hosts.map(({ port }) => port) },
      ...{
        user,
        database,
        max: 10,
        connect_timeout: 2,
        target_session_attrs: 'primary',
        onnotice: () => {},
      },
    });
    return { write: (id) => sql`insert into journal (id) values (${id})`, end: () => {} };
  },
};
CLIENTS.proxied = CLIENTS.pg;

const { write, end } = CLIENTS[client]();
const acknowledged = [];
/** What was told of the others: their ids, by what the error says. */
const failed = [];
/** Acknowledged writes in each step since `began`. */
const steps = [];
const began = Date.now();
/** Times without a write: when each began, and for how long. */
const gaps = [];
let lastAt = began;
let pending = 0;
let isOver = false;

function note(id) {
  const now = Date.now();
  acknowledged.push(id);
  const step = Math.floor((now - began) / STEP_MS);
  steps[step] = (steps[step] ?? 0) + 1;
  if (now - lastAt > 20) gaps.push([lastAt, now - lastAt]);
  lastAt = now;
}

async function writer(number) {
  for (let count = 0; !isOver; count += 1) {
    const id = `${number}-${count}`;
    pending += 1;
    try {
      await write(id);
      note(id);
    } catch (error) {
      failed.push([id, String(error.outcome ?? ''), String(error.code ?? error.name)]);
      await new Promise((resolve) => setTimeout(resolve, 20)); // an application does something else meanwhile
    }
    pending -= 1;
  }
}

process.on('message', async () => {
  isOver = true;
  const until = Date.now() + 3000;
  while (pending > 0 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 10));
  const report = {
    began,
    stepMs: STEP_MS,
    steps: Array.from(steps, (n) => n ?? 0),
    gaps,
    lastAt,
    acknowledged,
    failed,
  };
  process.send({ ...report, unsettled: pending }, () => {
    Promise.resolve(end()).finally(() => process.exit());
  });
});
process.on('disconnect', () => process.exit());
for (let number = 0; number < writers; number += 1) void writer(number);
