// test-sum.mjs: what `npm test` says at its end: how each suite did, why tests were skipped, what failed, and the command
// that runs that again.
// Not here: how suites are run (test.mjs).
import { AsyncLocalStorage } from 'node:async_hooks';
import { seconds } from './tools.mjs';

export const none = () => ({ passed: 0, failed: 0, skipped: 0 });

/** The suite that a failure or a skip is of: suites run side by side. */
const current = new AsyncLocalStorage();

/** @template T @param {{ name: string, title: string }} suite @param {() => T} work @returns {T} */
export const within = (suite, work) => current.run(suite, work);

const failures = [];
const skips = [];

/** @param {{ title: string, why: string, isTest?: boolean }} failure `isTest`: its title finds it */
export const tellFailure = (failure) => failures.push({ ...failure, suite: current.getStore()?.name });

/** @param {string} why */
export const tellSkip = (why) => skips.push({ why, suite: current.getStore()?.title });

/** At least one failure when the program itself failed. */
export function settle(count, { code, signal, late, command, output = '' }) {
  if ((code !== 0 || signal || late) && count.failed === 0) {
    count.failed = 1;
    const why = late ?? (signal ? `it was ended by ${signal}` : `it ended with code ${code}`);
    tellFailure({
      title: command,
      why: `no test of it failed, but ${why}; its last words:\n${output.slice(-2000)}`,
    });
  }
  return count;
}

const quoted = (word) => (/^[\w./=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** @param {{ title: string, suite?: string, isTest?: boolean }} failure @param {string[]} options that were given */
export function commandFor({ title, suite, isTest }, options = []) {
  const grep = isTest ? ['--grep', title.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')] : [];
  const words = [...(suite ? ['--only', suite] : []), ...grep, ...options];
  return `npm test${words.length > 0 ? ` -- ${words.map(quoted).join(' ')}` : ''}`;
}

/** Of each reason, how many tests of which suites. @returns {string[]} */
export function skipLines(list = skips) {
  const reasons = new Map();
  for (const { why, suite } of list) {
    const known = reasons.get(why) ?? { count: 0, suites: new Set() };
    known.count += 1;
    reasons.set(why, { ...known, suites: known.suites.add(suite) });
  }
  return [...reasons]
    .sort(([, a], [, b]) => b.count - a.count)
    .map(
      ([why, { count, suites }]) =>
        `${String(count).padStart(5)} skipped: ${why} (${[...suites].join(', ')})`,
    );
}

/** A line of the sum. @param {string} title @param {ReturnType<typeof none>} count @param {number} since */
export const sumLine = (title, { passed, failed, skipped }, since) =>
  `  ${failed ? 'FAILED' : 'ok    '}  ${title.padEnd(28)} ${String(passed).padStart(5)} passed ` +
  `${String(failed).padStart(4)} failed ${String(skipped).padStart(4)} skipped  ${seconds(since).padStart(8)}`;

/**
 * @param {string[]} lines one for each suite
 * @param {number} started
 * @param {string[]} options that were given, for the commands
 */
export function printSum(lines, started, options) {
  for (const failure of failures)
    console.log(
      `\n===== failed: ${failure.title} =====\n${failure.why}\n\n  again: ${commandFor(failure, options)}`,
    );
  console.log(`\n===== sum =====\n${lines.join('\n')}\n  in ${seconds(started)}`);
  if (skips.length > 0) console.log(`\n${skipLines().join('\n')}`);
  if (failures.length > 0) {
    const commands = new Set(failures.map((failure) => commandFor(failure, options)));
    console.log(`\n  what failed, again:\n${[...commands].map((line) => `    ${line}`).join('\n')}`);
  }
}
