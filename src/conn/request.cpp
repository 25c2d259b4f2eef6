#include "conn/request.hpp"

namespace hdb {

std::span<Statement> Request::statements() {
  if (Query* const one = query()) return {static_cast<Statement*>(one), 1};
  if (Batch* const several = batch()) return several->statements;
  return {};
}

std::span<const Statement> Request::statements() const {
  if (const Query* const one = query()) return {static_cast<const Statement*>(one), 1};
  if (const Batch* const several = batch()) return several->statements;
  return {};
}

void resolve(std::unique_ptr<Request> request, Reply reply) {
  if (Query* const query = request->query()) {
    query->encoded.clear();  // made here
    auto completion = std::move(query->completion);
    completion.resolve(std::move(reply.result), std::move(request));
  } else if (Batch* const batch = request->batch()) {
    std::vector<ResultSet> results = std::move(reply.earlier);
    for (ResultSet& result : results) {
      result.decode = reply.result.decode;
      if (!result.columns) result.columns = std::make_shared<const Columns>();
    }
    results.push_back(std::move(reply.result));
    batch->completion.resolve(std::move(results));
  }
}

void reject(Request& request, Error error) {
  if (Query* const query = request.query()) {
    query->completion.reject(std::move(error));
  } else if (Batch* const batch = request.batch()) {
    batch->completion.reject(std::move(error));
  }
}

}  // namespace hdb
