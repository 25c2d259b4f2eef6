// Events of the cluster, as an EventEmitter. What native code keeps to tell them keeps neither the pool alive nor the
// process.
'use strict';

const { EventEmitter } = require('node:events');
const { PoolEvents } = require('../generated/names.js');
const { argumentError, define } = require('./errors.js');
const { raise } = require('./hooks.js');
const { locate } = require('./stack.js');

/** Methods of ours on a class that applications see. */
const listener = Symbol('makes the listener for native code');
const tell = Symbol('tells an event');

// Those of every EventEmitter. `error` is never told: once() of node:events listens to it.
const possible = new Set([...PoolEvents, 'error', 'newListener', 'removeListener']);

class ClusterEvents extends EventEmitter {
  /**
   * @param {((event: any) => void)[]} first are told before others
   * @returns {(event: { type: string }) => void} for native code
   */
  [listener](...first) {
    const self = new WeakRef(this);
    return (event) => {
      for (const one of first) one(event);
      self.deref()?.[tell](event);
    };
  }

  /**
   * One listener that throws must not keep the event from the others.
   * @param {{ type: string }} event
   * @returns {boolean} whether anybody listens
   */
  [tell](event) {
    const listeners = this.rawListeners(event.type);
    for (const one of listeners) {
      try {
        one.call(this, event);
      } catch (error) {
        raise(error);
      }
    }
    return listeners.length > 0;
  }
}

for (const method of [
  'on',
  'once',
  'addListener',
  'prependListener',
  'prependOnceListener',
  'off',
  'removeListener',
]) {
  const inherited = /** @type {any} */ (EventEmitter.prototype)[method];
  /** @this {ClusterEvents} @param {any} event @param {any} handler */
  const value = function (event, handler) {
    if (typeof event === 'string' && !possible.has(event)) {
      const wrong = argumentError(`There is no event '${event}'; possible are ${PoolEvents.join(', ')}.`);
      throw locate(wrong, value);
    }
    return inherited.call(this, event, handler);
  };
  define(ClusterEvents.prototype, method, value);
}

module.exports = { ClusterEvents, listener, tell };
