// prebuild.mjs: the prebuilt addon of one or more platforms, with libpq and OpenSSL inside, and its npm package.
//
//   npm run prebuilt -- --target linux-x64-gnu [--target …]    default: this machine's; `all`: each of targets.json
//   npm run prebuilt -- --may-be-behind                         older sources will do where the newest are out of reach
//
// On Linux on x64, for every platform. What takes long (the libraries) is kept in .cache/prebuild by version.
import path from 'node:path';
import { installModules, installPackages } from './bootstrap.mjs';
import { gate } from './gate.mjs';
import { separate } from './prebuild/debug.mjs';
import { libraries } from './prebuild/libraries.mjs';
import { makePlatformPackage } from './prebuild/packages.mjs';
import { chooseSources } from './prebuild/sources.mjs';
import { TARGETS, hostTarget, targetNamed } from './prebuild/targets.mjs';
import { toolchain } from './prebuild/toolchain.mjs';
import { Problem, commandLine, exclusively, inRoot, runQuietly, script, step } from './tools.mjs';

const SYSTEM_NAMES = { linux: 'Linux', darwin: 'Darwin', win32: 'Windows' };
const PROCESSORS = {
  x64: { linux: 'x86_64', darwin: 'x86_64', win32: 'AMD64' },
  arm64: { linux: 'aarch64', darwin: 'arm64', win32: 'ARM64' },
};

/** Builds the addon of a target; the path of the file, without its debug information. */
async function buildAddon(target, tools, prefix) {
  const { os, cpu } = target.platform;
  const folder = inRoot('build/prebuild', target.name, 'addon');
  const settings = {
    CMAKE_BUILD_TYPE: 'Release',
    CMAKE_SYSTEM_NAME: SYSTEM_NAMES[os],
    CMAKE_SYSTEM_PROCESSOR: PROCESSORS[cpu][os],
    CMAKE_C_COMPILER: tools.cc,
    CMAKE_CXX_COMPILER: tools['c++'],
    CMAKE_AR: tools.ar,
    CMAKE_RANLIB: tools.ranlib,
    CMAKE_DLLTOOL: tools.dlltool,
    CMAKE_TRY_COMPILE_TARGET_TYPE: 'STATIC_LIBRARY',
    HDB_BUNDLED: prefix,
    HDB_TESTS: 'OFF',
  };
  // The compiler is a script: its text, not its date, says whether it is still the same.
  const env = { ...process.env, CCACHE_COMPILERTYPE: 'clang', CCACHE_COMPILERCHECK: 'content' };
  const args = Object.entries(settings).map(([name, value]) => `-D${name}=${value}`);
  await runQuietly('cmake', ['-S', '.', '-B', folder, '-G', 'Ninja', ...args], { env });
  await runQuietly('cmake', ['--build', folder, '--target', 'hyperiondb'], { env });
  const built = path.join(folder, 'hyperiondb.node');
  return target.format === 'elf' ? separate(built) : built;
}

await script(async () => {
  const { target: names, 'may-be-behind': mayBeBehind } = commandLine(import.meta.url, {
    target: { type: 'string', multiple: true, default: [] },
    'may-be-behind': { type: 'boolean', default: false },
  });
  const host = hostTarget();
  if (names.length === 0 && !host) throw new Problem('Say what for: --target NAME');
  const targets = names.includes('all') ? TARGETS : names.length > 0 ? names.map(targetNamed) : [host];
  process.chdir(inRoot());
  await installPackages('prebuild');
  await installModules();
  const sources = await chooseSources({ mayBeBehind });
  for (const target of targets) {
    await exclusively(`prebuild-${target.name}`, async () => {
      const tools = await toolchain(target);
      const prefix = await libraries(target, tools, sources);
      const file = await step(`building the addon for ${target.name}`, () =>
        buildAddon(target, tools, prefix),
      );
      const { bundled } = await gate(file, target, { mayBeBehind });
      const folder = makePlatformPackage(target, file, bundled, prefix);
      console.log(`  ${path.relative(inRoot(), folder)}`);
    });
  }
});
