// Written by gen/ from api/transaction.hpp. Do not edit: change the header and run `npm run gen`.
#include "generated/glue/transaction.gen.hpp"

#include <string>
#include <utility>

#include "generated/glue/calls.gen.hpp"
#include "node/class_wrap.hpp"
#include "node/convert.hpp"
#include "node/error_to_js.hpp"
#include "node/options_reader.hpp"
#include "node/promise.hpp"
#include "node/record_writer.hpp"

namespace hdb::node {

namespace {

napi_value transaction_query(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Transaction& self = ClassWrap<Transaction>::unwrap(info);
    auto arg_sql =
        Converter<std::string>::from_js(env, info[0], Path::argument("sql"));
    auto arg_params =
        info[1].IsUndefined() ? std::vector<Value>{} : Converter<std::vector<Value>>::from_js(env, info[1], Path::argument("params"));
    auto arg_options =
        Converter<QueryOptions>::from_js(env, info[2], Path::argument("options"));
    napi_value promise = nullptr;
    auto arg_done = make_promise<ResultSet>(env, &promise);
    self.query(std::move(arg_sql), std::move(arg_params), std::move(arg_options), std::move(arg_done));
    return promise;
  } catch (const Napi::Error& error) {
    return rejected(env, error);
  }
}

napi_value transaction_describe(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Transaction& self = ClassWrap<Transaction>::unwrap(info);
    auto arg_sql =
        Converter<std::string>::from_js(env, info[0], Path::argument("sql"));
    auto arg_options =
        Converter<QueryOptions>::from_js(env, info[1], Path::argument("options"));
    napi_value promise = nullptr;
    auto arg_done = make_promise<StatementDescription>(env, &promise);
    self.describe(std::move(arg_sql), std::move(arg_options), std::move(arg_done));
    return promise;
  } catch (const Napi::Error& error) {
    return rejected(env, error);
  }
}

napi_value transaction_commit(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Transaction& self = ClassWrap<Transaction>::unwrap(info);
    napi_value promise = nullptr;
    auto arg_done = make_promise<Unit>(env, &promise);
    self.commit(std::move(arg_done));
    return promise;
  } catch (const Napi::Error& error) {
    return rejected(env, error);
  }
}

napi_value transaction_rollback(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Transaction& self = ClassWrap<Transaction>::unwrap(info);
    napi_value promise = nullptr;
    auto arg_done = make_promise<Unit>(env, &promise);
    self.rollback(std::move(arg_done));
    return promise;
  } catch (const Napi::Error& error) {
    return rejected(env, error);
  }
}

napi_value transaction_is_open(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Transaction& self = ClassWrap<Transaction>::unwrap(info);
    return Converter<bool>::to_js(env, self.is_open());
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

napi_value transaction_host(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Transaction& self = ClassWrap<Transaction>::unwrap(info);
    return Converter<std::string>::to_js(env, self.host());
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

}  // namespace

void define_transaction(Napi::Env env, Napi::Object exports) {
  ClassWrap<Transaction>::define(env, exports, "Transaction", {
      {"query", nullptr, transaction_query, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"describe", nullptr, transaction_describe, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"commit", nullptr, transaction_commit, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"rollback", nullptr, transaction_rollback, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"isOpen", nullptr, transaction_is_open, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"host", nullptr, transaction_host, nullptr, nullptr, nullptr, napi_default_method, nullptr},
  });
}

}  // namespace hdb::node
