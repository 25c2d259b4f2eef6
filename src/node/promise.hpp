// make_promise: a promise, and the Completion that settles it from any thread, later, in its environment.
// Thread: made on JS; the completion may be settled or dropped anywhere.
#pragma once

#include <napi.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "api/error.hpp"
#include "node/converter.hpp"
#include "node/env_data.hpp"
#include "node/rows_to_js.hpp"

namespace hdb::node {

/// The answer to a call, in the form that JavaScript needs. `settle(env, until)` returns false while there is
/// more to do.
template <class T>
class Answer {
 public:
  Answer(Expected<T>&& result, std::shared_ptr<RowsBuilder>) : result_(std::move(result)) {}
  bool is_ok() const { return result_.ok(); }
  const Error& error() const { return result_.error(); }
  bool build(Napi::Env env, TimePoint) {
    value_ = Converter<T>::to_js(env, std::move(result_).value());
    return true;
  }
  bool has_failed() const { return false; }
  napi_value value() const { return value_; }

 private:
  Expected<T> result_;
  napi_value value_ = nullptr;
};

/// The error, or a builder that may have begun before the answer was complete.
template <>
class Answer<ResultSet> {
 public:
  Answer(Expected<ResultSet>&& result, std::shared_ptr<RowsBuilder> begun) : builder_(std::move(begun)) {
    if (result.ok()) {
      rest_ = std::move(result).value();
    } else {
      error_ = std::make_unique<Error>(std::move(result).error());
    }
  }
  bool is_ok() const { return error_ == nullptr; }
  const Error& error() const { return *error_; }
  bool build(Napi::Env env, TimePoint until) {
    if (rest_) builder().complete(*std::exchange(rest_, std::nullopt));
    state_ = builder().step(env, until);
    return state_ != RowsBuilder::State::kMore;
  }
  bool has_failed() const { return state_ == RowsBuilder::State::kFailed; }
  napi_value value() { return builder().value(); }

 private:
  RowsBuilder& builder() { return builder_ ? *builder_ : own_; }
  std::shared_ptr<RowsBuilder> builder_;
  RowsBuilder own_;  // of what came at once
  std::optional<ResultSet> rest_;
  RowsBuilder::State state_ = RowsBuilder::State::kMore;
  std::unique_ptr<Error> error_;
};

/// Several results, built one after the other, over several turns if they are large.
template <>
class Answer<std::vector<ResultSet>> {
 public:
  Answer(Expected<std::vector<ResultSet>>&& result, std::shared_ptr<RowsBuilder>) {
    if (result.ok()) {
      results_ = std::move(result).value();
    } else {
      error_ = std::make_unique<Error>(std::move(result).error());
    }
  }
  bool is_ok() const { return error_ == nullptr; }
  const Error& error() const { return *error_; }
  bool build(Napi::Env env, TimePoint until) {
    if (kept_.IsEmpty()) kept_ = Napi::Persistent(Napi::Array::New(env, results_.size()));
    for (; next_ < results_.size(); ++next_) {
      const Napi::HandleScope scope(env);
      if (!builder_) builder_.emplace().complete(std::move(results_[next_]));
      const RowsBuilder::State state = builder_->step(env, until);
      if (state == RowsBuilder::State::kMore) return false;
      if (state == RowsBuilder::State::kFailed) {
        failed_ = true;
        kept_ = Napi::Reference<Napi::Array>();
        kept_value_ = Napi::Persistent(Napi::Value(env, builder_->value()));
        return true;
      }
      kept_.Value().Set(static_cast<std::uint32_t>(next_), builder_->value());
      builder_.reset();
    }
    return true;
  }
  bool has_failed() const { return failed_; }
  napi_value value() const { return failed_ ? kept_value_.Value() : Napi::Value(kept_.Value()); }

 private:
  std::vector<ResultSet> results_;
  std::size_t next_ = 0;
  std::optional<RowsBuilder> builder_;
  bool failed_ = false;
  Napi::Reference<Napi::Array> kept_;
  Napi::Reference<Napi::Value> kept_value_;
  std::unique_ptr<Error> error_;
};

/// Rows that came before the end of their statement.
class PartJob final : public EnvMailbox::Job {
 public:
  PartJob(std::shared_ptr<RowsBuilder> builder, ResultSet part)
      : builder_(std::move(builder)), part_(std::move(part)) {}
  bool run(Napi::Env env, TimePoint until) override {
    if (part_) {
      builder_->add(*std::move(part_));
      part_.reset();
    }
    return builder_->step(env, until) != RowsBuilder::State::kMore;
  }

 private:
  std::shared_ptr<RowsBuilder> builder_;
  std::optional<ResultSet> part_;
};

/// A pending promise: made on the JS thread, settled on any, and sent back to resolve it.
template <class T>
class PromiseJob final : public CompletionSink<T, Error>, public EnvMailbox::Job {
 public:
  PromiseJob(std::shared_ptr<EnvMailbox> mailbox, napi_deferred deferred)
      : mailbox_(std::move(mailbox)), deferred_(deferred) {}

  // noinline: inlined into Completion::drop, GCC 12 warns of a variant that it believes to be uninitialised.
  [[gnu::noinline]] void settle(Expected<T> result, std::unique_ptr<Baggage> baggage,
                                std::unique_ptr<CompletionSink<T, Error>> self) override {
    answer_ = std::make_unique<Answer<T>>(std::move(result), std::move(builder_));
    baggage_ = std::move(baggage);
    const std::shared_ptr<EnvMailbox> mailbox = mailbox_;  // the job may be dropped at once
    self.release();
    mailbox->post(std::unique_ptr<EnvMailbox::Job>(this));
  }

  bool takes_parts() const override { return std::is_same_v<T, ResultSet>; }
  void progress(T part) override {
    if constexpr (std::is_same_v<T, ResultSet>) {
      if (!builder_) builder_ = std::make_shared<RowsBuilder>();
      mailbox_->post(std::make_unique<PartJob>(builder_, std::move(part)));
    }
  }

  // Failing to settle means that the environment is being terminated, so nobody waits any more.
  bool run(Napi::Env env, TimePoint until) override {
    try {
      if (!answer_->is_ok()) {
        napi_reject_deferred(env, deferred_, error_to_js(env, answer_->error()));
      } else if (!answer_->build(env, until)) {
        return false;
      } else if (answer_->has_failed()) {
        napi_reject_deferred(env, deferred_, answer_->value());
      } else {
        napi_resolve_deferred(env, deferred_, answer_->value());
      }
    } catch (const Napi::Error& error) {
      napi_reject_deferred(env, deferred_, error.Value());
    }
    mailbox_->operation_ends(env);
    return true;
  }

 private:
  std::shared_ptr<EnvMailbox> mailbox_;
  napi_deferred deferred_;
  std::shared_ptr<RowsBuilder> builder_;  // of parts; the JS thread's, but for the pointer
  std::unique_ptr<Answer<T>> answer_;     // not inside: a call that waits costs little
  std::unique_ptr<Baggage> baggage_;
};

/// Make it after the arguments have been read: a completion that is dropped rejects its promise.
template <class T>
Completion<T> make_promise(Napi::Env env, napi_value* promise) {
  napi_deferred deferred = nullptr;
  check(env, napi_create_promise(env, &deferred, promise));
  const std::shared_ptr<EnvMailbox>& mailbox = EnvData::of(env).mailbox();
  mailbox->operation_begins(env);
  return Completion<T>(std::make_unique<PromiseJob<T>>(mailbox, deferred));
}

}  // namespace hdb::node
