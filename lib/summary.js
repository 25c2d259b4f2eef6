// What a statement is in a few words, without its values: `SELECT orders`.
'use strict';

/** Text, quoted names and comments, whatever may be in them; of a comment nothing is kept. */
const LEXEMES =
  /--[^\n]*|\/\*[\s\S]*?\*\/|\$(\w*)\$[\s\S]*?\$\1\$|[eE]?'(?:[^'\\]|''|\\.)*'|"(?:[^"]|"")*"|[\w$]+(?:\.\d+)?|\S/g;
const NAME = /^(?:"(?:[^"]|"")*"|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)$/;

/** @param {string} sql @returns {string[]} */
function lexemes(sql) {
  // A summary needs the beginning only; nobody is to wait for a text of megabytes.
  return (sql.slice(0, 10_000).match(LEXEMES) ?? []).filter((part) => !/^(--|\/\*)/.test(part));
}

/** Words that a table follows, by the operation. @type {Record<string, string[]>} */
const BEFORE_TABLE = {
  SELECT: ['FROM'],
  INSERT: ['INTO'],
  UPDATE: ['UPDATE'],
  DELETE: ['FROM'],
  MERGE: ['INTO'],
  TRUNCATE: ['TRUNCATE', 'TABLE'],
  COPY: ['COPY'],
};

/**
 * @param {string} sql
 * @returns {{ operation: string | undefined, table: string | undefined, summary: string | undefined }}
 */
function summarize(sql) {
  const parts = lexemes(sql);
  const words = parts.map((part) => part.toUpperCase());
  let at = words.findIndex((word) => /^[A-Z]/.test(word));
  if (at < 0) return { operation: undefined, table: undefined, summary: undefined };
  // WITH … SELECT: what it does stands outside all brackets.
  if (words[at] === 'WITH') {
    let depth = 0;
    const main = words.findIndex((word) => {
      if (word === '(') depth += 1;
      if (word === ')') depth -= 1;
      return depth === 0 && word in BEFORE_TABLE;
    });
    if (main >= 0) at = main;
  }
  const operation = words[at];
  const table = tableOf(parts, words, at, BEFORE_TABLE[operation] ?? []);
  return { operation, table, summary: (table ? `${operation} ${table}` : operation).slice(0, 255) };
}

/** @param {string[]} parts @param {string[]} words @param {number} from @param {string[]} before */
function tableOf(parts, words, from, before) {
  for (let i = from; i < parts.length; i++) {
    if (!before.includes(words[i])) continue;
    let next = i + 1;
    while (before.includes(words[next]) || words[next] === 'ONLY') next += 1;
    if (!NAME.test(parts[next] ?? '')) return undefined;
    let name = parts[next];
    for (; parts[next + 1] === '.' && NAME.test(parts[next + 2] ?? ''); next += 2)
      name += `.${parts[next + 2]}`;
    return name;
  }
  return undefined;
}

/**
 * The text with `?` in place of each literal.
 * @param {string} sql
 */
function withoutLiterals(sql) {
  return sql.replace(LEXEMES, (part) => {
    if (/^(--|\/\*)/.test(part)) return part;
    return /^[eE]?'|^\$\w*\$|^\d/.test(part) ? '?' : part;
  });
}

module.exports = { summarize, withoutLiterals };
