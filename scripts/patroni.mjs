// patroni.mjs: `npm run test:patroni`: failovers by a real Patroni with etcd, from Debian's packages.
//
// Needs root: PostgreSQL and Patroni run as the user postgres, in a directory of their own that goes at the end.
//   npm run test:patroni
//   npm run test:patroni -- --grep switchover     other arguments go to Mocha
//   --no-build                                    take the addon as it is
import fs from 'node:fs';
import { bootstrap } from './bootstrap.mjs';
import { Problem, inRoot, outputOf, run, runQuietly, script, step, which } from './tools.mjs';

const PACKAGES = [
  ['patroni', 'patroni'],
  ['etcd', 'etcd-server'],
];
const POLICY = '/usr/sbin/policy-rc.d';

const missingPackages = () => PACKAGES.filter(([program]) => !which(program)).map(([, name]) => name);

/** Installs packages without letting Debian start their services. */
async function installQuietly(names) {
  if (!which('apt-get')) throw new Problem(`Missing: ${names.join(', ')} (names of Debian's packages).`);
  const ownsPolicy = !fs.existsSync(POLICY);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const forbid = () => fs.writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const allow = () => ownsPolicy && fs.rmSync(POLICY, { force: true });
  if (ownsPolicy) {
    forbid();
    process.once('exit', allow);
  }
  try {
    await step(`installing ${names.join(', ')}`, async () => {
      const install = ['install', '-y', '--no-install-recommends', ...names, 'python3-etcd'];
      await runQuietly('apt-get', install, { env }).catch(async () => {
        await runQuietly('apt-get', ['update'], { env }); // its lists may be old
        await runQuietly('apt-get', install, { env });
      });
    });
  } finally {
    allow();
  }
  // Enabled by the packages for the next boot; on a machine without systemd there is nothing to disable.
  if (fs.existsSync('/run/systemd/system')) {
    for (const unit of ['etcd', 'patroni']) outputOf('systemctl', ['disable', '--now', unit]);
  }
}

await script(async () => {
  if (process.platform !== 'linux' || process.getuid() !== 0) {
    throw new Problem('`npm run test:patroni` needs Linux and root: the servers run as the user postgres.');
  }
  const args = process.argv.slice(2).filter((arg) => arg !== '--no-build');
  if (args.length === process.argv.length - 2) await bootstrap('build');
  const missing = missingPackages();
  if (missing.length > 0) await installQuietly(missing);
  return run(process.execPath, [
    inRoot('node_modules/mocha/bin/mocha.js'),
    'test/patroni/*.test.js',
    ...args,
  ]);
});
