'use strict';

// The command line of the package, as a program of its own.

const path = require('node:path');
const { execFile } = require('node:child_process');

const BIN = path.join(__dirname, '../../bin/hyperiondb.js');

/**
 * Exit code or signal of a program, and its output.
 *
 * @param {string} command
 * @param {string[]} words
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<{ code: any; stdout: string; stderr: string }>}
 */
const execute = (command, words, env = process.env) =>
  new Promise((resolve) => {
    execFile(command, words, { env }, (error, stdout, stderr) =>
      resolve({ code: error ? (error.code ?? error.signal) : 0, stdout, stderr }),
    );
  });

/** `npx hyperiondb …`. @param {string[]} words */
const hyperiondb = (...words) => execute(process.execPath, [BIN, ...words]);

module.exports = { BIN, execute, hyperiondb };
