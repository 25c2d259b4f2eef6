// Warns of transactions that were collected without having been ended, with the place where each was begun.
'use strict';

/**
 * Open transactions. The native one is held, to tell whether it was still open when its handle was collected.
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
