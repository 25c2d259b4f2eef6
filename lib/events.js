// Events of the cluster, as an EventEmitter. The callback that native code holds keeps neither the pool nor the process
// alive.
'use strict';

const { EventEmitter } = require('node:events');
const { PoolEvents } = require('../generated/names.js');
const { argumentError, define } = require('./errors.js');
const { raise } = require('./hooks.js');
const { locate } = require('./stack.js');

/** Our methods on a class that applications see. */
const listener = Symbol('makes the listener for native code');
const tell = Symbol('tells an event');

// Names that every EventEmitter has. `error` is never emitted, but once() of node:events listens to it.
const possible = new Set([...PoolEvents, 'error', 'newListener', 'removeListener']);

class ClusterEvents extends EventEmitter {
  /**
   * @param {((event: any) => void)[]} first called before the listeners
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
   * A listener that throws must not keep the event from the others.
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
