'use strict';

/** What the caller knows of a write. */
const FATE = { acknowledged: 'a', unknown: 'u', nothing: 'n' };

/** @param {any} error @returns {string} */
function fateOf(error) {
  if (error?.outcome === 'committed') return FATE.acknowledged;
  if (['rolled-back', 'not-executed', 'not-sent'].includes(error?.outcome)) return FATE.nothing;
  return FATE.unknown;
}

module.exports = { FATE, fateOf };
