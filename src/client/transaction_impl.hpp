// Transaction::Impl: what a handle needs to reach its transaction on the I/O thread.
// Thread: JS.
#pragma once

#include <memory>
#include <tuple>
#include <utility>

#include "api/transaction.hpp"
#include "client/engine.hpp"
#include "pool/transaction_error.hpp"

namespace hdb {

struct Transaction::Impl {
  std::shared_ptr<Engine> engine;
  PoolId pool = 0;
  TransactionId id = 0;
  PoolOptions defaults;
  std::shared_ptr<TransactionView> view = std::make_shared<TransactionView>();

  /// Calls a function of the transaction on the I/O thread. If it is gone, the last argument is rejected.
  template <auto Method, class... Args>
  void post_to(Args&&... args) const {
    engine->post([pool = pool, id = id, ... args = std::forward<Args>(args)](Engine::Io& io) mutable {
      if (TransactionCore* core = io.transaction(pool, id)) {
        (core->*Method)(std::move(args)...);
      } else {
        refuse(std::get<sizeof...(Args) - 1>(std::tie(args...)));
      }
    });
  }

 private:
  static void refuse(std::unique_ptr<Request>& request) { reject(*request, transaction_closed_error()); }
  template <class T>
  static void refuse(Completion<T>& done) {
    done.reject(transaction_closed_error());
  }
};

}  // namespace hdb
