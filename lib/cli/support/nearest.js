// The word that was probably meant.
'use strict';

/** How many letters must change to make one word the other. @param {string} a @param {string} b */
function distance(a, b) {
  let previous = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= b.length; j += 1) {
      current[j] = Math.min(
        previous[j] + 1,
        current[j - 1] + 1,
        previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1),
      );
    }
    previous = current;
  }
  return previous[b.length];
}

/** The word that was probably meant, or undefined. @param {string} word @param {string[]} words */
function nearest(word, words) {
  const lower = word.toLowerCase();
  const [best] = words
    .map((one) => ({ one, far: one.startsWith(lower) && lower.length > 1 ? 0 : distance(lower, one) }))
    .sort((a, b) => a.far - b.far);
  return best && best.far <= Math.max(2, Math.floor(best.one.length / 3)) ? best.one : undefined;
}

/** @param {string} what such as `verb` @param {string} word @param {string[]} words */
function unknown(what, word, words) {
  const guess = nearest(word, words);
  return `unknown ${what} ${JSON.stringify(word)}.${guess ? ` Did you mean ${JSON.stringify(guess)}?` : ''} Known: ${words.join(', ')}.`;
}

module.exports = { nearest, unknown };
