// What is known of a template: its text, and what stands around each hole. It is computed once per array of strings, which
// JavaScript creates once for each template in a program.
'use strict';

const { argumentError } = require('../errors.js');

/**
 * @typedef {object} Hole
 * @property {boolean} isQuoted it is inside quotes or a comment, where no value can stand
 * @property {boolean} isList it follows IN, where an array is meant as a list
 * @property {'value' | 'nothing' | 'unclear'} ofFalse the meaning of `false` there
 *
 * @typedef {object} Template
 * @property {readonly string[]} texts between its values, if all holes have one
 * @property {string} text of that statement
 * @property {readonly Hole[]} holes
 */

/** @type {WeakMap<readonly string[], Template>} */
const known = new WeakMap();

/** A space, comment, text, name, placeholder or sign, with `standard_conforming_strings` as it is by default. */
const LEXEME =
  /\s+|--[^\n\r]*|\/\*[^]*?(?:\*\/|$)|\$((?!\d)[\w\u0080-\uffff]*)\$[^]*?(?:\$\1\$|$)|[eE]'(?:[^'\\]|''|\\[^])*(?:'|$)|'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|\$\d+|[\w\u0080-\uffff][\w$\u0080-\uffff]*|[^]/gy;
const BLANK = /^(?:\s|--|\/\*)/;
const HOLE = ' $0 ';

const words = (/** @type {string} */ text) => new Set(text.split(' '));
/** A condition follows, or a list: never a value and then a name. */
const BEFORE_CONDITION = words('( [ where and or not when then else on having');
/** A value may follow, and a name after it is its alias. */
const BEFORE_ALIAS = words(', select distinct returning');
/** Words that can follow a value and are not its alias. */
const BEHIND_VALUE = words(
  'as and or is in not like ilike similar between at collate isnull notnull then else end when from into where group ' +
    'having window order limit offset fetch for union intersect except on using returning do set',
);

/**
 * @param {unknown} strings
 * @returns {strings is TemplateStringsArray} a template literal made it: neither JSON nor merged objects can look like that
 */
function isTemplate(strings) {
  if (!Array.isArray(strings) || !Object.isFrozen(strings)) return false;
  const { value: raw, enumerable } = Object.getOwnPropertyDescriptor(strings, 'raw') ?? {};
  return Array.isArray(raw) && Object.isFrozen(raw) && !enumerable && raw.length === strings.length;
}

/**
 * @param {TemplateStringsArray} strings
 * @param {number} count of the values
 * @returns {Template}
 */
function templateOf(strings, count) {
  const template = known.get(strings) ?? read(strings);
  if (template.holes.length === count) return template;
  throw argumentError(
    `\`sql\` got ${count} values for ${template.holes.length} places: it is a tag, sql\`…\`.`,
  );
}

/** @param {unknown} strings @returns {Template} */
function read(strings) {
  if (!isTemplate(strings)) {
    throw argumentError(
      '`sql` is a tag: sql`…`, without parentheses, as a template literal of ES2015 or newer. An array is never taken for ' +
        'SQL, nor is a string: a text that you trust is sql.raw(text).',
    );
  }
  if (strings.some((string) => string === undefined))
    throw argumentError(
      'The template has an escape that JavaScript does not know: write \\\\ for a backslash.',
    );
  const holes = holesOf(strings);
  const texts = separated(strings);
  const template = { texts, text: numbered(texts), holes };
  known.set(strings, template);
  return template;
}

/** @param {readonly string[]} strings @returns {Hole[]} */
function holesOf(strings) {
  /** @type {{ isQuoted: boolean, place: number }[]} */
  const found = [];
  /** All that is neither blank nor a comment. @type {string[]} */
  const parts = [];
  let [at, next] = [0, strings[0].length + 1];
  for (const [part] of strings.join(HOLE).matchAll(LEXEME)) {
    const isHole = at === next && found.length < strings.length - 1;
    if (!isHole) refusePlaceholder(part, 'The template');
    at += part.length;
    for (; next < at && found.length < strings.length - 1; next += HOLE.length + strings[found.length].length)
      found.push({ isQuoted: !isHole, place: parts.length });
    if (!BLANK.test(part)) parts.push(isHole ? HOLE : part.toLowerCase());
  }
  return found.map(({ isQuoted, place }) => {
    const [before, after] = [parts[place - 1], parts[place + 1]];
    const isList = before === 'in' || (before === '(' && parts[place - 2] === 'in');
    return { isQuoted, isList, ofFalse: meaningOfFalse(before, after) };
  });
}

/**
 * `${condition && sql`…`}` is left out where no value can stand. Elsewhere `false` is a value like any other.
 * @param {string | undefined} before
 * @param {string | undefined} after
 */
function meaningOfFalse(before, after) {
  const beginsOther =
    after !== undefined && /^[\w\u0080-\uffff"'( *]/.test(after) && !BEHIND_VALUE.has(after);
  if (before === undefined || BEFORE_CONDITION.has(before)) return beginsOther ? 'nothing' : 'value';
  if (BEFORE_ALIAS.has(before)) return beginsOther ? 'unclear' : 'value';
  return /^[-+/<>=~!@#%^&|?]/.test(before) ? 'value' : 'nothing';
}

/**
 * @param {string} part
 * @param {string} what it is a part of
 */
function refusePlaceholder(part, what) {
  if (!/^\$\d/.test(part)) return;
  throw argumentError(
    `${what} has a placeholder of its own, ${part}: put the value there, as \${value}. A text with placeholders goes with ` +
      'its values: { text, values }.',
  );
}

/** @param {string} text that becomes a part of a statement */
function refusePlaceholders(text) {
  if (/\$\d/.test(text)) for (const [part] of text.matchAll(LEXEME)) refusePlaceholder(part, 'The text');
}

/**
 * Adds a space where a placeholder would merge with its neighbor: `$1` and `0` would become `$10`.
 * @param {readonly string[]} texts
 */
function separated(texts) {
  return texts.map((text, i) => {
    const left = i > 0 && isWord(text.charCodeAt(0)) ? ' ' : '';
    const right = i < texts.length - 1 && isWord(text.charCodeAt(text.length - 1)) ? ' ' : '';
    return left + text + right;
  });
}

/** @param {number} code of a character; NaN: there is none @returns {boolean} It can be in a name, a number or a placeholder. */
function isWord(code) {
  const isLetter = code >= 128 || (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
  return isLetter || (code >= 48 && code <= 57) || code === 95 || code === 36; // _ and $
}

/** @param {readonly string[]} texts @returns {string} with placeholders between them */
function numbered(texts) {
  let text = texts[0];
  for (let i = 1; i < texts.length; i++) text += `$${i}${texts[i]}`;
  return text;
}

module.exports = { isTemplate, templateOf, separated, numbered, refusePlaceholders };
