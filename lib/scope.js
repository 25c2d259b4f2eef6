// The scope of a call in a transaction: the transaction itself, or one of its nested savepoints. While a savepoint is
// open its outer scope waits, because ROLLBACK TO undoes everything sent since SAVEPOINT.
'use strict';

const { AsyncLocalStorage } = require('node:async_hooks');
const { Order } = require('./order.js');

/**
 * The calls that the function of a savepoint makes are in that savepoint, whichever handle it uses.
 * @type {AsyncLocalStorage<{ scope: Scope, around: any }>}
 */
const entered = new AsyncLocalStorage();

class Scope {
  order = new Order();
  /** @type {'open' | 'released' | 'undone'} */
  state = 'open';
  /** True while a savepoint in it is open. */
  isOuter = false;
  /** Set when an answer could not be shown: nothing of the scope may be stored any more. @type {Error | undefined} */
  failure;

  /** @param {Scope} [outer] of a savepoint */
  constructor(outer) {
    this.outer = outer;
  }

  /**
   * The scope of a call through a handle of this one: this scope, or a savepoint that the caller is in.
   * @returns {Scope}
   */
  current() {
    for (let at = entered.getStore(); at !== undefined; at = at.around) {
      /** @type {Scope | undefined} */
      let scope = at.scope;
      while (scope && scope.state !== 'open') scope = scope.outer;
      for (let outer = scope; outer && scope; outer = outer.outer) if (outer === this) return scope;
    }
    return this;
  }

  /**
   * @template T
   * @param {() => T} work
   * @returns {T}
   */
  enter(work) {
    return entered.run({ scope: this, around: entered.getStore() }, work);
  }

  /**
   * Takes no further calls; those made before are sent first.
   * @param {'released' | 'undone'} state
   * @param {() => Promise<void>} send
   */
  leave(state, send) {
    this.state = state;
    return this.order.pass(send);
  }

  /** @param {Error} error */
  fail(error) {
    if (this.state === 'open') this.failure ??= error;
    else if (this.state === 'released') this.outer?.fail(error);
  }

  /** @returns {Error | undefined} why it may not be stored */
  whyNot() {
    return this.failure ?? this.outer?.whyNot();
  }
}

module.exports = { Scope };
