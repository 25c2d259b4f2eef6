// Written by gen/ from api/cluster.hpp. Do not edit: change the header and run `npm run gen`.
#pragma once

#include <napi.h>

#include "api/cluster.hpp"
#include "generated/names/cluster.hpp"
#include "node/converter.hpp"

namespace hdb::node {

template <>
struct Converter<HostView> {
  static napi_value to_js(Napi::Env env, const HostView& value);
};
template <>
struct Converter<TopologyView> {
  static napi_value to_js(Napi::Env env, const TopologyView& value);
};
template <>
struct Converter<PrimaryChangedEvent> {
  static napi_value to_js(Napi::Env env, const PrimaryChangedEvent& value);
};
template <>
struct Converter<FencedEvent> {
  static napi_value to_js(Napi::Env env, const FencedEvent& value);
};
template <>
struct Converter<HostDownEvent> {
  static napi_value to_js(Napi::Env env, const HostDownEvent& value);
};
template <>
struct Converter<HostUpEvent> {
  static napi_value to_js(Napi::Env env, const HostUpEvent& value);
};
template <>
struct Converter<SplitBrainEvent> {
  static napi_value to_js(Napi::Env env, const SplitBrainEvent& value);
};
template <>
struct Converter<HoldEvent> {
  static napi_value to_js(Napi::Env env, const HoldEvent& value);
};
template <>
struct Converter<DrainedEvent> {
  static napi_value to_js(Napi::Env env, const DrainedEvent& value);
};
template <>
struct Converter<SessionOpeningEvent> {
  static napi_value to_js(Napi::Env env, const SessionOpeningEvent& value);
};
template <>
struct Converter<SessionOpenedEvent> {
  static napi_value to_js(Napi::Env env, const SessionOpenedEvent& value);
};
template <>
struct Converter<SessionClosedEvent> {
  static napi_value to_js(Napi::Env env, const SessionClosedEvent& value);
};
template <>
struct Converter<LeakEvent> {
  static napi_value to_js(Napi::Env env, const LeakEvent& value);
};

}  // namespace hdb::node
