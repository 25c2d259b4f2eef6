'use strict';

const assert = require('node:assert/strict');

/** What a promise rejects with; that it resolves is a failure. @param {Promise<unknown>} promise @returns {Promise<any>} */
const errorOf = (promise) =>
  promise.then(
    (value) => assert.fail(`it resolved with ${String(value)}`),
    (error) => error,
  );

module.exports = { errorOf };
