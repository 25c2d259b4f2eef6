#include "conn/statement_info.hpp"

#include <algorithm>
#include <charconv>

#include "types/decode.hpp"
#include "types/oid.hpp"

namespace hdb {

namespace {

std::string scoped_key(std::string_view sql, std::string_view scope) {
  std::string key;
  if (scope.empty()) return key;
  key.reserve(scope.size() + 1 + sql.size());
  return key.append(scope).append(1, '\0').append(sql);
}

}  // namespace

std::shared_ptr<const StatementInfo> StatementCatalog::find(std::string_view sql, std::string_view scope) {
  const std::string scoped = scoped_key(sql, scope);
  const auto found = by_key_.find(scoped.empty() ? sql : scoped);
  if (found == by_key_.end()) return nullptr;
  order_.splice(order_.begin(), order_, found->second);
  return *found->second;
}

void StatementCatalog::forget(const StatementInfo& info) {
  for (const Oid oid : info.param_oids) types_.erase(oid);
  for (const Column& column : *info.text_columns) types_.erase(column.field.type_oid);
  remove(info.key());
}

void StatementCatalog::remove(std::string_view key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return;
  const auto at = found->second;
  by_key_.erase(found);  // its key lives in the entry
  order_.erase(at);
}

bool StatementCatalog::is_known(Oid oid) const {
  return oid == 0 || types::find_type(oid) != nullptr || types_.contains(oid);
}

std::vector<Oid> StatementCatalog::unknown_types(const pq::Description& description) const {
  std::vector<Oid> unknown;
  const auto need = [&](Oid oid) {
    // A known type may refer to ones that are not: a domain to its base, an array to its elements.
    for (int depth = 0; depth < 64 && is_known(oid); ++depth) {
      const auto found = types_.find(oid);
      if (found == types_.end()) return;
      oid = found->second.base_oid != 0 ? found->second.base_oid : found->second.element_oid;
    }
    if (!is_known(oid) && std::find(unknown.begin(), unknown.end(), oid) == unknown.end())
      unknown.push_back(oid);
  };
  for (const Oid oid : description.params) need(oid);
  for (const Column& column : description.columns) need(column.field.type_oid);
  return unknown;
}

void StatementCatalog::add_type(TypeInfo type) { types_[type.oid] = std::move(type); }

Oid StatementCatalog::base_of(Oid oid) const {
  for (int depth = 0; depth < 64; ++depth) {
    const auto found = types_.find(oid);
    if (found == types_.end() || found->second.base_oid == 0) break;
    oid = found->second.base_oid;
  }
  return oid;
}

types::ParamType StatementCatalog::param_type(Oid oid) const {
  types::ParamType type = types::ParamType::of(oid);
  const auto own = types_.find(oid);
  if (own != types_.end()) type.name = own->second.name;
  const Oid base = base_of(oid);
  type.base_oid = base;
  if (const auto found = types_.find(base); found != types_.end()) {
    type.kind = found->second.kind;
    type.element_oid = found->second.element_oid;
    type.delimiter = found->second.delimiter;
    if (base != oid) type.base_name = found->second.name;
  } else if (base != oid) {
    const types::ParamType built_in = types::ParamType::of(base);
    type.kind = built_in.kind;
    type.element_oid = built_in.element_oid;
    type.delimiter = built_in.delimiter;
    type.base_name = types::type_name(base);
  }
  type.element_base_oid = base_of(type.element_oid);
  return type;
}

void StatementCatalog::describe_column(Column& column) const {
  const Oid oid = column.field.type_oid;
  if (const types::BuiltInType* built_in = types::find_type(oid)) {
    column.field.type_name = built_in->name();
    column.element_oid = built_in->element();
    column.element_delimiter = built_in->row->delimiter;
    return;
  }
  const auto found = types_.find(oid);
  if (found == types_.end()) return;
  column.field.type_name = found->second.name;
  // Elements that are domains read as their base type; of any other type as text.
  column.element_oid = base_of(found->second.element_oid);
  column.element_delimiter = found->second.delimiter;
}

bool StatementCatalog::describe(Columns& columns) const {
  bool ok = true;
  for (Column& column : columns) {
    describe_column(column);
    ok = ok && (!column.binary || types::has_binary_decoder(column.field.type_oid, column.element_oid));
  }
  return ok;
}

std::shared_ptr<const StatementInfo> StatementCatalog::add(std::string sql, pq::Description description,
                                                           std::string_view scope) {
  auto info = std::make_shared<StatementInfo>();
  info->kind = kind_of_statement(sql);
  info->name_change = name_change_of(sql);
  info->scoped = scoped_key(sql, scope);
  info->sql = std::move(sql);
  info->param_oids = description.params;
  for (const Oid oid : description.params) info->params.push_back(param_type(oid));
  bool binary = true;
  for (Column& column : description.columns) {
    describe_column(column);
    column.binary = false;
    binary = binary && types::has_binary_decoder(column.field.type_oid, column.element_oid);
  }
  info->text_columns = std::make_shared<const Columns>(description.columns);
  if (binary) {
    for (Column& column : description.columns) column.binary = true;
    info->binary_columns = std::make_shared<const Columns>(std::move(description.columns));
  }
  remove(info->key());
  order_.push_front(info);
  by_key_[info->key()] = order_.begin();
  if (order_.size() > capacity_) {
    by_key_.erase(order_.back()->key());
    order_.pop_back();
  }
  return info;
}

const std::string& StatementCatalog::type_query() {
  // typsubscript tells true arrays from fixed-length look-alikes, but PostgreSQL 13 has none: typlen does
  // too.
  static const std::string& kSql =
      *new std::string(  // never destroyed: the I/O thread may outlive static objects
          "select t.oid, t.typname, t.typtype,"
          " case when t.typtype = 'd' then t.typbasetype else 0 end,"
          " case when t.typelem <> 0 and t.typlen = -1 and t.typcategory = 'A' then t.typelem else 0 end,"
          " coalesce((select e.typdelim from pg_catalog.pg_type e where e.oid = t.typelem and t.typcategory "
          "= 'A'),"
          " t.typdelim)"
          " from pg_catalog.pg_type t where t.oid = any ($1::pg_catalog.oid[])");
  return kSql;
}

std::vector<TypeInfo> StatementCatalog::read_types(const ResultSet& result) {
  std::vector<TypeInfo> read;
  if (result.columns->size() != 6) return read;
  const auto number = [](const Cell& cell) {
    Oid oid = 0;
    if (!cell.is_null()) std::from_chars(cell.data, cell.data + cell.length, oid);
    return oid;
  };
  for (std::size_t i = 0; i < result.rows; ++i) {
    const Cell* row = result.row(i);
    TypeInfo type;
    type.oid = number(row[0]);
    if (!row[1].is_null()) type.name.assign(row[1].data, static_cast<std::size_t>(row[1].length));
    if (row[2].length == 1) type.kind = row[2].data[0];
    type.base_oid = number(row[3]);
    type.element_oid = number(row[4]);
    if (row[5].length == 1) type.delimiter = row[5].data[0];
    read.push_back(std::move(type));
  }
  return read;
}

}  // namespace hdb
