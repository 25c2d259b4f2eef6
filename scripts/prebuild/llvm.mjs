// llvm.mjs: LLVM's tools for object files. They read those of every platform, which binutils does not.
import { Problem, outputOf, which } from '../tools.mjs';

/** Where a tool is, such as `objcopy`. */
export function llvmProgram(tool) {
  const program = [`llvm-${tool}`, `llvm-${tool}-14`].map(which).find(Boolean);
  if (!program) throw new Problem(`llvm-${tool} is missing: apt-get install llvm-14`);
  return program;
}

/** What it says; the last of `args` is the file. */
export function llvm(tool, args) {
  const output = outputOf(llvmProgram(tool), args);
  if (output === undefined) throw new Problem(`llvm-${tool} cannot read ${args.at(-1)}.`);
  return output;
}
