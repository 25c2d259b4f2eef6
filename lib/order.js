// The order of calls: a call that is made while an earlier one is still being prepared waits behind it. Not here: the
// order of statements that were sent, which native code keeps.
'use strict';

const { AsyncResource } = require('node:async_hooks');

class Order {
  #isHeld = false;
  /** @type {(() => void)[]} */
  #waiting = [];

  /** Whether a call has to wait. */
  get isHeld() {
    return this.#isHeld || this.#waiting.length > 0;
  }

  /**
   * Calls `send` after everything before it: at once if nothing waits.
   * @template T
   * @param {() => Promise<T>} send
   * @returns {Promise<T>}
   */
  pass(send) {
    if (!this.isHeld) return send();
    return new Promise((resolve) => {
      const own = AsyncResource.bind(async () => send());
      this.#waiting.push(() => resolve(own()));
    });
  }

  /**
   * Like pass(), but later calls wait until `work` releases them.
   * @template T
   * @param {(release: () => void) => Promise<T>} work
   * @returns {Promise<T>}
   */
  hold(work) {
    return this.pass(() => {
      this.#isHeld = true;
      return work(() => this.#release());
    });
  }

  #release() {
    this.#isHeld = false;
    while (!this.#isHeld && this.#waiting.length > 0) this.#waiting.shift()?.();
  }
}

const { slice } = Object.getPrototypeOf(Uint8Array.prototype);
const deepest = 8; // deeper than any array of PostgreSQL; native code refuses one that contains itself

/**
 * Copies mutable values for a call that waits, since the caller may change them meanwhile.
 * @template T
 * @param {T} value
 * @param {number} [depth]
 * @returns {T}
 */
function copyOf(value, depth = 0) {
  const given = /** @type {any} */ (value);
  if (typeof given !== 'object' || depth > deepest) return value;
  if (Array.isArray(given)) return /** @type {any} */ (Array.from(given, (item) => copyOf(item, depth + 1)));
  if (given instanceof Date) return /** @type {any} */ (new Date(given));
  try {
    if (given instanceof DataView || given instanceof ArrayBuffer) return structuredClone(value);
    return ArrayBuffer.isView(given) ? slice.call(given) : value;
  } catch {
    return value; // detached; native code refuses it
  }
}

module.exports = { Order, copyOf };
