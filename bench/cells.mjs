// cells.mjs: what a value of a result costs the JavaScript thread: nanoseconds per cell of the ten mixed columns,
// ours beside others on the same result, one statement at a time.
//
//   node bench/cells.mjs [--rows 100,1000,100000] [--clients ours,pg,postgres] [--rounds 5] [--ms 1000] [--own-types]
import { createRequire } from 'node:module';
import { commandLine, script, step } from '../scripts/tools.mjs';
import { installPeers } from './peers.mjs';
import { number } from './report.mjs';
import { runWorkload } from './rounds.mjs';
import { startServer } from './server.mjs';

const options = commandLine(import.meta.url, {
  rows: { type: 'string', default: '100,1000,100000' },
  clients: { type: 'string', default: 'ours,pg,postgres' },
  rounds: { type: 'string', default: '5' },
  ms: { type: 'string', default: '1000' },
  'own-types': { type: 'boolean', default: false },
});

const { define, rows } = createRequire(import.meta.url)('./workloads.cjs');

await script(async () => {
  await installPeers();
  const server = await step('starting a server and filling it', startServer);
  const settings = { rounds: Number(options.rounds), roundMs: Number(options.ms), warmMs: 500 };
  try {
    for (const count of options.rows.split(',').map(Number)) {
      const workload = define(`rows-${count}`, '', rows(count), 1);
      console.log(`\n${count} rows × 10 columns       JS thread ns/cell   all threads ns/cell`);
      const results = await runWorkload(workload, options.clients.split(','), {
        ...settings,
        ownTypes: options['own-types'],
        ...server,
      });
      for (const [client, { error, jsCpuUs, cpuUs }] of Object.entries(results)) {
        const perCell = (us) => number((us * 1000) / workload.cells);
        const text =
          error?.split('\n')[0] ?? `${perCell(jsCpuUs).padStart(33)}${perCell(cpuUs).padStart(22)}`;
        console.log(`  ${client.padEnd(10)} ${text}`);
      }
    }
  } finally {
    await server.stop();
  }
});
