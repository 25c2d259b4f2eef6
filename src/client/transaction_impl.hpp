// Transaction::Impl: what a handle needs to reach its transaction on the I/O thread.
// Thread: JS.
#pragma once

#include <memory>

#include "api/transaction.hpp"
#include "client/engine.hpp"

namespace hdb {

struct Transaction::Impl {
  std::shared_ptr<Engine> engine;
  PoolId pool = 0;
  TransactionId id = 0;
  PoolOptions defaults;
  std::shared_ptr<TransactionView> view = std::make_shared<TransactionView>();
};

}  // namespace hdb
