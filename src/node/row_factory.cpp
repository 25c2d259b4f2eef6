#include "node/row_factory.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "node/converter.hpp"

namespace hdb::node {

namespace {

constexpr std::size_t kMaxFactories = 512;
constexpr std::size_t kMaxArguments = 200;  // of a batch; ten rows of 20 columns
constexpr std::size_t kWide =
    400;  // columns; above, functions with so many parameters cost more than they save

bool same(const DecodeOptions& a, const DecodeOptions& b) {
  return a.int8 == b.int8 && a.timestamps == b.timestamps && a.rows == b.rows && a.parsers == b.parsers;
}

template <class T>
void append(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// Equal for columns and options that are handled alike.
std::string signature_of(const Columns& columns, const DecodeOptions& options) {
  std::string out;
  append(out, options.parsers);
  out.push_back(static_cast<char>(options.int8));
  out.push_back(static_cast<char>(options.timestamps));
  out.push_back(static_cast<char>(options.rows));
  for (const Column& column : columns) {
    const Field& field = column.field;
    append(out, field.type_oid);
    append(out, field.type_modifier);
    append(out, field.table_oid);
    append(out, field.column_number);
    append(out, column.element_oid);
    out.push_back(column.element_delimiter);
    out.push_back(static_cast<char>(column.binary));
    append(out, field.name.size());
    out += field.name;
    append(out, field.type_name.size());
    out += field.type_name;
  }
  return out;
}

RowFactory::Cross cross_of(const types::ColumnDecoder& decoder) {
  const bool json = decoder.shape == types::Shape::kJson || decoder.shape == types::Shape::kJsonb;
  return json && !decoder.is_array ? RowFactory::Cross::kJson : RowFactory::Cross::kValue;
}

// [[name, typeOid, typeName, typeModifier, tableOid, columnNumber, is JSON text?], …]
napi_value describe(Napi::Env env, const Columns& columns, const std::vector<RowFactory::Plan>& plans) {
  napi_value list = nullptr;
  check(env, napi_create_array_with_length(env, columns.size(), &list));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Field& field = columns[i].field;
    const napi_value parts[] = {
        string_to_js(env, field.name),
        Converter<double>::to_js(env, field.type_oid),
        string_to_js(env, field.type_name),
        Converter<double>::to_js(env, field.type_modifier),
        Converter<double>::to_js(env, field.table_oid),
        Converter<double>::to_js(env, field.column_number),
        Converter<bool>::to_js(env, plans[i].cross == RowFactory::Cross::kJson),
    };
    napi_value description = nullptr;
    check(env, napi_create_array_with_length(env, std::size(parts), &description));
    for (std::uint32_t j = 0; j < std::size(parts); ++j)
      check(env, napi_set_element(env, description, j, parts[j]));
    check(env, napi_set_element(env, list, static_cast<std::uint32_t>(i), description));
  }
  return list;
}

}  // namespace

RowFactory::~RowFactory() {
  for (const napi_ref function : functions_) {
    if (function != nullptr) napi_delete_reference(env_, function);
  }
}

void RowFactory::keep(napi_value made) {
  for (std::uint32_t i = 0; i < kFunctions; ++i) {
    napi_value function = nullptr;
    check(env_, napi_get_element(env_, made, i, &function));
    if (!is_nullish(env_, function)) check(env_, napi_create_reference(env_, function, 1, &functions_[i]));
  }
}

RowFactories& RowFactories::of(napi_env env) {
  EnvData& data = EnvData::of(env);
  if (!data.row_factories) data.row_factories = std::make_unique<RowFactories>();
  return static_cast<RowFactories&>(*data.row_factories);
}

void RowFactories::close(napi_env) {
  for (Recent& recent : recent_) recent = {};
  by_signature_.clear();
  entries_.clear();
}

std::shared_ptr<const RowFactory> RowFactories::get(Napi::Env env,
                                                    const std::shared_ptr<const Columns>& columns,
                                                    const DecodeOptions& options) {
  const std::uint64_t mixed =
      (reinterpret_cast<std::uintptr_t>(columns.get()) + options.parsers) * 0x9E3779B97F4A7C15u;
  Recent& recent = recent_[mixed >> 56];
  static_assert(std::tuple_size_v<decltype(recent_)> == 256);
  if (recent.columns == columns && same(recent.options, options)) return recent.factory;
  std::string signature = signature_of(*columns, options);
  const auto found = by_signature_.find(signature);
  if (found != by_signature_.end()) {
    entries_.splice(entries_.begin(), entries_, found->second);
  } else {
    auto made = make(env, *columns, options);
    if (!made) return nullptr;
    entries_.push_front({std::move(signature), std::move(made)});
    by_signature_.emplace(entries_.front().signature, entries_.begin());
    if (entries_.size() > kMaxFactories) {
      by_signature_.erase(entries_.back().signature);
      entries_.pop_back();
    }
  }
  recent = {columns, options, entries_.front().factory};
  return recent.factory;
}

std::shared_ptr<const RowFactory> RowFactories::make(Napi::Env env, const Columns& columns,
                                                     const DecodeOptions& options) {
  auto factory = std::make_shared<RowFactory>(env);
  for (const Column& column : columns) {
    const auto decoder = types::ColumnDecoder::of(column, options);
    factory->plans.push_back({decoder, cross_of(decoder)});
  }
  const bool wide = columns.size() > kWide;
  if (!wide && !columns.empty())
    factory->batch = std::clamp<std::size_t>(kMaxArguments / columns.size(), 1, 10);
  const napi_value argv[] = {
      describe(env, columns, factory->plans),
      Converter<bool>::to_js(env, options.rows == RowMode::kArray),
      Converter<double>::to_js(env, options.parsers),
      Converter<double>::to_js(env, wide ? 0.0 : static_cast<double>(factory->batch)),
  };
  const napi_value made = EnvData::of(env).call(Hook::kRowFactory, std::size(argv), argv);
  if (made == nullptr) return nullptr;
  factory->keep(made);
  const Napi::Object list(env, made);
  factory->wide = list.Get(RowFactory::kWide).ToBoolean();
  if (factory->wide) factory->batch = 1;
  const Napi::Array parsed = list.Get(RowFactory::kParsed).As<Napi::Array>();
  for (std::uint32_t i = 0; i < parsed.Length(); ++i)
    factory->plans[parsed.Get(i).ToNumber().Uint32Value()].cross = RowFactory::Cross::kParser;
  return factory;
}

}  // namespace hdb::node
