// Custom serializers: what an application wants to be sent for its values of a type. They run here, before native code
// sees a value; what the server says of a statement's parameters tells which one is meant.
'use strict';

const { types } = require('node:util');
const { argumentError, parameterError } = require('./errors.js');

/**
 * @import { Parameter, ParameterType, Serializers, StatementDescription } from '../generated/index.js'
 * @typedef {(value: any) => unknown} Serializer
 */
/** @typedef {{ byType: Map<string, Serializer>, base: SerializerSet | null }} SerializerSet `base` is asked after the set itself */

/** @type {SerializerSet} */
const none = { byType: new Map(), base: null };

/**
 * @param {Serializers | undefined} serializers by the OID of the type, or by its name in pg_type
 * @param {SerializerSet} base what they are added to
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
 * @returns {Serializer | undefined} that of a domain itself comes before that of what it is made of
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
 * Whether it has to be known what the statement takes.
 * @param {readonly Parameter[] | undefined} params
 * @param {SerializerSet} set
 * @returns {params is readonly Parameter[]}
 */
function isForSerializers(params, set) {
  return set !== none && Array.isArray(params) && !params.every(isNull);
}

/**
 * What is sent instead of the parameters.
 * @param {() => Promise<StatementDescription>} describe asks what the statement takes
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

/** In the options of a query: where in its parameters the keys of an idempotent insert are. */
const keyPlaces = Symbol('places of keys');

/**
 * A key that becomes NULL on its way is never the same, and the row would be stored twice.
 * @param {readonly Parameter[]} params
 * @param {readonly number[]} places of keys
 * @returns {readonly Parameter[]} with the keys in the form that they have in the end
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

/** Not of those that are sent otherwise. @param {unknown} value */
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
