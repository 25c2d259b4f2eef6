// examples.mjs: `npm run test:examples`: the examples that bring packages of their own, such as jest, Kysely and Next.js: installs
// those, and runs them on real clusters.
//
//   npm run test:examples -- --grep vitest     those that are named like that
//   --no-build                                 take the addon as it is
import fs from 'node:fs';
import path from 'node:path';
import { bootstrap, npmCommand } from './bootstrap.mjs';
import { commandLine, inRoot, run, runQuietly, script, step } from './tools.mjs';

const FOLDERS = ['testing', 'kysely', 'drizzle', 'nestjs', 'nextjs'].map((name) => `examples/${name}`);

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
    const place = inRoot(folder, 'node_modules/hyperiondb-client'); // where a user has what npm installed
    fs.mkdirSync(place);
    // No link: a bundler would follow it, and take the package for a part of the application.
    for (const name of ['package.json', 'lib', 'generated', 'bin'])
      fs.cpSync(inRoot(name), path.join(place, name), { recursive: true });
  }
  process.env.HYPERIONDB_NATIVE ??= inRoot('build/release/hyperiondb.node');
  return run(process.execPath, [
    inRoot('node_modules/mocha/bin/mocha.js'),
    'test/frameworks/*.test.js',
    ...(options.grep ? ['--grep', options.grep] : []),
  ]);
});
