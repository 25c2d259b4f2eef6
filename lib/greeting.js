// `onConnect` of a pool: prepares each new connection before it is used.
'use strict';

const { adopt, messageOf } = require('./errors.js');
const { readCall } = require('./sql/statement.js');

/**
 * @import { NewSession } from '../generated/index.js'
 * @import { Pool } from '../generated/native.js'
 * @typedef {(session: NewSession) => unknown} Greeter
 */

/**
 * Never rejects: an error of the function fails the connection.
 * @param {Greeter} greeter
 * @param {Pool} native
 * @param {number} number of the connection
 * @param {string} host
 */
async function greet(greeter, native, number, host) {
  /** @type {NewSession['query']} */
  const query = async (sql, params) => {
    try {
      const call = readCall(sql, params, undefined);
      return /** @type {any} */ (await native.greetingQuery(number, call.sql, call.params, call.options));
    } catch (error) {
      throw adopt(error);
    }
  };
  let problem;
  try {
    await greeter(Object.freeze({ host, query }));
  } catch (error) {
    problem = messageOf(error);
  }
  native.greeted(number, problem);
}

module.exports = { greet };
