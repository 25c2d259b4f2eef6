// pgbouncer.mjs: `npm run test:pgbouncer`: a pool behind PgBouncer in transaction mode, from Debian's package.
//
// Needs root where PgBouncer is not installed yet.
//   npm run test:pgbouncer
//   npm run test:pgbouncer -- --grep transaction   those that are named like that
//   --no-build                                     take the addon as it is
import { bootstrap } from './bootstrap.mjs';
import { installServices } from './services.mjs';
import { Problem, commandLine, inRoot, run, script, which } from './tools.mjs';

const options = commandLine(import.meta.url, { 'no-build': { type: 'boolean' }, grep: { type: 'string' } });

await script(async () => {
  if (process.platform !== 'linux' || (process.getuid() !== 0 && !which('pgbouncer'))) {
    throw new Problem('`npm run test:pgbouncer` needs Linux, and PgBouncer or root to install it.');
  }
  if (!options['no-build']) await bootstrap('test');
  await installServices([['pgbouncer', 'pgbouncer']]);
  return run(process.execPath, [
    inRoot('node_modules/mocha/bin/mocha.js'),
    'test/pgbouncer/*.test.js',
    ...(options.grep ? ['--grep', options.grep] : []),
  ]);
});
