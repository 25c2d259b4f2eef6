// The function `onConnect` of a pool: prepares each new session before anybody gets it.
'use strict';

const { functionOf } = require('./observe.js');

/** @typedef {(session: { host: string, query(sql: string, params?: readonly unknown[]): Promise<any> }) => unknown} Greeter */

/**
 * @param {any} options of a pool
 * @returns {{ greeter: Greeter | undefined, rest: any }} the function, if there is one, and what native code knows
 */
function takeGreeter(options) {
  if (options?.onConnect === undefined) return { greeter: undefined, rest: options };
  const { onConnect, ...rest } = options;
  return { greeter: functionOf(onConnect, 'onConnect'), rest: { ...rest, asksOnConnect: true } };
}

/**
 * Never rejects: what the function throws becomes the problem of the session.
 * @param {Greeter} greeter
 * @param {import('../generated/native').Pool} native
 * @param {number} number of the greeting
 * @param {string} host
 */
async function greet(greeter, native, number, host) {
  const query = async (/** @type {string} */ sql, /** @type {readonly unknown[]} */ params) =>
    native.greetingQuery(number, sql, params);
  let problem;
  try {
    await greeter(Object.freeze({ host, query }));
  } catch (error) {
    problem = String(/** @type {any} */ (error)?.message ?? error);
  }
  native.greeted(number, problem);
}

module.exports = { takeGreeter, greet };
