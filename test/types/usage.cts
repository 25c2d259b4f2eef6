// The same package from CommonJS: the same names with the same types.
import client = require('hyperiondb-client');
import testing = require('hyperiondb-client/testing');

async function main() {
  const cluster = await testing.startCluster({ nodes: 3, failover: true });
  const pool: client.Pool = client.createPool(cluster.connectionOptions());
  const rows: client.Result<{ id: number }> = await pool.query<{ id: number }>('select 1 as id');
  const id: number | undefined = rows[0]?.id;
  await pool.end();
  await cluster.stop();
  return id;
}

main().catch((error: unknown) => {
  if (error instanceof client.HyperionError) console.error(error.outcome, error.code);
});
