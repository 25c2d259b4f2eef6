#include "conn/request.hpp"

namespace hdb {

void hand_back(std::unique_ptr<Request> request, Expected<Reply> reply) {
  if (!reply.ok()) reply.error().attempts = request->attempts;
  request->token.subscribe(nullptr);
  const auto done = std::move(request->done);
  done(std::move(request), std::move(reply));
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
