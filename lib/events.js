// Events of the cluster, as an EventEmitter. Native code is asked for them when somebody listens; that keeps neither
// the pool alive nor the process.
'use strict';

const { EventEmitter } = require('node:events');
const { raise } = require('./hooks.js');

class ClusterEvents extends EventEmitter {
  #subscribe;
  #subscribed = false;

  /** @param {(listener: (event: { type: string }) => void) => void} subscribe called at the first listener */
  constructor(subscribe) {
    super();
    this.#subscribe = subscribe;
  }

  /** @param {[any, any]} args */
  on(...args) {
    return super.on(...args).#listen();
  }

  /** @param {[any, any]} args */
  addListener(...args) {
    return super.addListener(...args).#listen();
  }

  /** @param {[any, any]} args */
  prependListener(...args) {
    return super.prependListener(...args).#listen();
  }

  #listen() {
    if (this.#subscribed) return this;
    this.#subscribed = true;
    const self = new WeakRef(this);
    this.#subscribe((event) => {
      const here = self.deref();
      if (here) here.#dispatch(event);
    });
    return this;
  }

  /**
   * One listener that throws must not keep the event from the others.
   * @param {{ type: string }} event
   */
  #dispatch(event) {
    for (const listener of this.rawListeners(event.type)) {
      try {
        listener.call(this, event);
      } catch (error) {
        raise(error);
      }
    }
  }
}

module.exports = { ClusterEvents };
