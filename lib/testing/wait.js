// What is waited for: a condition with a deadline, a pause, a turn.
'use strict';

/** A condition did not come true in time. */
class DeadlineError extends Error {
  /**
   * @param {string} what what was waited for
   * @param {number} timeoutMs
   * @param {unknown} [cause] the last error of the condition, if it threw
   */
  constructor(what, timeoutMs, cause) {
    const reason = cause instanceof Error ? ` (last error: ${cause.message})` : '';
    super(`${what}: not within ${timeoutMs} ms${reason}`, { cause });
    this.name = 'DeadlineError';
    this.code = 'ERR_DEADLINE';
  }
}

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Asks again and again until `check` gives something truthy, and returns that. An error of `check` counts as
 * "not yet": a server that is starting refuses connections, and that is what one waits through. An error with
 * `fatal: true` ends the wait at once.
 *
 * @template T
 * @param {() => T | Promise<T>} check
 * @param {{ timeoutMs?: number, everyMs?: number, what?: string }} [options]
 * @returns {Promise<NonNullable<T>>}
 */
async function until(check, { timeoutMs = 30_000, everyMs = 20, what = 'condition' } = {}) {
  const end = performance.now() + timeoutMs;
  let lastError;
  for (;;) {
    try {
      const value = await check();
      if (value) return value;
      lastError = undefined;
    } catch (/** @type {any} */ error) {
      if (error.fatal) throw error;
      lastError = error;
    }
    if (performance.now() >= end) throw new DeadlineError(what, timeoutMs, lastError);
    await pause(everyMs);
  }
}

/** Runs functions one after the other; used so that two verbs never reshape a cluster at the same time. */
class Mutex {
  #tail = Promise.resolve();

  /**
   * @template T
   * @param {() => Promise<T>} fn
   * @returns {Promise<T>}
   */
  run(fn) {
    const result = this.#tail.then(fn);
    this.#tail = result.then(
      () => {},
      () => {},
    );
    return result;
  }
}

module.exports = { until, pause, Mutex, DeadlineError };
