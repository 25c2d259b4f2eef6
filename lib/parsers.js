// Sets of custom parsers. Native code knows only their numbers; the functions stay here.
'use strict';

const { argumentError } = require('./errors.js');
const native = require('./native.js');

/**
 * @import { Parsers } from '../generated/index.js'
 * @typedef {(text: string) => unknown} Parser
 */
/** @typedef {{ id: number, byType: Map<string, Parser>, base: ParserSet | null }} ParserSet `base` is searched after the set itself */

/**
 * Stored on the addon, which several copies of this file may share; the copy that was loaded last builds the rows of all.
 * Weak: a set lives as long as the pool or the call that uses it.
 */
const shared = /** @type {{ lastParsersId?: number, parserSets?: Map<number, WeakRef<ParserSet>> }} */ (
  native
);
const sets = (shared.parserSets ??= new Map());
/** @type {FinalizationRegistry<number>} */
const forget = new FinalizationRegistry((id) => sets.delete(id));
/** The set made from an object of parsers, per base. @type {WeakMap<object, WeakMap<object, ParserSet>>} */
const made = new WeakMap();
/** @type {ParserSet} */
const none = { id: 0, byType: new Map(), base: null };

/**
 * @param {Parsers | undefined} parsers by the OID of the type, or by its name in pg_type
 * @param {ParserSet} base set to add them to
 * @returns {ParserSet}
 */
function parserSet(parsers, base = none) {
  if (parsers === undefined || parsers === null) return base;
  if (typeof parsers !== 'object') throw argumentError('`options.parsers` must be an object.');
  let perBase = made.get(parsers);
  if (!perBase) made.set(parsers, (perBase = new WeakMap()));
  let set = perBase.get(base);
  if (set) return set;
  const byType = new Map();
  for (const [type, parser] of Object.entries(parsers)) {
    if (typeof parser !== 'function') throw argumentError(`\`options.parsers.${type}\` must be a function.`);
    byType.set(type, parser);
  }
  shared.lastParsersId = (shared.lastParsersId ?? 0) + 1;
  set = { id: shared.lastParsersId, byType, base };
  perBase.set(base, set);
  sets.set(set.id, new WeakRef(set));
  forget.register(set, set.id);
  return set;
}

/**
 * The options for native code: the number of the set, and the types to request as text.
 * @template {{ parsers?: Parsers }} T
 * @param {T} options
 * @param {ParserSet} set
 */
function withParsers(options, set) {
  const { parsers, ...rest } = options;
  if (set === none) return rest;
  const types = new Set();
  for (let at = /** @type {ParserSet | null} */ (set); at; at = at.base)
    for (const type of at.byType.keys()) types.add(type);
  return { ...rest, parsersId: set.id, textTypes: [...types] };
}

/**
 * @param {number} id
 * @param {number} typeOid
 * @param {string} typeName
 * @returns {Parser | undefined}
 */
function parserOf(id, typeOid, typeName) {
  if (id === 0) return undefined;
  const set = sets.get(id)?.deref();
  if (!set) throw new Error('The parsers of the statement are gone.');
  for (let at = /** @type {ParserSet | null} */ (set); at; at = at.base) {
    const parser = at.byType.get(String(typeOid)) ?? at.byType.get(typeName);
    if (parser) return parser;
  }
  return undefined;
}

module.exports = { parserSet, withParsers, parserOf, none };
