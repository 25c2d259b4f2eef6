// `npx hyperiondb-client <verb>`: every file in lib/cli/ is a verb and exports
//   summary   one line for the list of verbs
//   run(argv) does it; a UsageError ends with a hint, any other error with its message
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { unknown } = require('./nearest');
const { UsageError } = require('./usage_error');

const VERBS_DIRECTORY = path.join(__dirname, '..');

function verbs() {
  return fs
    .readdirSync(VERBS_DIRECTORY)
    .filter((name) => name.endsWith('.js'))
    .map((name) => name.slice(0, -3))
    .sort();
}

/** @param {string} verb @returns {{ summary: string, run: (argv: string[]) => Promise<void> | void }} */
function load(verb) {
  return require(path.join(VERBS_DIRECTORY, `${verb}.js`));
}

function help() {
  const lines = verbs().map((verb) => `  ${verb.padEnd(10)} ${load(verb).summary}`);
  return `Usage: hyperiondb-client <verb> [options]\n\n${lines.join('\n')}\n\nhyperiondb-client <verb> --help tells more about a verb.\n`;
}

/** @param {string[]} argv */
async function main([verb, ...rest]) {
  // Whoever read us has seen enough, as in `… | head`.
  process.stdout.on('error', (error) => {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EPIPE') throw error;
    process.exit();
  });
  try {
    if (verb === undefined || verb === '--help' || verb === '-h' || verb === 'help') {
      process.stdout.write(help());
    } else if (verb === '--version' || verb === '-v') {
      process.stdout.write(`${require('../../../package.json').version}\n`);
    } else if (!verbs().includes(verb)) {
      throw new UsageError(unknown('verb', verb, verbs()));
    } else {
      await load(verb).run(rest);
    }
  } catch (/** @type {any} */ error) {
    const isUsage = error instanceof UsageError || String(error.code).startsWith('ERR_PARSE_ARGS');
    process.stderr.write(
      `hyperiondb-client: ${error.message}\n${isUsage ? `Try: hyperiondb-client ${verbs().includes(verb) ? `${verb} ` : ''}--help\n` : ''}`,
    );
    process.exitCode = isUsage ? 2 : 1;
  }
}

module.exports = { main };
