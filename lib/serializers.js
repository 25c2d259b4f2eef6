// Custom serializers: what an application wants to be sent for its values of a type. They run here, before native code
// sees a value; what the server says of a statement's parameters tells which one is meant.
'use strict';

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

module.exports = { serializerSet, isForSerializers, serialize, none };
