// Options and their defaults: what is unknown is refused.
'use strict';

/**
 * Options with their defaults, which undefined means too.
 * @template {object} T
 * @param {string} what they are options of
 * @param {T} defaults
 * @param {Partial<T>} given
 * @returns {T}
 */
function withDefaults(what, defaults, given) {
  const unknown = Object.keys(given).find((name) => !(name in defaults));
  if (unknown !== undefined)
    throw new TypeError(`${what}: unknown option ${unknown}; known are ${Object.keys(defaults).join(', ')}`);
  return {
    ...defaults,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
}

module.exports = { withDefaults };
