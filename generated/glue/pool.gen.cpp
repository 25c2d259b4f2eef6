// Written by gen/ from api/pool.hpp. Do not edit: change the header and run `npm run gen`.
#include "generated/glue/pool.gen.hpp"

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

napi_value pool_create(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    auto arg_url =
        Converter<std::optional<std::string>>::from_js(env, info[0], Path::argument("url"));
    auto arg_options =
        Converter<PoolOptions>::from_js(env, info[1], Path::argument("options"));
    auto result = Pool::create(std::move(arg_url), std::move(arg_options));
    if (!result.ok()) throw_error(env, std::move(result).error());
    return Converter<std::shared_ptr<Pool>>::to_js(env, std::move(result).value());
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

napi_value pool_query(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Pool& self = ClassWrap<Pool>::unwrap(info);
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

napi_value pool_batch_atomic(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Pool& self = ClassWrap<Pool>::unwrap(info);
    auto arg_sql =
        Converter<std::vector<std::string>>::from_js(env, info[0], Path::argument("sql"));
    auto arg_params =
        Converter<std::vector<std::vector<Value>>>::from_js(env, info[1], Path::argument("params"));
    auto arg_options =
        Converter<BatchOptions>::from_js(env, info[2], Path::argument("options"));
    napi_value promise = nullptr;
    auto arg_done = make_promise<std::vector<ResultSet>>(env, &promise);
    self.batch_atomic(std::move(arg_sql), std::move(arg_params), std::move(arg_options), std::move(arg_done));
    return promise;
  } catch (const Napi::Error& error) {
    return rejected(env, error);
  }
}

napi_value pool_describe(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Pool& self = ClassWrap<Pool>::unwrap(info);
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

napi_value pool_begin(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Pool& self = ClassWrap<Pool>::unwrap(info);
    auto arg_options =
        Converter<TransactionOptions>::from_js(env, info[0], Path::argument("options"));
    napi_value promise = nullptr;
    auto arg_done = make_promise<std::shared_ptr<Transaction>>(env, &promise);
    self.begin(std::move(arg_options), std::move(arg_done));
    return promise;
  } catch (const Napi::Error& error) {
    return rejected(env, error);
  }
}

napi_value pool_status(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Pool& self = ClassWrap<Pool>::unwrap(info);
    return Converter<PoolStatus>::to_js(env, self.status());
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

napi_value pool_stats(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Pool& self = ClassWrap<Pool>::unwrap(info);
    return Converter<PoolStats>::to_js(env, self.stats());
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

napi_value pool_health(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Pool& self = ClassWrap<Pool>::unwrap(info);
    return Converter<PoolHealth>::to_js(env, self.health());
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

napi_value pool_topology(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Pool& self = ClassWrap<Pool>::unwrap(info);
    return Converter<TopologyView>::to_js(env, self.topology());
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

napi_value pool_set_hosts(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Pool& self = ClassWrap<Pool>::unwrap(info);
    auto arg_hosts =
        Converter<std::vector<std::string>>::from_js(env, info[0], Path::argument("hosts"));
    auto result = self.set_hosts(std::move(arg_hosts));
    if (!result.ok()) throw_error(env, std::move(result).error());
    return Converter<Unit>::to_js(env, std::move(result).value());
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

napi_value pool_end(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Pool& self = ClassWrap<Pool>::unwrap(info);
    auto arg_options =
        Converter<EndOptions>::from_js(env, info[0], Path::argument("options"));
    napi_value promise = nullptr;
    auto arg_done = make_promise<Unit>(env, &promise);
    self.end(std::move(arg_options), std::move(arg_done));
    return promise;
  } catch (const Napi::Error& error) {
    return rejected(env, error);
  }
}

napi_value pool_pause(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Pool& self = ClassWrap<Pool>::unwrap(info);
    auto arg_delay =
        Converter<std::chrono::milliseconds>::from_js(env, info[0], Path::argument("delayMs"));
    napi_value promise = nullptr;
    auto arg_done = make_promise<Unit>(env, &promise);
    self.pause(std::move(arg_delay), std::move(arg_done));
    return promise;
  } catch (const Napi::Error& error) {
    return rejected(env, error);
  }
}

napi_value pool_provide_password(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Pool& self = ClassWrap<Pool>::unwrap(info);
    auto arg_ask =
        Converter<Callback<std::uint32_t, PasswordTarget>>::from_js(env, info[0], Path::argument("ask"));
    self.provide_password(std::move(arg_ask));
    return env.Undefined();
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

napi_value pool_answer_password(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Pool& self = ClassWrap<Pool>::unwrap(info);
    auto arg_number =
        Converter<std::uint32_t>::from_js(env, info[0], Path::argument("number"));
    auto arg_password =
        Converter<std::optional<std::string>>::from_js(env, info[1], Path::argument("password"));
    auto arg_problem =
        Converter<std::optional<std::string>>::from_js(env, info[2], Path::argument("problem"));
    self.answer_password(std::move(arg_number), std::move(arg_password), std::move(arg_problem));
    return env.Undefined();
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

napi_value pool_greet(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Pool& self = ClassWrap<Pool>::unwrap(info);
    auto arg_ask =
        Converter<Callback<std::uint32_t, std::string>>::from_js(env, info[0], Path::argument("ask"));
    self.greet(std::move(arg_ask));
    return env.Undefined();
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

napi_value pool_greeting_query(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Pool& self = ClassWrap<Pool>::unwrap(info);
    auto arg_number =
        Converter<std::uint32_t>::from_js(env, info[0], Path::argument("number"));
    auto arg_sql =
        Converter<std::string>::from_js(env, info[1], Path::argument("sql"));
    auto arg_params =
        info[2].IsUndefined() ? std::vector<Value>{} : Converter<std::vector<Value>>::from_js(env, info[2], Path::argument("params"));
    auto arg_options =
        Converter<QueryOptions>::from_js(env, info[3], Path::argument("options"));
    napi_value promise = nullptr;
    auto arg_done = make_promise<ResultSet>(env, &promise);
    self.greeting_query(std::move(arg_number), std::move(arg_sql), std::move(arg_params), std::move(arg_options), std::move(arg_done));
    return promise;
  } catch (const Napi::Error& error) {
    return rejected(env, error);
  }
}

napi_value pool_greeted(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Pool& self = ClassWrap<Pool>::unwrap(info);
    auto arg_number =
        Converter<std::uint32_t>::from_js(env, info[0], Path::argument("number"));
    auto arg_problem =
        Converter<std::optional<std::string>>::from_js(env, info[1], Path::argument("problem"));
    self.greeted(std::move(arg_number), std::move(arg_problem));
    return env.Undefined();
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

napi_value pool_database(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Pool& self = ClassWrap<Pool>::unwrap(info);
    return Converter<std::string>::to_js(env, self.database());
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

napi_value pool_listen(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Pool& self = ClassWrap<Pool>::unwrap(info);
    auto arg_listener =
        Converter<Callback<std::variant<PrimaryChangedEvent, FencedEvent, HostDownEvent, HostUpEvent, SplitBrainEvent, HoldEvent, DrainedEvent, SessionOpeningEvent, SessionOpenedEvent, SessionClosedEvent>>>::from_js(env, info[0], Path::argument("listener"));
    self.listen(std::move(arg_listener));
    return env.Undefined();
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

}  // namespace

napi_value Converter<PoolStatus>::to_js(Napi::Env env, const PoolStatus& value) {
  RecordWriter writer(env);
  writer.set("maxSize", value.max_size);
  writer.set("size", value.size);
  writer.set("available", value.available);
  writer.set("inUse", value.in_use);
  writer.set("waiting", value.waiting);
  return writer.frozen();
}

void define_pool(Napi::Env env, Napi::Object exports) {
  ClassWrap<Pool>::define(env, exports, "Pool", {
      {"create", nullptr, pool_create, nullptr, nullptr, nullptr, napi_static, nullptr},
      {"query", nullptr, pool_query, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"batchAtomic", nullptr, pool_batch_atomic, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"describe", nullptr, pool_describe, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"begin", nullptr, pool_begin, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"status", nullptr, pool_status, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"stats", nullptr, pool_stats, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"health", nullptr, pool_health, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"topology", nullptr, pool_topology, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"setHosts", nullptr, pool_set_hosts, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"end", nullptr, pool_end, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"pause", nullptr, pool_pause, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"providePassword", nullptr, pool_provide_password, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"answerPassword", nullptr, pool_answer_password, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"greet", nullptr, pool_greet, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"greetingQuery", nullptr, pool_greeting_query, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"greeted", nullptr, pool_greeted, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"database", nullptr, pool_database, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"listen", nullptr, pool_listen, nullptr, nullptr, nullptr, napi_default_method, nullptr},
  });
}

}  // namespace hdb::node
