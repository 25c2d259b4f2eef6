'use strict';

/** What the caller knows of a write. */
const FATE = { acknowledged: 'a', unknown: 'u', nothing: 'n' };

/** @param {any} error @returns {string} */
function fateOf(error) {
  if (error?.outcome === 'committed') return FATE.acknowledged;
  if (['rolled-back', 'not-executed', 'not-sent'].includes(error?.outcome)) return FATE.nothing;
  return FATE.unknown;
}

/** Thrown by the application itself, to have its transaction or its savepoint rolled back. */
class Regret extends Error {
  outcome = 'rolled-back';
}

module.exports = { FATE, Regret, fateOf };
