'use strict';

// Preloaded into a program that must not begin any work: whatever would be seen from outside ends it with 99.

const { syncBuiltinESMExports } = require('node:module');

const WORK = {
  child_process: ['exec', 'execFile', 'execFileSync', 'execSync', 'fork', 'spawn', 'spawnSync'],
  fs: [
    'appendFileSync',
    'copyFileSync',
    'cpSync',
    'mkdirSync',
    'mkdtempSync',
    'renameSync',
    'rmSync',
    'writeFileSync',
  ],
  net: ['connect', 'createConnection', 'createServer'],
};

for (const [name, functions] of Object.entries(WORK)) {
  const module = require(`node:${name}`);
  for (const one of functions) {
    module[one] = () => {
      process.stderr.write(`it began to work: ${name}.${one}\n${new Error().stack}\n`);
      process.exit(99);
    };
  }
}
syncBuiltinESMExports();
