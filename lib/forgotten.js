// Tells of transactions that nobody has ended, with the place where each was begun.
'use strict';

/**
 * Transactions that somebody has to end. The native one is held until it is known whether that was forgotten.
 * @type {FinalizationRegistry<{ native: import('../generated/native').Transaction, frames: string }>}
 */
const toBeEnded = new FinalizationRegistry(({ native, frames }) => {
  if (!native.isOpen()) return;
  native.rollback().catch(() => {});
  process.emitWarning('A transaction was neither committed nor rolled back. It is rolled back now.', {
    type: 'HyperionWarning',
    code: 'HYPERIONDB_FORGOTTEN_TRANSACTION',
    detail: `It was begun here:${frames}`,
  });
});

module.exports = { toBeEnded };
