// server.mjs: the server that all clients talk to, and what is in it.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { startCluster, findPostgres } = require('../lib/testing/index.js');
const { ITEMS } = require('./workloads.cjs');

const SQL = [
  `create table item (id int4 primary key, big int8, small int2, ratio float8, price numeric(12, 2), active bool,
     name text, note text, created timestamptz, key uuid)`,
  `insert into item
   select i, i * 9000000001, i % 1000, i / 7.0, i / 100.0, i % 3 = 0, 'name ' || i,
     case when i % 10 = 0 then null when i % 10 = 1 then 'ein kurzer Text für Zeile ' || i
       else 'some words that are a little longer ' || i end,
     '2026-01-01 00:00:00.123456+00'::timestamptz + i * interval '61 seconds', md5(i::text)::uuid
   from generate_series(1, ${ITEMS}) i`,
  'create table sink (k int4, v text)',
  'create table account (id int4 primary key, balance int8) with (fillfactor = 50)',
  `insert into account select i, 0 from generate_series(1, ${ITEMS}) i`,
  'create table blob (id int4 primary key, body bytea)',
  'alter table blob alter column body set storage external',
  "insert into blob select i, decode(repeat(md5(i::text), 65536), 'hex') from generate_series(1, 4) i",
  'grant all on all tables in schema public to app',
];

const SETTINGS = {
  max_connections: 400,
  shared_buffers: '256MB',
  max_wal_size: '8GB',
  checkpoint_timeout: '1h',
  autovacuum: false,
  max_parallel_workers_per_gather: 0,
};

/** The server's address is `target`; `tools` is the folder of pgbench; `reset()` empties what was inserted. */
export async function startServer() {
  const { binDir } = findPostgres({ version: 15 });
  const cluster = await startCluster({
    nodes: 1,
    version: 15,
    password: 'bench',
    settings: SETTINGS,
    sql: SQL,
    hba: ['host all postgres 127.0.0.1/32 trust'],
  });
  const node = cluster.primary;
  await node.query('vacuum analyze', { database: cluster.database });
  const { user, password, database } = cluster;
  return {
    version: cluster.version,
    target: { host: node.host, port: node.port, user, password, database },
    tools: binDir,
    reset: () => node.query('truncate sink', { database: cluster.database }),
    stop: () => cluster.stop(),
  };
}
