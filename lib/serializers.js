// Custom serializers: convert an application's values before native code sees them. The server's description of a
// statement's parameters decides which one applies.
'use strict';

const { types } = require('node:util');
const { argumentError, parameterError } = require('./errors.js');

/**
 * @import { Parameter, ParameterType, Serializers, StatementDescription } from '../generated/index.js'
 * @typedef {(value: any) => unknown} Serializer
 */
/** @typedef {{ byType: Map<string, Serializer>, base: SerializerSet | null }} SerializerSet `base` is searched after the set itself */

/** @type {SerializerSet} */
const none = { byType: new Map(), base: null };

/**
 * @param {Serializers | undefined} serializers by the OID of the type, or by its name in pg_type
 * @param {SerializerSet} base set to add them to
 * @returns {SerializerSet}
 */
function serializerSet(serializers, base = none) {
  if (serializers === undefined || serializers === null) return base;
  if (typeof serializers !== 'object') throw argumentError('`options.serializers` must be an object.');
  const entries = Object.entries(serializers);
  for (const [type, serializer] of entries) {
    if (typeof serializer !== 'function')
      throw argumentError(`\`options.serializers.${type}\` must be a function.`);
  }
  return entries.length === 0 ? base : { byType: new Map(entries), base };
}

/**
 * @param {SerializerSet} set
 * @param {ParameterType} type
 * @returns {Serializer | undefined} a domain's own, else its base type's
 */
function serializerOf(set, { typeOid, typeName, baseTypeOid, baseTypeName }) {
  for (const [oid, name] of [
    [typeOid, typeName],
    [baseTypeOid, baseTypeName],
  ]) {
    for (let at = /** @type {SerializerSet | null} */ (set); at; at = at.base) {
      const serializer = at.byType.get(String(oid)) ?? at.byType.get(String(name));
      if (serializer) return serializer;
    }
  }
  return undefined;
}

/** @param {unknown} value */
const isNull = (value) => value === null || value === undefined;

/**
 * Whether the types of the parameters are needed.
 * @param {readonly Parameter[] | undefined} params
 * @param {SerializerSet} set
 * @returns {params is readonly Parameter[]}
 */
function isForSerializers(params, set) {
  return set !== none && Array.isArray(params) && !params.every(isNull);
}

/**
 * The parameters as they are sent.
 * @param {() => Promise<StatementDescription>} describe asks for the types of the parameters
 * @param {readonly Parameter[]} params
 * @param {SerializerSet} set
 * @returns {Promise<readonly Parameter[]>}
 */
async function serialize(describe, params, set) {
  const { params: types } = await describe();
  if (types.length !== params.length) return params; // native code says it
  return params.map((value, i) => {
    const serializer = isNull(value) ? undefined : serializerOf(set, types[i]);
    if (!serializer) return value;
    try {
      return /** @type {Parameter} */ (serializer(value));
    } catch (error) {
      throw parameterError(i + 1, `was refused by the serializer of ${types[i].typeName}`, error);
    }
  });
}

/** In the options of a query: the positions of an idempotent insert's keys among its parameters. */
const keyPlaces = Symbol('places of keys');

/**
 * Refuses a key that a serializer turns into NULL: NULL equals nothing, so the row would be stored twice.
 * @param {readonly Parameter[]} params
 * @param {readonly number[]} places of keys
 * @returns {readonly Parameter[]} with the keys in their final form
 */
function withKeys(params, places) {
  const own = [...params];
  for (const place of places) {
    const form = formOf(own[place]);
    if (isNull(form) || (typeof form?.toJSON === 'function' && JSON.stringify(form) === undefined))
      throw parameterError(place + 1, 'is a key of an idempotent insert, and becomes NULL', undefined);
    own[place] = form;
  }
  return own;
}

/** @param {any} value @returns {any} what toPostgres() makes of it, if it has that */
function formOf(value) {
  const isOwn = () => isObject(value) && typeof value.toPostgres === 'function';
  for (let depth = 0; depth < 100 && isOwn(); depth++) value = value.toPostgres();
  return value;
}

/** False for values that are sent in another way. @param {unknown} value */
function isObject(value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return (
    !ArrayBuffer.isView(value) &&
    !types.isAnyArrayBuffer(value) &&
    !types.isDate(value) &&
    !types.isPromise(value)
  );
}

module.exports = { serializerSet, isForSerializers, serialize, none, keyPlaces, withKeys };
