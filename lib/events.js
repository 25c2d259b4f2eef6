// Events of the cluster, as an EventEmitter. What native code keeps to tell them keeps neither the pool alive nor the
// process.
'use strict';

const { EventEmitter } = require('node:events');
const { raise } = require('./hooks.js');

/** Methods of ours on a class that applications see. */
const listener = Symbol('makes the listener for native code');
const tell = Symbol('tells an event');

class ClusterEvents extends EventEmitter {
  /**
   * @param {(event: any) => void} trace is told first
   * @returns {(event: { type: string }) => void} for native code
   */
  [listener](trace) {
    const self = new WeakRef(this);
    return (event) => {
      trace(event);
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

module.exports = { ClusterEvents, listener, tell };
