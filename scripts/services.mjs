// services.mjs: Debian packages of servers that a test starts itself: installed without Debian's own services.
import fs from 'node:fs';
import { apt } from './apt.mjs';
import { Problem, outputOf, step, which } from './tools.mjs';

const POLICY = '/usr/sbin/policy-rc.d';

/**
 * Installs the packages whose program is missing.
 * @param {[program: string, name: string][]} packages
 * @param {string[]} [more] installed with them
 */
export async function installServices(packages, more = []) {
  const missing = packages.filter(([program]) => !which(program)).map(([, name]) => name);
  if (missing.length === 0) return;
  if (!which('apt-get')) throw new Problem(`Missing: ${missing.join(', ')} (names of Debian's packages).`);
  const ownsPolicy = !fs.existsSync(POLICY);
  const env = { RUNLEVEL: '1' };
  const forbid = () => fs.writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const allow = () => ownsPolicy && fs.rmSync(POLICY, { force: true });
  if (ownsPolicy) {
    forbid();
    process.once('exit', allow);
  }
  try {
    await step(`installing ${missing.join(', ')}`, async () => {
      const install = ['install', '-y', '--no-install-recommends', ...missing, ...more];
      await apt(install, { env }).catch(async () => {
        await apt(['update'], { env }); // its lists may be old
        await apt(install, { env });
      });
    });
  } finally {
    allow();
  }
  // Enabled by the packages for the next boot; on a machine without systemd there is nothing to disable.
  if (fs.existsSync('/run/systemd/system')) {
    for (const [program] of packages) outputOf('systemctl', ['disable', '--now', program]);
  }
}
