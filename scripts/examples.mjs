// examples.mjs: `npm run test:examples`: the examples that bring packages of their own, such as jest, vitest and Kysely: installs
// those, and runs them on real clusters.
//
//   npm run test:examples -- --grep vitest     those that are named like that
//   --no-build                                 take the addon as it is
import fs from 'node:fs';
import { bootstrap, npmCommand } from './bootstrap.mjs';
import { commandLine, inRoot, run, runQuietly, script, step } from './tools.mjs';

const FOLDERS = ['examples/testing', 'examples/kysely'];

const options = commandLine(import.meta.url, { 'no-build': { type: 'boolean' }, grep: { type: 'string' } });

await script(async () => {
  if (!options['no-build']) await bootstrap('build');
  const [command, ...args] = npmCommand();
  for (const folder of FOLDERS) {
    const install = [
      ...args,
      '--prefix',
      inRoot(folder),
      'ci',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
    ];
    await step(`installing the packages of ${folder}`, () =>
      runQuietly(command, [...install, '--loglevel=error'], { cwd: inRoot(folder) }),
    );
    fs.symlinkSync(inRoot(), inRoot(folder, 'node_modules/hyperiondb-client')); // where a user has what npm installed
  }
  return run(process.execPath, [
    inRoot('node_modules/mocha/bin/mocha.js'),
    'test/frameworks/*.test.js',
    ...(options.grep ? ['--grep', options.grep] : []),
  ]);
});
