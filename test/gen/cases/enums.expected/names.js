// Written by gen/ from api/*.hpp. Do not edit: change the headers and run `npm run gen`.
'use strict';

/** The values of each enum, and the events of a pool. */
module.exports = {
  Mode: ["read-write", "any", "certificate"],
  Only: ["one"],
  PoolEvents: [],
};
