// sanitizer-hook.mjs: keeps a sanitizer's runtime, preloaded into this Node, out of programs that were not built with
// it (the servers), and gives it to every Node that a test starts. Those do not look for leaks: process.exit() leaves
// everything as it is. The first process does, and so do the native units.
import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';

const runtime = process.env.LD_PRELOAD;
delete process.env.LD_PRELOAD;
const settings = { LD_PRELOAD: runtime, ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:detect_leaks=0` };

const withRuntime = (command, env = process.env) =>
  path.basename(String(command)) === path.basename(process.execPath) ? { ...env, ...settings } : env;

const { spawn } = childProcess.ChildProcess.prototype;
childProcess.ChildProcess.prototype.spawn = function (options) {
  if (path.basename(options.file) === path.basename(process.execPath)) {
    const own = options.envPairs.find((pair) => pair.startsWith('LD_PRELOAD='))?.slice('LD_PRELOAD='.length);
    const preload = [runtime, ...(own && own !== runtime ? [own] : [])].join(':');
    options.envPairs = options.envPairs.filter((pair) => !/^(LD_PRELOAD|ASAN_OPTIONS)=/.test(pair));
    options.envPairs.push(`LD_PRELOAD=${preload}`, `ASAN_OPTIONS=${settings.ASAN_OPTIONS}`);
  }
  return spawn.call(this, options);
};

for (const name of ['spawnSync', 'execFileSync']) {
  const original = childProcess[name];
  childProcess[name] = (command, args, options) => {
    if (!Array.isArray(args)) [args, options] = [[], args];
    return original(command, args, { ...options, env: withRuntime(command, options?.env) });
  };
}
syncBuiltinESMExports();
