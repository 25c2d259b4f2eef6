// Written by gen/ from api/error.hpp. Do not edit: change the header and run `npm run gen`.
'use strict';

/**
 * The error classes, in the order of ErrorKind: native code names a class by its place in this list.
 * @type {ReadonlyArray<{ kind: string, name: string, parent: string, doc: string }>}
 */
module.exports = [
  {
    kind: "server",
    name: "ServerError",
    parent: "HyperionError",
    doc: "PostgreSQL refused it.",
  },
  {
    kind: "parameter",
    name: "WrongValueError",
    parent: "TypeError",
    doc: "A value does not fit. It's \"wrong\".",
  },
  {
    kind: "refused",
    name: "RefusedError",
    parent: "HyperionError",
    doc: "The server refused it; nothing was stored.",
  },
  {
    kind: "not-unique",
    name: "NotUniqueError",
    parent: "RefusedError",
    doc: "It is there already.",
  },
];
