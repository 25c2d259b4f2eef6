// Written by gen/ from api/*.hpp. Do not edit: change the headers and run `npm run gen`.
'use strict';

/** The defaults of options, as their initialisers in C++ say. */
module.exports = {
  InnerOptions: {
    depth: -1,
  },
  OuterOptions: {
    keepAlive: true,
    poolSize: 10,
    ratio: 0.25,
    limit: 1000000,
    connectTimeoutMs: 2000,
    applicationName: 'app',
    speed: 'very-slow',
  },
};
