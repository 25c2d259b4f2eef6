// Where in a transaction a call is made: in the transaction itself, or in one of its savepoints, which are nested. While a
// savepoint is open its outer scope waits, because ROLLBACK TO undoes whatever was sent behind SAVEPOINT.
'use strict';

const { AsyncLocalStorage } = require('node:async_hooks');
const { Order } = require('./order.js');

/**
 * What the function of a savepoint asks is in that savepoint, whichever handle it uses.
 * @type {AsyncLocalStorage<{ scope: Scope, around: any }>}
 */
const entered = new AsyncLocalStorage();

class Scope {
  order = new Order();
  /** @type {'open' | 'released' | 'undone'} */
  state = 'open';
  /** A savepoint in it is open. */
  isOuter = false;
  /** Of a statement whose answer could not be shown: nothing of the scope may be stored any more. @type {Error | undefined} */
  failure;

  /** @param {Scope} [outer] of a savepoint */
  constructor(outer) {
    this.outer = outer;
  }

  /**
   * Where a call through a handle of this scope is made: here, or in a savepoint that its caller is in.
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
   * From now on nobody is in it; what was asked before comes first.
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

  /** @returns {Error | undefined} why nothing of it may be stored */
  whyNot() {
    return this.failure ?? this.outer?.whyNot();
  }
}

module.exports = { Scope };
