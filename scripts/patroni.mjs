// patroni.mjs: `npm run test:patroni`: failovers by a real Patroni with etcd, from Debian's packages.
//
// Needs root: PostgreSQL and Patroni run as the user postgres, in a directory of their own that goes at the end.
//   npm run test:patroni
//   npm run test:patroni -- --grep switchover     those that are named like that
//   --no-build                                    take the addon as it is
import { bootstrap } from './bootstrap.mjs';
import { installServices } from './services.mjs';
import { Problem, commandLine, inRoot, run, script } from './tools.mjs';

const PACKAGES = [
  ['patroni', 'patroni'],
  ['etcd', 'etcd-server'],
];

const options = commandLine(import.meta.url, { 'no-build': { type: 'boolean' }, grep: { type: 'string' } });

await script(async () => {
  if (process.platform !== 'linux' || process.getuid() !== 0) {
    throw new Problem('`npm run test:patroni` needs Linux and root: the servers run as the user postgres.');
  }
  if (!options['no-build']) await bootstrap('build');
  await installServices(PACKAGES, ['python3-etcd']);
  return run(process.execPath, [
    inRoot('node_modules/mocha/bin/mocha.js'),
    'test/patroni/*.test.js',
    ...(options.grep ? ['--grep', options.grep] : []),
  ]);
});
