// Written by gen/ from api/options.hpp. Do not edit: change the header and run `npm run gen`.
#include "generated/glue/options.gen.hpp"

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

SslOptions Converter<SslOptions>::from_js(Napi::Env env, napi_value value, const Path& path) {
  SslOptions out;
  OptionsReader reader(env, value, path, "SslOptions",
                       {"mode", "negotiation", "rootCert", "cert", "key", "keyPassword", "certMode", "crl", "crlDir", "sni", "minVersion", "maxVersion"});
  reader.read("mode", out.mode);
  reader.read("negotiation", out.negotiation);
  reader.read("rootCert", out.root_cert);
  reader.read("cert", out.cert);
  reader.read("key", out.key);
  reader.read("keyPassword", out.key_password);
  reader.read("certMode", out.cert_mode);
  reader.read("crl", out.crl);
  reader.read("crlDir", out.crl_dir);
  reader.read("sni", out.sni);
  reader.read("minVersion", out.min_version);
  reader.read("maxVersion", out.max_version);
  return out;
}

RetryOptions Converter<RetryOptions>::from_js(Napi::Env env, napi_value value, const Path& path) {
  RetryOptions out;
  OptionsReader reader(env, value, path, "RetryOptions",
                       {"maxAttempts", "baseDelayMs", "maxDelayMs"});
  reader.read("maxAttempts", out.max_attempts, Range{1, 100});
  reader.read("baseDelayMs", out.base_delay);
  reader.read("maxDelayMs", out.max_delay);
  return out;
}

napi_value Converter<PasswordTarget>::to_js(Napi::Env env, const PasswordTarget& value) {
  RecordWriter writer(env);
  writer.set("host", value.host);
  writer.set("port", value.port);
  writer.set("user", value.user);
  writer.set("database", value.database);
  return writer.frozen();
}

PoolOptions Converter<PoolOptions>::from_js(Napi::Env env, napi_value value, const Path& path) {
  PoolOptions out;
  OptionsReader reader(env, value, path, "PoolOptions",
                       {"hosts", "port", "user", "password", "database", "applicationName", "ssl", "channelBinding", "requireAuth", "mode", "poolSize", "minIdle", "acquireTimeoutMs", "connectTimeoutMs", "maxWaiting", "maxWaitingBytes", "maxResultBytes", "idleTimeoutMs", "maxLifetimeMs", "suspectAfterMs", "cancelTimeoutMs", "monitorIntervalMs", "statementCacheSize", "prepare", "statementTimeoutMs", "idleInTransactionTimeoutMs", "lockTimeoutMs", "timeoutMs", "retry", "onUnreplicated", "int8", "timestamps", "rowMode", "parsers", "serializers", "onConnect", "logger", "slowQueryMs", "logParams", "redact", "leakDetectionMs", "textTypes", "parsersId", "asksForPassword", "asksOnConnect"});
  reader.read("hosts", out.hosts);
  reader.read("port", out.port, Range{1, 65535});
  reader.read("user", out.user);
  reader.read("password", out.password);
  reader.read("database", out.database);
  reader.read("applicationName", out.application_name);
  reader.read("ssl", out.ssl);
  reader.read("channelBinding", out.channel_binding);
  reader.read("requireAuth", out.require_auth);
  reader.read("mode", out.mode);
  reader.read("poolSize", out.pool_size, Range{1, 10000});
  reader.read("minIdle", out.min_idle, Range{0, 10000});
  reader.read("acquireTimeoutMs", out.acquire_timeout);
  reader.read("connectTimeoutMs", out.connect_timeout);
  reader.read("maxWaiting", out.max_waiting, Range{0, 10000000});
  reader.read("maxWaitingBytes", out.max_waiting_bytes, Range{0, 9007199254740991});
  reader.read("maxResultBytes", out.max_result_bytes, Range{1, 9007199254740991});
  reader.read("idleTimeoutMs", out.idle_timeout);
  reader.read("maxLifetimeMs", out.max_lifetime);
  reader.read("suspectAfterMs", out.suspect_after);
  reader.read("cancelTimeoutMs", out.cancel_timeout);
  reader.read("monitorIntervalMs", out.monitor_interval);
  reader.read("statementCacheSize", out.statement_cache_size, Range{0, 100000});
  reader.read("prepare", out.prepare);
  reader.read("statementTimeoutMs", out.statement_timeout);
  reader.read("idleInTransactionTimeoutMs", out.idle_in_transaction_timeout);
  reader.read("lockTimeoutMs", out.lock_timeout);
  reader.read("timeoutMs", out.timeout);
  reader.read("retry", out.retry);
  reader.read("onUnreplicated", out.on_unreplicated);
  reader.read("int8", out.int8);
  reader.read("timestamps", out.timestamps);
  reader.read("rowMode", out.row_mode);
  reader.read("textTypes", out.text_types);
  reader.read("parsersId", out.parsers_id);
  reader.read("asksForPassword", out.asks_for_password);
  reader.read("asksOnConnect", out.asks_on_connect);
  return out;
}

QueryOptions Converter<QueryOptions>::from_js(Napi::Env env, napi_value value, const Path& path) {
  QueryOptions out;
  OptionsReader reader(env, value, path, "QueryOptions",
                       {"mode", "timeoutMs", "signal", "retry", "prepare", "int8", "timestamps", "rowMode", "parsers", "serializers", "textTypes", "parsersId", "isTold", "onWait"});
  reader.read("mode", out.mode);
  reader.read("timeoutMs", out.timeout);
  reader.read("signal", out.signal);
  reader.read("retry", out.retry);
  reader.read("prepare", out.prepare);
  reader.read("int8", out.int8);
  reader.read("timestamps", out.timestamps);
  reader.read("rowMode", out.row_mode);
  reader.read("textTypes", out.text_types);
  reader.read("parsersId", out.parsers_id);
  reader.read("isTold", out.is_told);
  reader.read("onWait", out.on_wait);
  return out;
}

TransactionOptions Converter<TransactionOptions>::from_js(Napi::Env env, napi_value value, const Path& path) {
  TransactionOptions out;
  OptionsReader reader(env, value, path, "TransactionOptions",
                       {"isolation", "readOnly", "deferrable", "mode", "timeoutMs", "signal", "commitProof", "exactlyOnce", "onWait", "onEnd", "defersBegin"});
  reader.read("isolation", out.isolation);
  reader.read("readOnly", out.read_only);
  reader.read("deferrable", out.deferrable);
  reader.read("mode", out.mode);
  reader.read("timeoutMs", out.timeout);
  reader.read("signal", out.signal);
  reader.read("commitProof", out.commit_proof);
  reader.read("onWait", out.on_wait);
  reader.read("onEnd", out.on_end);
  reader.read("defersBegin", out.defers_begin);
  return out;
}

BatchOptions Converter<BatchOptions>::from_js(Napi::Env env, napi_value value, const Path& path) {
  BatchOptions out;
  OptionsReader reader(env, value, path, "BatchOptions",
                       {"atomic", "mode", "timeoutMs", "signal", "retry", "isTold", "onWait"});
  reader.read("atomic", out.atomic);
  reader.read("mode", out.mode);
  reader.read("timeoutMs", out.timeout);
  reader.read("signal", out.signal);
  reader.read("retry", out.retry);
  reader.read("isTold", out.is_told);
  reader.read("onWait", out.on_wait);
  return out;
}

InsertOptions Converter<InsertOptions>::from_js(Napi::Env env, napi_value value, const Path& path) {
  InsertOptions out;
  OptionsReader reader(env, value, path, "InsertOptions",
                       {"idempotency", "conflictTarget"});
  return out;
}

EndOptions Converter<EndOptions>::from_js(Napi::Env env, napi_value value, const Path& path) {
  EndOptions out;
  OptionsReader reader(env, value, path, "EndOptions",
                       {"drainTimeoutMs"});
  reader.read("drainTimeoutMs", out.drain_timeout);
  return out;
}

}  // namespace hdb::node
