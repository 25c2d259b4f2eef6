// mocha-reporter.mjs: Mocha's spec output for people, and one JSON line per test for scripts/test.mjs. The lines are
// written as the tests end, so that they are there too when the run is ended for being late.
import fs from 'node:fs';
import Mocha from 'mocha';

const { EVENT_TEST_PASS, EVENT_TEST_FAIL, EVENT_TEST_PENDING, EVENT_RUN_END } = Mocha.Runner.constants;

/** Of the test itself, or of the hook that has skipped it (test/support/root.js). */
function reasonOf(test) {
  const own = test.skipReason;
  if (own !== undefined) return own;
  for (let suite = test.parent; suite; suite = suite.parent) {
    const hook = [...suite._beforeAll, ...suite._beforeEach].find((one) => one.skipReason !== undefined);
    if (hook) return hook.skipReason;
  }
  return 'it is marked so';
}

export default class extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const file = process.env.HYPERION_TEST_RESULTS;
    if (!file) return;
    const write = (record) => fs.appendFileSync(file, JSON.stringify(record) + '\n');
    runner.on(EVENT_TEST_PASS, (test) => write({ result: 'passed', title: test.fullTitle() }));
    runner.on(EVENT_TEST_FAIL, (test, error) =>
      write({ result: 'failed', title: test.fullTitle(), why: String(error?.stack ?? error).slice(0, 2000) }),
    );
    runner.on(EVENT_TEST_PENDING, (test) =>
      write({ result: 'skipped', title: test.fullTitle(), why: reasonOf(test) }),
    );
    runner.on(EVENT_RUN_END, () => write({ result: 'end' }));
  }
}
