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

Mode Converter<Mode>::from_js(Napi::Env env, napi_value value, const Path& path) {
  if (!Napi::Value(env, value).IsString()) throw_type_error(env, path, "'read-write', 'read-only', 'prefer-standby' or 'any'", value);
  const std::string text = string_from_js(env, value);
  if (text == "read-write") return Mode::kReadWrite;
  if (text == "read-only") return Mode::kReadOnly;
  if (text == "prefer-standby") return Mode::kPreferStandby;
  if (text == "any") return Mode::kAny;
  throw_configuration_error(env, "ERR_INVALID_ARG_VALUE",
                            "`" + path.text() + "` must be 'read-write', 'read-only', 'prefer-standby' or 'any' (got '" + text + "').");
}

napi_value Converter<Mode>::to_js(Napi::Env env, Mode value) {
  switch (value) {
    case Mode::kReadWrite:
      return string_to_js(env, "read-write");
    case Mode::kReadOnly:
      return string_to_js(env, "read-only");
    case Mode::kPreferStandby:
      return string_to_js(env, "prefer-standby");
    case Mode::kAny:
      return string_to_js(env, "any");
  }
  return env.Undefined();
}

IsolationLevel Converter<IsolationLevel>::from_js(Napi::Env env, napi_value value, const Path& path) {
  if (!Napi::Value(env, value).IsString()) throw_type_error(env, path, "'read-committed', 'repeatable-read' or 'serializable'", value);
  const std::string text = string_from_js(env, value);
  if (text == "read-committed") return IsolationLevel::kReadCommitted;
  if (text == "repeatable-read") return IsolationLevel::kRepeatableRead;
  if (text == "serializable") return IsolationLevel::kSerializable;
  throw_configuration_error(env, "ERR_INVALID_ARG_VALUE",
                            "`" + path.text() + "` must be 'read-committed', 'repeatable-read' or 'serializable' (got '" + text + "').");
}

napi_value Converter<IsolationLevel>::to_js(Napi::Env env, IsolationLevel value) {
  switch (value) {
    case IsolationLevel::kReadCommitted:
      return string_to_js(env, "read-committed");
    case IsolationLevel::kRepeatableRead:
      return string_to_js(env, "repeatable-read");
    case IsolationLevel::kSerializable:
      return string_to_js(env, "serializable");
  }
  return env.Undefined();
}

OnUnreplicated Converter<OnUnreplicated>::from_js(Napi::Env env, napi_value value, const Path& path) {
  if (!Napi::Value(env, value).IsString()) throw_type_error(env, path, "'reject' or 'warn'", value);
  const std::string text = string_from_js(env, value);
  if (text == "reject") return OnUnreplicated::kReject;
  if (text == "warn") return OnUnreplicated::kWarn;
  throw_configuration_error(env, "ERR_INVALID_ARG_VALUE",
                            "`" + path.text() + "` must be 'reject' or 'warn' (got '" + text + "').");
}

napi_value Converter<OnUnreplicated>::to_js(Napi::Env env, OnUnreplicated value) {
  switch (value) {
    case OnUnreplicated::kReject:
      return string_to_js(env, "reject");
    case OnUnreplicated::kWarn:
      return string_to_js(env, "warn");
  }
  return env.Undefined();
}

SslMode Converter<SslMode>::from_js(Napi::Env env, napi_value value, const Path& path) {
  if (!Napi::Value(env, value).IsString()) throw_type_error(env, path, "'disable', 'allow', 'prefer', 'require', 'verify-ca' or 'verify-full'", value);
  const std::string text = string_from_js(env, value);
  if (text == "disable") return SslMode::kDisable;
  if (text == "allow") return SslMode::kAllow;
  if (text == "prefer") return SslMode::kPrefer;
  if (text == "require") return SslMode::kRequire;
  if (text == "verify-ca") return SslMode::kVerifyCa;
  if (text == "verify-full") return SslMode::kVerifyFull;
  throw_configuration_error(env, "ERR_INVALID_ARG_VALUE",
                            "`" + path.text() + "` must be 'disable', 'allow', 'prefer', 'require', 'verify-ca' or 'verify-full' (got '" + text + "').");
}

napi_value Converter<SslMode>::to_js(Napi::Env env, SslMode value) {
  switch (value) {
    case SslMode::kDisable:
      return string_to_js(env, "disable");
    case SslMode::kAllow:
      return string_to_js(env, "allow");
    case SslMode::kPrefer:
      return string_to_js(env, "prefer");
    case SslMode::kRequire:
      return string_to_js(env, "require");
    case SslMode::kVerifyCa:
      return string_to_js(env, "verify-ca");
    case SslMode::kVerifyFull:
      return string_to_js(env, "verify-full");
  }
  return env.Undefined();
}

SslNegotiation Converter<SslNegotiation>::from_js(Napi::Env env, napi_value value, const Path& path) {
  if (!Napi::Value(env, value).IsString()) throw_type_error(env, path, "'postgres' or 'direct'", value);
  const std::string text = string_from_js(env, value);
  if (text == "postgres") return SslNegotiation::kPostgres;
  if (text == "direct") return SslNegotiation::kDirect;
  throw_configuration_error(env, "ERR_INVALID_ARG_VALUE",
                            "`" + path.text() + "` must be 'postgres' or 'direct' (got '" + text + "').");
}

napi_value Converter<SslNegotiation>::to_js(Napi::Env env, SslNegotiation value) {
  switch (value) {
    case SslNegotiation::kPostgres:
      return string_to_js(env, "postgres");
    case SslNegotiation::kDirect:
      return string_to_js(env, "direct");
  }
  return env.Undefined();
}

SslCertMode Converter<SslCertMode>::from_js(Napi::Env env, napi_value value, const Path& path) {
  if (!Napi::Value(env, value).IsString()) throw_type_error(env, path, "'disable', 'allow' or 'require'", value);
  const std::string text = string_from_js(env, value);
  if (text == "disable") return SslCertMode::kDisable;
  if (text == "allow") return SslCertMode::kAllow;
  if (text == "require") return SslCertMode::kRequire;
  throw_configuration_error(env, "ERR_INVALID_ARG_VALUE",
                            "`" + path.text() + "` must be 'disable', 'allow' or 'require' (got '" + text + "').");
}

napi_value Converter<SslCertMode>::to_js(Napi::Env env, SslCertMode value) {
  switch (value) {
    case SslCertMode::kDisable:
      return string_to_js(env, "disable");
    case SslCertMode::kAllow:
      return string_to_js(env, "allow");
    case SslCertMode::kRequire:
      return string_to_js(env, "require");
  }
  return env.Undefined();
}

ChannelBinding Converter<ChannelBinding>::from_js(Napi::Env env, napi_value value, const Path& path) {
  if (!Napi::Value(env, value).IsString()) throw_type_error(env, path, "'disable', 'prefer' or 'require'", value);
  const std::string text = string_from_js(env, value);
  if (text == "disable") return ChannelBinding::kDisable;
  if (text == "prefer") return ChannelBinding::kPrefer;
  if (text == "require") return ChannelBinding::kRequire;
  throw_configuration_error(env, "ERR_INVALID_ARG_VALUE",
                            "`" + path.text() + "` must be 'disable', 'prefer' or 'require' (got '" + text + "').");
}

napi_value Converter<ChannelBinding>::to_js(Napi::Env env, ChannelBinding value) {
  switch (value) {
    case ChannelBinding::kDisable:
      return string_to_js(env, "disable");
    case ChannelBinding::kPrefer:
      return string_to_js(env, "prefer");
    case ChannelBinding::kRequire:
      return string_to_js(env, "require");
  }
  return env.Undefined();
}

TlsVersion Converter<TlsVersion>::from_js(Napi::Env env, napi_value value, const Path& path) {
  if (!Napi::Value(env, value).IsString()) throw_type_error(env, path, "'TLSv1', 'TLSv1.1', 'TLSv1.2' or 'TLSv1.3'", value);
  const std::string text = string_from_js(env, value);
  if (text == "TLSv1") return TlsVersion::kTls10;
  if (text == "TLSv1.1") return TlsVersion::kTls11;
  if (text == "TLSv1.2") return TlsVersion::kTls12;
  if (text == "TLSv1.3") return TlsVersion::kTls13;
  throw_configuration_error(env, "ERR_INVALID_ARG_VALUE",
                            "`" + path.text() + "` must be 'TLSv1', 'TLSv1.1', 'TLSv1.2' or 'TLSv1.3' (got '" + text + "').");
}

napi_value Converter<TlsVersion>::to_js(Napi::Env env, TlsVersion value) {
  switch (value) {
    case TlsVersion::kTls10:
      return string_to_js(env, "TLSv1");
    case TlsVersion::kTls11:
      return string_to_js(env, "TLSv1.1");
    case TlsVersion::kTls12:
      return string_to_js(env, "TLSv1.2");
    case TlsVersion::kTls13:
      return string_to_js(env, "TLSv1.3");
  }
  return env.Undefined();
}

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
