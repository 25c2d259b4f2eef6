// watch.mjs: programs that a test run starts, each in a process group that does not outlive it, and where what they print
// goes.
import { AsyncLocalStorage } from 'node:async_hooks';
import { spawn } from 'node:child_process';
import { inRoot } from './tools.mjs';

/** Process groups that must not outlive us. */
const groups = new Set();
const endGroups = (signal) => {
  for (const pid of groups) {
    try {
      process.kill(-pid, signal);
    } catch {}
  }
};
process.on('exit', () => endGroups('SIGKILL'));
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
]) {
  process.on(signal, () => {
    endGroups('SIGTERM');
    setTimeout(() => process.exit(code), 2000);
  });
}

/** Who wants what is printed, of suites that run beside the one that is shown. */
export const aside = new AsyncLocalStorage();
export const print = (chunk) => {
  const kept = aside.getStore();
  if (kept) kept.push(Buffer.from(chunk));
  else process.stdout.write(chunk);
};

/**
 * Runs a program in a process group of its own until its deadline, with what it prints both shown and returned.
 * `isDone` tells that only the end of the process is missing: ten seconds are left for it then.
 */
export function watch(command, args, { deadline = 120, env = process.env, isDone = () => false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: inRoot(),
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    groups.add(child.pid);
    const output = [];
    const show = (chunk) => {
      print(chunk);
      output.push(chunk);
    };
    child.stdout.on('data', show);
    child.stderr.on('data', show);
    const started = Date.now();
    let late, doneSince;
    const end = (why) => {
      late = why;
      endGroup('SIGTERM');
      setTimeout(() => endGroup('SIGKILL'), 5000).unref();
    };
    const endGroup = (signal) => {
      try {
        process.kill(-child.pid, signal);
      } catch {}
    };
    const clock = setInterval(() => {
      if (late) return;
      if (Date.now() - started > deadline * 1000) return end(`it did not end within ${deadline} s`);
      if (isDone()) doneSince ??= Date.now();
      if (doneSince && Date.now() - doneSince > 10_000)
        end('all tests had ended, but something kept the process alive');
    }, 500);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearInterval(clock);
      endGroup('SIGTERM'); // what it left behind would hold our pipes open
      setTimeout(() => {
        groups.delete(child.pid);
        endGroup('SIGKILL');
        child.stdout.destroy();
        child.stderr.destroy();
        if (late) print(`\n  ENDED: ${late}.\n`);
        else if (signal) print(`\n  ENDED by ${signal}.\n`);
        resolve({
          code,
          signal,
          late,
          command: [command, ...args].join(' '),
          output: Buffer.concat(output).toString(),
        });
      }, 100);
    });
  });
}
