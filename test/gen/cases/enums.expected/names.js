// Written by gen/ from api/*.hpp. Do not edit: change the headers and run `npm run gen`.
'use strict';

/** The values of each enum, the events of a pool, and the options that only lib/ may pass. */
module.exports = {
  Mode: ["read-write", "any", "certificate"],
  Only: ["one"],
  InternalOptions: [],
  PoolEvents: [],
};
