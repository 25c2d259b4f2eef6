#include "api/transaction.hpp"

#include <utility>

#include "client/make_request.hpp"
#include "client/transaction_impl.hpp"
#include "conn/statement_place.hpp"

namespace hdb {

Transaction::Transaction(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Transaction::~Transaction() {
  impl_->engine->post(
      [pool = impl_->pool, id = impl_->id](Engine::Io& io) { io.drop_transaction(pool, id); });
}

void Transaction::query(std::string sql, std::vector<Value> params, QueryOptions options,
                        Completion<ResultSet> done) {
  if (auto refusal = misplaced(sql, Place::kTransaction)) {
    done.reject(*std::move(refusal));
    return;
  }
  Query query(std::move(sql), std::move(params), std::move(done));
  impl_->post_to<&TransactionCore::query>(make_request(std::move(query), options, impl_->defaults));
}

void Transaction::describe(std::string sql, QueryOptions options, Completion<StatementDescription> done) {
  auto request = make_request(Query(std::move(sql), {}, {}), options, impl_->defaults);
  impl_->post_to<&TransactionCore::describe>(std::move(request), std::move(done));
}

void Transaction::commit(Completion<Unit> done) { impl_->post_to<&TransactionCore::commit>(std::move(done)); }

void Transaction::rollback(Completion<Unit> done) {
  impl_->engine->post([pool = impl_->pool, id = impl_->id, done = std::move(done)](Engine::Io& io) mutable {
    if (TransactionCore* core = io.transaction(pool, id)) {
      core->rollback(std::move(done));
    } else {
      done.resolve({});
    }
  });
}

bool Transaction::is_open() const { return impl_->view->is_open.read() != 0; }

std::string Transaction::host() const {
  const auto host = impl_->view->host.read();
  return host ? *host : std::string();
}

}  // namespace hdb
