#include "pq/cells.hpp"

#include <cctype>
#include <charconv>
#include <cstring>
#include <string_view>

namespace hdb::pq {

namespace {

/// "INSERT 0 5" → "INSERT" and 5; "CREATE TABLE" → "CREATE TABLE" and nothing.
void read_tag(std::string_view tag, ResultSet& out) {
  std::size_t end = tag.find_last_not_of("0123456789");
  if (end == std::string_view::npos || end + 1 == tag.size()) {
    out.command = tag;
    return;
  }
  std::uint64_t count = 0;
  std::from_chars(tag.data() + end + 1, tag.data() + tag.size(), count);
  out.row_count = count;
  std::string_view words = tag.substr(0, end);
  if (words.starts_with("INSERT")) words = "INSERT";  // "INSERT 0": the OID is history
  out.command = words;
}

/// What the server answers with is what it had described.
bool is_as_described(const PGresult* result, const Columns& columns) {
  if (columns.size() != static_cast<std::size_t>(PQnfields(result))) return false;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const int at = static_cast<int>(i);
    const Column& column = columns[i];
    if (column.field.type_oid != PQftype(result, at) || column.binary != (PQfformat(result, at) == 1) ||
        column.field.name != PQfname(result, at)) {
      return false;
    }
  }
  return true;
}

}  // namespace

Columns columns_of(const PGresult* result) {
  const int count = PQnfields(result);
  Columns columns(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    Column& column = columns[static_cast<std::size_t>(i)];
    column.field.name = PQfname(result, i);
    column.field.type_oid = PQftype(result, i);
    column.field.type_modifier = PQfmod(result, i);
    column.field.table_oid = PQftable(result, i);
    column.field.column_number = PQftablecol(result, i);
    column.binary = PQfformat(result, i) == 1;
  }
  return columns;
}

ResultSet result_set_of(ResultPtr result, std::shared_ptr<const Columns> columns) {
  ResultSet out;
  const int rows = PQntuples(result.get());
  const int count = PQnfields(result.get());
  // A table may have changed since; read as what it was, a value would be another one.
  out.columns = columns && is_as_described(result.get(), *columns) ? std::move(columns)
                                                                   : std::make_shared<const Columns>(columns_of(result.get()));
  out.rows = static_cast<std::size_t>(rows);
  out.cells.resize(static_cast<std::size_t>(rows) * static_cast<std::size_t>(count));
  Cell* cell = out.cells.data();
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < count; ++column, ++cell) {
      if (PQgetisnull(result.get(), row, column) != 0) continue;
      cell->data = PQgetvalue(result.get(), row, column);
      cell->length = PQgetlength(result.get(), row, column);
    }
  }
  read_tag(PQcmdStatus(result.get()), out);
  out.owner = std::shared_ptr<const void>(std::shared_ptr<PGresult>(std::move(result)));
  return out;
}

}  // namespace hdb::pq
