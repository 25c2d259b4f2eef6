// cancels.mjs: cancels that race with completions of statements, and never hit the next one. `npm run test:cancels`.
//
//   npm run test:cancels [-- --races 100000] [--no-build]
//
// The statements are a real server's. The cancels take a short cut to its sessions, so that most of the time goes into
// races and not into forks; `test/fault/cancellation` plays some on the way that the server has for them.
import { createRequire } from 'node:module';
import { bootstrap } from '../../scripts/bootstrap.mjs';
import { commandLine } from '../../scripts/tools.mjs';

const options = commandLine(import.meta.url, {
  races: { type: 'string', default: '100000' },
  'no-build': { type: 'boolean' },
});
if (!options['no-build']) await bootstrap('demo');
const require = createRequire(import.meta.url);
const { startCluster } = require('../../lib/testing');
const { raceCancels, openShortCut } = require('../fault/support/cancel_races');

const races = Number(options.races);
const since = Date.now();
const seconds = () => `${((Date.now() - since) / 1000).toFixed(0)} s`;

const cluster = await startCluster({ nodes: 1 });
const way = await openShortCut(cluster.primary);
const { sent, ended, late, hit } = await raceCancels(
  { ...cluster.connectionOptions(), ...way.options },
  { races, onProgress: (begun) => console.log(`     ${begun} races, ${seconds()}`) },
);
await way.close();
await cluster.stop();

for (const error of hit.slice(0, 10)) console.log(error);
const isWrong = hit.length > 0 || sent < races / 2 || ended < sent / 10 || late < sent / 10;
console.log(
  `${isWrong ? 'FAIL' : 'ok  '} ${races} races in ${seconds()}: ${sent} cancels were sent, ${ended} in time, ${late} late; ` +
    `${hit.length} statements were hit that nobody had cancelled`,
);
process.exitCode = isWrong ? 1 : 0;
