// Reports transactions that are open for too long, with the stack of the call that began them.
'use strict';

const longestMs = 2 ** 31 - 1; // of a timer; a longer one would end at once

/**
 * @param {{ isOpen(): boolean, host(): string }} native transaction; the public one may have been collected
 * @param {number} limitMs
 * @param {string | undefined} frames of the call that began it
 * @param {(event: import('../generated/index.js').LeakEvent) => boolean} tell returns whether anybody listens
 * @returns {() => void} to be called when it ends
 */
function watchLeak(native, limitMs, frames, tell) {
  const began = performance.now();
  const look = () => {
    if (!native.isOpen()) return;
    const stack = (frames ?? '').replace(/^\n/, '');
    const event = {
      type: /** @type {const} */ ('leak'),
      host: native.host(),
      heldMs: performance.now() - began,
      stack,
    };
    if (tell(Object.freeze(event))) return;
    process.emitWarning(`A transaction has been open for ${Math.round(event.heldMs)} ms.`, {
      type: 'HyperionWarning',
      code: 'HYPERIONDB_LEAK',
      detail: `It was begun here:\n${stack}`,
    });
  };
  /** @type {NodeJS.Timeout} */
  let timer;
  const arm = () => {
    const leftMs = began + limitMs - performance.now();
    timer = setTimeout(leftMs > longestMs ? arm : look, Math.min(leftMs, longestMs));
    timer.unref();
  };
  arm();
  return () => clearTimeout(timer);
}

module.exports = { watchLeak };
