// debug.mjs: an addon without its debug information, which goes into a file beside it. Users download the one; the other
// is kept with the release, and a debugger finds it by the build-id, which is in both: see "A crash" in
// docs/OPERATIONS.md.
import path from 'node:path';
import { Problem, runQuietly } from '../tools.mjs';
import { llvm, llvmProgram } from './llvm.mjs';

/** @returns {string | undefined} what ties a file, its debug information and a core to each other */
export const buildIdOf = (file) => /Build ID: ([0-9a-f]+)/.exec(llvm('readobj', ['--notes', file]))?.[1];

/** Writes `stripped.node` and `<built>.debug` beside an addon; the path of the first. */
export async function separate(built) {
  const objcopy = llvmProgram('objcopy');
  const stripped = path.join(path.dirname(built), 'stripped.node');
  const debug = `${built}.debug`;
  await runQuietly(objcopy, ['--only-keep-debug', built, debug]);
  await runQuietly(objcopy, ['--strip-all', built, stripped]);
  const [id, ...others] = [built, stripped, debug].map(buildIdOf);
  if (!id || others.some((other) => other !== id))
    throw new Problem(`${built} has no build-id: nobody could read a core of it.`);
  return stripped;
}
