'use strict';

const { findPostgres } = require('../../lib/testing');

/** The major that most tests run on. */
const MAJOR = 15;

/** For `before`: the tests of a suite need a server. */
function needsPostgres() {
  try {
    findPostgres({ version: MAJOR });
  } catch (error) {
    this.skip(error.message);
  }
}

module.exports = { MAJOR, needsPostgres };
