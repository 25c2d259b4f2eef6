// targets.mjs: the platforms that get a prebuilt package. targets.json is the one place that lists them.
import fs from 'node:fs';
import { Problem, inRoot } from '../tools.mjs';

/**
 * @typedef {object} Target
 * @property {string} name as at the end of the package's name
 * @property {{ os: string, cpu: string, libc?: string }} platform as npm spells it
 * @property {string} zig the compiler's name for it, with the oldest C library that it may ask for
 * @property {string} host autoconf's name for it
 * @property {string} openssl OpenSSL's name for it
 * @property {'elf' | 'macho' | 'pe'} format
 */

/** @type {Target[]} */
export const TARGETS = JSON.parse(fs.readFileSync(inRoot('scripts/prebuild/targets.json'), 'utf8'));

export function targetNamed(name) {
  const target = TARGETS.find((one) => one.name === name);
  if (target) return target;
  throw new Problem(
    `There is no target ${name}; the targets are ${TARGETS.map((one) => one.name).join(', ')}.`,
  );
}

/** The one of this machine, if it has one. */
export const hostTarget = () =>
  TARGETS.find(
    ({ platform: { os, cpu, libc } }) =>
      os === process.platform && cpu === process.arch && (libc === undefined || libc === hostLibc()),
  );

const hostLibc = () => {
  if (process.report) process.report.excludeNetwork = true; // it would look up the names of open connections
  return process.report?.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl';
};
