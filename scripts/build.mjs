#!/usr/bin/env node
// build.mjs: `npm run build` in the repository, `npx hyperiondb-build` in an installed package.
//
//   npm run build -- [--preset dev|release|clang|asan-ubsan|asan-ubsan-clang|tsan|fuzz|coverage] [--target NAME] [--clean]
import fs from 'node:fs';
import { bootstrap, installModules, installPackages, missingPackages } from './bootstrap.mjs';
import { build } from './native.mjs';
import { Problem, commandLine, inRoot, script } from './tools.mjs';

await script(async () => {
  const options = commandLine(import.meta.url, {
    preset: { type: 'string' },
    target: { type: 'string' },
    clean: { type: 'boolean' },
  });
  const isRepository = fs.existsSync(inRoot('package-lock.json'));
  const preset = options.preset ?? (isRepository ? 'dev' : 'release');
  if (options.clean) fs.rmSync(inRoot('build', preset), { recursive: true, force: true });
  process.chdir(inRoot());
  if (!isRepository) {
    const missing = missingPackages('build');
    if (missing.length > 0) {
      throw new Problem(
        `To build from source, these are needed (names of Debian's packages): ${missing.join(', ')}.\n` +
          `    apt-get install -y --no-install-recommends ${missing.join(' ')}`,
      );
    }
    return build({ preset, targets: ['hyperiondb'] });
  }
  if (preset === 'release' && !options.target) return bootstrap('build', { preset });
  await installPackages(preset === 'fuzz' ? 'fuzz' : 'test');
  await installModules();
  return build({ preset, tests: true, targets: options.target ? [options.target] : [] });
});
