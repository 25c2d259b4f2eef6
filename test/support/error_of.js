'use strict';

const assert = require('node:assert/strict');

/** The error that a promise rejects with; fails if it resolves. @param {Promise<unknown>} promise @returns {Promise<any>} */
const errorOf = (promise) =>
  promise.then(
    (value) => assert.fail(`it resolved with ${String(value)}`),
    (error) => error,
  );

module.exports = { errorOf };
