// Written by gen/ from api/cluster.hpp. Do not edit: change the header and run `npm run gen`.
#include "generated/glue/cluster.gen.hpp"

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

napi_value Converter<HostView>::to_js(Napi::Env env, const HostView& value) {
  RecordWriter writer(env);
  writer.set("host", value.host);
  writer.set("role", value.role);
  writer.set("timeline", value.timeline);
  writer.set("systemIdentifier", value.system_identifier);
  writer.set("lsn", value.lsn);
  writer.set("lagBytes", value.lag_bytes);
  writer.set("roundTripMs", value.round_trip_ms);
  writer.set("sessions", value.sessions);
  writer.set("warmSessions", value.warm_sessions);
  writer.set("lastError", value.last_error);
  writer.set("lastErrorCode", value.last_error_code);
  writer.set("refused", value.refused);
  return writer.frozen();
}

napi_value Converter<TopologyView>::to_js(Napi::Env env, const TopologyView& value) {
  RecordWriter writer(env);
  writer.set("primary", value.primary);
  writer.set("hosts", value.hosts);
  return writer.frozen();
}

napi_value Converter<PrimaryChangedEvent>::to_js(Napi::Env env, const PrimaryChangedEvent& value) {
  RecordWriter writer(env);
  writer.set("type", std::string("primaryChanged"));
  writer.set("host", value.host);
  writer.set("previous", value.previous);
  writer.set("timeline", value.timeline);
  writer.set("gapMs", value.gap_ms);
  return writer.frozen();
}

napi_value Converter<FencedEvent>::to_js(Napi::Env env, const FencedEvent& value) {
  RecordWriter writer(env);
  writer.set("type", std::string("fenced"));
  writer.set("host", value.host);
  return writer.frozen();
}

napi_value Converter<HostDownEvent>::to_js(Napi::Env env, const HostDownEvent& value) {
  RecordWriter writer(env);
  writer.set("type", std::string("hostDown"));
  writer.set("host", value.host);
  writer.set("reason", value.reason);
  return writer.frozen();
}

napi_value Converter<HostUpEvent>::to_js(Napi::Env env, const HostUpEvent& value) {
  RecordWriter writer(env);
  writer.set("type", std::string("hostUp"));
  writer.set("host", value.host);
  writer.set("role", value.role);
  return writer.frozen();
}

napi_value Converter<SplitBrainEvent>::to_js(Napi::Env env, const SplitBrainEvent& value) {
  RecordWriter writer(env);
  writer.set("type", std::string("splitBrain"));
  writer.set("hosts", value.hosts);
  writer.set("reason", value.reason);
  return writer.frozen();
}

napi_value Converter<HoldEvent>::to_js(Napi::Env env, const HoldEvent& value) {
  RecordWriter writer(env);
  writer.set("type", std::string("hold"));
  writer.set("waiting", value.waiting);
  return writer.frozen();
}

napi_value Converter<DrainedEvent>::to_js(Napi::Env env, const DrainedEvent& value) {
  RecordWriter writer(env);
  writer.set("type", std::string("drained"));
  writer.set("heldMs", value.held_ms);
  return writer.frozen();
}

napi_value Converter<SessionOpeningEvent>::to_js(Napi::Env env, const SessionOpeningEvent& value) {
  RecordWriter writer(env);
  writer.set("type", std::string("sessionOpening"));
  writer.set("host", value.host);
  writer.set("session", value.session);
  return writer.frozen();
}

napi_value Converter<SessionOpenedEvent>::to_js(Napi::Env env, const SessionOpenedEvent& value) {
  RecordWriter writer(env);
  writer.set("type", std::string("sessionOpened"));
  writer.set("host", value.host);
  writer.set("session", value.session);
  writer.set("tookMs", value.took_ms);
  return writer.frozen();
}

napi_value Converter<SessionClosedEvent>::to_js(Napi::Env env, const SessionClosedEvent& value) {
  RecordWriter writer(env);
  writer.set("type", std::string("sessionClosed"));
  writer.set("host", value.host);
  writer.set("session", value.session);
  writer.set("wasOpen", value.was_open);
  writer.set("reason", value.reason);
  return writer.frozen();
}

napi_value Converter<LeakEvent>::to_js(Napi::Env env, const LeakEvent& value) {
  RecordWriter writer(env);
  writer.set("type", std::string("leak"));
  writer.set("host", value.host);
  writer.set("heldMs", value.held_ms);
  writer.set("stack", value.stack);
  return writer.frozen();
}

}  // namespace hdb::node
