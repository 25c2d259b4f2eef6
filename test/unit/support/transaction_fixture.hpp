// TransactionFixture: a pool on a fake network, and one transaction of it.
// Thread: one.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pool/transaction_core.hpp"
#include "test/unit/support/pool_fixture.hpp"

namespace hdb::test {

class TransactionFixture : public PoolFixture {
 protected:
  ~TransactionFixture() override {
    transaction.reset();
    loop.settle();
  }
  Box<Unit> begin(TransactionOptions with = {}, TimePoint deadline = kNever) {
    view = std::make_shared<TransactionView>();
    transaction = std::make_unique<TransactionCore>(*pool, std::move(with), deadline, view);
    Box<Unit> box;
    transaction->begin(box.completion());
    loop.settle();
    return box;
  }
  Box<ResultSet> ask(const std::string& sql, CancelToken token = {}, TimePoint deadline = kNever) {
    Box<ResultSet> box;
    auto request = query_of(sql, {}, box.completion());
    request->token = std::move(token);
    request->deadline = deadline;
    transaction->query(std::move(request));
    loop.settle();
    return box;
  }
  Box<StatementDescription> describe(const std::string& sql) {
    Box<StatementDescription> box;
    transaction->describe(query_of(sql), box.completion());
    loop.settle();
    return box;
  }
  /// Keeps what it is told of the transaction's end.
  TransactionOptions watched() {
    TransactionOptions with;
    with.on_end = Callback<Outcome, std::string, std::string>(
        [this](Outcome outcome, std::string, std::string) { ends.push_back(outcome); });
    return with;
  }
  Box<Unit> commit() {
    Box<Unit> box;
    transaction->commit(box.completion());
    loop.settle();
    return box;
  }
  Box<Unit> rollback() {
    Box<Unit> box;
    transaction->rollback(box.completion());
    loop.settle();
    return box;
  }
  bool is_open() const { return view->is_open.read() != 0; }
  std::string host() const {
    const auto read = view->host.read();
    return *read;
  }

  std::vector<Outcome> ends;
  std::shared_ptr<TransactionView> view;
  std::unique_ptr<TransactionCore> transaction;
};

}  // namespace hdb::test
