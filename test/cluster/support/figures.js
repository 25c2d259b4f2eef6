'use strict';

/* Figures of a series of measurements. Does not load the client, which processes that only count do not need. */

/** @param {number[]} values */
function distribution(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
  return { count: sorted.length, min: sorted[0], median: at(0.5), p90: at(0.9), max: sorted.at(-1) };
}

/** The longest time between two acknowledged writes. */
function longestGap(times) {
  let longest = 0;
  for (let i = 1; i < times.length; i++) longest = Math.max(longest, times[i] - times[i - 1]);
  return longest;
}

module.exports = { distribution, longestGap };
