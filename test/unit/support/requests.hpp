// Requests as tests make them.
// Thread: one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "conn/request.hpp"

namespace hdb::test {

inline Statement statement(const std::string& sql, std::vector<Value> params = {}) {
  return Statement(sql, std::move(params));
}

inline std::unique_ptr<Request> query_of(const std::string& sql, std::vector<Value> params = {},
                                         Completion<ResultSet> completion = {}) {
  return std::make_unique<Request>(Query(sql, std::move(params), std::move(completion)));
}

inline std::unique_ptr<Request> script_of(std::vector<std::string> texts) {
  return std::make_unique<Request>(Script{.texts = std::move(texts), .on_first = nullptr});
}

inline std::unique_ptr<Request> batch_with(std::vector<Statement> statements,
                                           Completion<std::vector<ResultSet>> completion = {}) {
  return std::make_unique<Request>(Batch{std::move(statements), std::move(completion)});
}

/// Without values.
inline std::unique_ptr<Request> batch_of(const std::vector<std::string>& texts,
                                         Completion<std::vector<ResultSet>> completion = {}) {
  std::vector<Statement> statements;
  for (const std::string& sql : texts) statements.push_back(statement(sql));
  return batch_with(std::move(statements), std::move(completion));
}

/// Takes rows before the whole answer is there.
inline Completion<ResultSet> in_parts(std::function<void(ResultSet)> part, Completion<ResultSet> then = {}) {
  class Sink final : public CompletionSink<ResultSet, Error> {
   public:
    Sink(std::function<void(ResultSet)> part, Completion<ResultSet> then)
        : part_(std::move(part)), then_(std::move(then)) {}
    void settle(Expected<ResultSet> result, std::unique_ptr<Baggage>,
                std::unique_ptr<CompletionSink<ResultSet, Error>>) override {
      if (then_) then_.settle(std::move(result));
    }
    bool takes_parts() const override { return true; }
    void progress(ResultSet part) override { part_(std::move(part)); }

   private:
    std::function<void(ResultSet)> part_;
    Completion<ResultSet> then_;
  };
  return Completion<ResultSet>(std::make_unique<Sink>(std::move(part), std::move(then)));
}

}  // namespace hdb::test
