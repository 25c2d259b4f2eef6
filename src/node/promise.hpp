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

/// Settles a promise; one per call of `make_promise`.
class SettleJob : public EnvMailbox::Job {
 public:
  explicit SettleJob(napi_deferred deferred) : deferred_(deferred) {}

 protected:
  // A failure means that the environment is being terminated: then nobody waits any more.
  void resolve(Napi::Env env, napi_value value) {
    napi_resolve_deferred(env, deferred_, value);
    EnvData::of(env).mailbox()->operation_ends(env);
  }
  void reject(Napi::Env env, napi_value error) {
    napi_reject_deferred(env, deferred_, error);
    EnvData::of(env).mailbox()->operation_ends(env);
  }

 private:
  napi_deferred deferred_;
};

template <class T>
class SettleWith final : public SettleJob {
 public:
  SettleWith(napi_deferred deferred, Expected<T>&& result)
      : SettleJob(deferred), result_(std::move(result)) {}
  bool run(Napi::Env env, TimePoint) override {
    try {
      if (result_.ok()) {
        resolve(env, Converter<T>::to_js(env, std::move(result_).value()));
      } else {
        reject(env, error_to_js(env, result_.error()));
      }
    } catch (const Napi::Error& error) {
      reject(env, error.Value());
    }
    return true;
  }

 private:
  Expected<T> result_;
};

template <>
class SettleWith<ResultSet> final : public SettleJob {
 public:
  SettleWith(napi_deferred deferred, Expected<ResultSet>&& result) : SettleJob(deferred) {
    if (result.ok()) {
      builder_.emplace(std::move(result).value());
    } else {
      error_ = std::make_unique<Error>(std::move(result).error());
    }
  }
  bool run(Napi::Env env, TimePoint until) override {
    try {
      if (error_) {
        reject(env, error_to_js(env, *error_));
        return true;
      }
      switch (builder_->step(env, until)) {
        case RowsBuilder::State::kMore:
          return false;
        case RowsBuilder::State::kDone:
          resolve(env, builder_->value());
          break;
        case RowsBuilder::State::kFailed:
          reject(env, builder_->value());
          break;
      }
    } catch (const Napi::Error& error) {
      reject(env, error.Value());
    }
    return true;
  }

 private:
  std::optional<RowsBuilder> builder_;
  std::unique_ptr<Error> error_;
};

/// Several results, one after the other; over several turns when they are large.
template <>
class SettleWith<std::vector<ResultSet>> final : public SettleJob {
 public:
  SettleWith(napi_deferred deferred, Expected<std::vector<ResultSet>>&& result) : SettleJob(deferred) {
    if (result.ok()) {
      results_ = std::move(result).value();
    } else {
      error_ = std::make_unique<Error>(std::move(result).error());
    }
  }
  bool run(Napi::Env env, TimePoint until) override {
    try {
      if (error_) {
        reject(env, error_to_js(env, *error_));
        return true;
      }
      if (kept_.IsEmpty()) kept_ = Napi::Persistent(Napi::Array::New(env, results_.size()));
      for (; next_ < results_.size(); ++next_) {
        const Napi::HandleScope scope(env);
        if (!builder_) builder_.emplace(std::move(results_[next_]));
        const RowsBuilder::State state = builder_->step(env, until);
        if (state == RowsBuilder::State::kMore) return false;
        if (state == RowsBuilder::State::kFailed) {
          reject(env, builder_->value());
          return true;
        }
        kept_.Value().Set(static_cast<std::uint32_t>(next_), builder_->value());
        builder_.reset();
      }
      resolve(env, kept_.Value());
    } catch (const Napi::Error& error) {
      reject(env, error.Value());
    }
    return true;
  }

 private:
  std::vector<ResultSet> results_;
  std::size_t next_ = 0;
  std::optional<RowsBuilder> builder_;
  Napi::Reference<Napi::Array> kept_;
  std::unique_ptr<Error> error_;
};

template <class T>
class PromiseSink final : public CompletionSink<T, Error> {
 public:
  PromiseSink(std::shared_ptr<EnvMailbox> mailbox, napi_deferred deferred)
      : mailbox_(std::move(mailbox)), deferred_(deferred) {}
  // noinline: inlined into Completion::drop, GCC 12 warns of a variant that it believes to be uninitialised.
  [[gnu::noinline]] void settle(Expected<T> result) override {
    mailbox_->post(std::make_unique<SettleWith<T>>(deferred_, std::move(result)));
  }

 private:
  std::shared_ptr<EnvMailbox> mailbox_;
  napi_deferred deferred_;
};

/// Make it after the arguments have been read: a completion that is dropped rejects its promise.
template <class T>
Completion<T> make_promise(Napi::Env env, napi_value* promise) {
  napi_deferred deferred = nullptr;
  check(env, napi_create_promise(env, &deferred, promise));
  const std::shared_ptr<EnvMailbox>& mailbox = EnvData::of(env).mailbox();
  mailbox->operation_begins(env);
  return Completion<T>(std::make_unique<PromiseSink<T>>(mailbox, deferred));
}

}  // namespace hdb::node
