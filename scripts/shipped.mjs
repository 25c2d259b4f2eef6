// shipped.mjs: the tests with the addon of the packages: Zig's clang, libc++, and libpq and OpenSSL inside.
// `npm run test:shipped`.
//
//   npm run test:shipped [-- --native FILE] [--may-be-behind] [--only NAME,…] [--grep TEXT] [--postgres MAJOR] [--long]
//
// --native: one that is there already; otherwise the one of this platform is made. --may-be-behind: with older sources,
// where the newest are out of reach.
import { STAGE, platformPackage } from './prebuild/packages.mjs';
import { hostTarget } from './prebuild/targets.mjs';
import { Problem, commandLine, inRoot, run, script } from './tools.mjs';

const BEHIND = '--may-be-behind';
const text = { type: 'string' };
const flag = { type: 'boolean' };
const { native } = commandLine(import.meta.url, {
  ...{ native: text, only: text, grep: text, postgres: text },
  ...{ 'may-be-behind': flag, long: flag },
});

await script(async () => {
  const args = process.argv.slice(2);
  const forTests = args.filter((arg) => arg !== BEHIND);
  if (!native) {
    const target = hostTarget();
    if (!target)
      throw new Problem('Nothing is published for this platform: name an addon with --native FILE.');
    const made = await run(process.execPath, [
      'scripts/prebuild.mjs',
      ...args.filter((arg) => arg === BEHIND),
    ]);
    if (made !== 0) return made;
    forTests.push('--native', inRoot(STAGE, platformPackage(target), 'hyperiondb.node'));
  }
  return run(process.execPath, ['scripts/test.mjs', ...forTests]);
});
