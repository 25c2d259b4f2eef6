// valgrind.mjs: runs a program under valgrind's memcheck and tells of what is wrong in our own code. V8 is full of what
// valgrind does not understand, so only reports that have a frame of ours near the top count.
//
//   node scripts/valgrind.mjs PROGRAM ARGUMENT…
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { commandLine } from './tools.mjs';

// What follows is the program and is its own; an option in front of it is a mistake.
commandLine(import.meta.url, {}, { args: process.argv.slice(2, 3), words: 1 });

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'valgrind-'));
const OURS = /hyperiondb\.node|hdb_unit|libpq/;
/** So many frames from the top: below is whoever called us. */
const NEAR = 12;
/** Our code when there is something to report, whatever that of the program is; scripts/test.mjs knows it. */
const REPORTED = 66;

const child = spawn(
  'valgrind',
  [
    '--quiet',
    '--error-limit=no',
    '--num-callers=30',
    '--smc-check=all-non-file', // V8 writes code
    '--leak-check=no',
    `--log-file=${path.join(folder, '%p')}`,
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit' },
);
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.log(`valgrind cannot be run (apt-get install valgrind): ${error.message}`);
  process.exit(1);
});
child.on('exit', (code, signal) => {
  let reports = 0;
  for (const name of fs.readdirSync(folder)) {
    const text = fs.readFileSync(path.join(folder, name), 'utf8').replaceAll(/^==\d+== ?/gm, '');
    for (const report of text.split(/\n\n+/)) {
      const frames = report.split('\n').filter((line) => /^ +(at|by) 0x/.test(line));
      if (!frames.slice(0, NEAR).some((frame) => OURS.test(frame))) continue;
      reports += 1;
      console.log(`\nvalgrind: ${report}`);
    }
  }
  fs.rmSync(folder, { recursive: true });
  console.log(`valgrind: ${reports} reports of our own code`);
  process.exit(reports > 0 ? REPORTED : signal ? 1 : code);
});
