// The typings of hyperiondb-client/testing from ESM.
import { startCluster, until } from 'hyperiondb-client/testing';
import { createPool } from 'hyperiondb-client';

const cluster = await startCluster({ nodes: 2, synchronous: 1, settings: { log_statement: 'all' } });
const pool = createPool({ ...cluster.connectionOptions(), poolSize: 2 });
await cluster.primary.kill();
await until(async () => (await pool.query('select 1')).length > 0, { timeoutMs: 1000 });
// @ts-expect-error an unknown option
await startCluster({ node: 2 });
