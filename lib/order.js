// The order of calls: what is asked while something else has to be ready first waits behind it, as it was asked. Not here:
// statements that are sent, which native code keeps in their order.
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
   * Calls `send` when everything before it has been: at once, if nothing waits.
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
   * As pass(), and what comes behind waits until `work` releases it.
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
const deepest = 8; // arrays of PostgreSQL are not that deep; one that contains itself is for native code to refuse

/**
 * Values as they are now, for a call that waits: those that a caller may write over.
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
    return value; // without its buffer, which is for native code to refuse
  }
}

module.exports = { Order, copyOf };
