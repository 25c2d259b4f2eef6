'use strict';

/* What an application may throw besides errors. */

const raise = (/** @type {unknown} */ thrown) => {
  throw thrown;
};

const traps = [
  'get',
  'has',
  'getPrototypeOf',
  'getOwnPropertyDescriptor',
  'ownKeys',
  'defineProperty',
  'set',
];

/** @type {[string, unknown][]} */
const odd = [
  ['a symbol', Symbol('odd')],
  ['undefined', undefined],
  ['an object without a prototype', Object.create(null)],
  [
    'a Proxy that throws',
    new Proxy({}, Object.fromEntries(traps.map((trap) => [trap, () => raise(Symbol(trap))]))),
  ],
  [
    'an error whose message throws',
    Object.defineProperty(new Error('odd'), 'message', { get: () => raise(Object.create(null)) }),
  ],
];

/** Whether it can be looked at without an exception. @param {any} thrown */
function isReadable(thrown) {
  try {
    return Boolean([
      thrown?.name,
      thrown?.code,
      thrown?.outcome,
      thrown?.severity,
      thrown?.cause,
      thrown?.stack,
    ]);
  } catch {
    return false;
  }
}

module.exports = { odd, raise, isReadable };
