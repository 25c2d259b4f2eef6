// Written by gen/ from api/error.hpp. Do not edit: change the header and run `npm run gen`.
'use strict';

/**
 * The error classes, in the order of ErrorKind: native code names a class by its place in this list.
 * @type {ReadonlyArray<{ kind: string, name: string, parent: string, code: string, doc: string }>}
 */
module.exports = [
  {
    kind: "server",
    name: "ServerError",
    parent: "HyperionError",
    code: "SERVER",
    doc: "PostgreSQL refused it.",
  },
  {
    kind: "parameter",
    name: "WrongValueError",
    parent: "TypeError",
    code: "ERR_WRONG",
    doc: "A value does not fit. It's \"wrong\".",
  },
  {
    kind: "refused",
    name: "RefusedError",
    parent: "HyperionError",
    code: "REFUSED",
    doc: "The server refused it; nothing was stored.",
  },
  {
    kind: "not-unique",
    name: "NotUniqueError",
    parent: "RefusedError",
    code: "NOT_UNIQUE",
    doc: "It is there already.",
  },
];
