// Methods of other clients: calling one on a pool throws an error that names ours.
'use strict';

const { argumentError, define } = require('./errors.js');
const { locate } = require('./stack.js');

/** @type {Record<string, string>} */
const ways = {
  connect:
    'A pool gives no client: use pool.query() for one statement, pool.transaction(work) or pool.begin() for several on one session.',
  listen: 'LISTEN needs a session of its own, which a pool does not have in this version.',
  unsafe: 'Use pool.query(sql, params).',
};

/** @param {object} prototype of the pools */
function addHabits(prototype) {
  for (const [name, way] of Object.entries(ways)) {
    const value = () => {
      throw locate(argumentError(`pool.${name}() does not exist. ${way}`), value);
    };
    define(prototype, name, value);
  }
}

module.exports = { addHabits };
