// Written by gen/ from api/stats.hpp. Do not edit: change the header and run `npm run gen`.
#include "generated/glue/stats.gen.hpp"

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

napi_value Converter<Histogram>::to_js(Napi::Env env, const Histogram& value) {
  RecordWriter writer(env);
  writer.set("boundsMs", value.bounds_ms);
  writer.set("counts", value.counts);
  writer.set("count", value.count);
  writer.set("sumMs", value.sum_ms);
  return writer.frozen();
}

napi_value Converter<StatementCounts>::to_js(Napi::Env env, const StatementCounts& value) {
  RecordWriter writer(env);
  writer.set("succeeded", value.succeeded);
  writer.set("notSent", value.not_sent);
  writer.set("notExecuted", value.not_executed);
  writer.set("rolledBack", value.rolled_back);
  writer.set("committedLocally", value.committed_locally);
  writer.set("committed", value.committed);
  writer.set("unknown", value.unknown);
  return writer.frozen();
}

napi_value Converter<TransactionCounts>::to_js(Napi::Env env, const TransactionCounts& value) {
  RecordWriter writer(env);
  writer.set("committed", value.committed);
  writer.set("committedLocally", value.committed_locally);
  writer.set("rolledBack", value.rolled_back);
  writer.set("unknown", value.unknown);
  return writer.frozen();
}

napi_value Converter<RetryCounts>::to_js(Napi::Env env, const RetryCounts& value) {
  RecordWriter writer(env);
  writer.set("lost", value.lost);
  writer.set("fenced", value.fenced);
  writer.set("shutdown", value.shutdown);
  writer.set("conflict", value.conflict);
  return writer.frozen();
}

napi_value Converter<EvictionCounts>::to_js(Napi::Env env, const EvictionCounts& value) {
  RecordWriter writer(env);
  writer.set("idle", value.idle);
  writer.set("lifetime", value.lifetime);
  writer.set("role", value.role);
  writer.set("room", value.room);
  writer.set("lost", value.lost);
  return writer.frozen();
}

napi_value Converter<HostStats>::to_js(Napi::Env env, const HostStats& value) {
  RecordWriter writer(env);
  writer.set("host", value.host);
  writer.set("sessions", value.sessions);
  writer.set("warmSessions", value.warm_sessions);
  writer.set("connect", value.connect);
  writer.set("connectFailures", value.connect_failures);
  writer.set("acquire", value.acquire);
  writer.set("query", value.query);
  writer.set("statements", value.statements);
  writer.set("transaction", value.transaction);
  writer.set("transactions", value.transactions);
  writer.set("retries", value.retries);
  writer.set("reroutes", value.reroutes);
  writer.set("cancels", value.cancels);
  writer.set("evictions", value.evictions);
  writer.set("statementCacheHits", value.statement_cache_hits);
  writer.set("statementCacheMisses", value.statement_cache_misses);
  return writer.frozen();
}

napi_value Converter<AcquireFailureCounts>::to_js(Napi::Env env, const AcquireFailureCounts& value) {
  RecordWriter writer(env);
  writer.set("noHost", value.no_host);
  writer.set("exhausted", value.exhausted);
  writer.set("timeout", value.timeout);
  writer.set("aborted", value.aborted);
  writer.set("refused", value.refused);
  return writer.frozen();
}

napi_value Converter<PoolStats>::to_js(Napi::Env env, const PoolStats& value) {
  RecordWriter writer(env);
  writer.set("hosts", value.hosts);
  writer.set("failoverGap", value.failover_gap);
  writer.set("acquireFailures", value.acquire_failures);
  return writer.frozen();
}

napi_value Converter<PoolHealth>::to_js(Napi::Env env, const PoolHealth& value) {
  RecordWriter writer(env);
  writer.set("live", value.live);
  writer.set("ready", value.ready);
  writer.set("reasons", value.reasons);
  return writer.frozen();
}

}  // namespace hdb::node
