// A statement in a few words, without its values: `SELECT orders`.
'use strict';

/**
 * One space, comment, literal, name or sign, as PostgreSQL's scan.l reads them. A literal whose end depends on
 * standard_conforming_strings, or that continues on another line, takes all that follows: better hide too much.
 */
const LEXEME =
  /\s+|--[^\n\r]*|\/\*|\$((?!\d)[\w\u0080-\uffff]*)\$[^]*?(?:\$\1\$|$)|[eE]'(?:[^'\\]|''|\\[^])*(?:'(?!\s*(?:'|--))|'[^]*|$)|(?:[bBnNxX]|[uU]&)?'(?:[^'\\]|''|\\(?!'))*(?:'|\\'[^]*|$)|(?:[uU]&)?"(?:[^"]|"")*(?:"|$)|\$\d+|[\w\u0080-\uffff][\w$\u0080-\uffff]*(?:\.\d+)?|[^]/y;
const NAME = /^(?:"(?:[^"]|"")*"|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)$/;
const LITERAL = /^(?:(?:[bBeEnNxX]|[uU]&)?'|\$(?!\d)[\w\u0080-\uffff]*\$|\d)/;
const COMMENT = /^(?:--|\/\*)/;

/** @param {string} sql @param {number} at */
function endOfComment(sql, at) {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = at + 2;
  for (let depth = 1; depth > 0;) {
    const mark = marks.exec(sql);
    if (!mark) return sql.length;
    depth += mark[0] === '/*' ? 1 : -1;
  }
  return marks.lastIndex;
}

/** All parts of the text. @param {string} sql */
function* lexemes(sql) {
  for (let at = 0, end = 0; at < sql.length; at = end) {
    LEXEME.lastIndex = at;
    LEXEME.test(sql);
    end = sql.startsWith('/*', at) ? endOfComment(sql, at) : LEXEME.lastIndex;
    yield sql.slice(at, end);
  }
}

/** The words before a table's name, by operation. @type {Record<string, string[]>} */
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
  // The beginning is enough: the text may have megabytes.
  const parts = [...lexemes(sql.slice(0, 10_000))].filter((part) => part.trim() && !COMMENT.test(part));
  const words = parts.map((part) => part.toUpperCase());
  let at = words.findIndex((word) => /^[A-Z]/.test(word));
  if (at < 0) return { operation: undefined, table: undefined, summary: undefined };
  // WITH … SELECT: the operation stands outside all brackets.
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
  return Array.from(lexemes(sql), (part) => (LITERAL.test(part) ? '?' : part)).join('');
}

module.exports = { summarize, withoutLiterals };
