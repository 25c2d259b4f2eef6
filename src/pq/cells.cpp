#include "pq/cells.hpp"

#include <array>
#include <cctype>
#include <charconv>
#include <cstring>
#include <new>
#include <string_view>
#include <vector>

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

/// True if the result has the columns that were described.
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

namespace {

/// Owner of a large result: its bytes stay where libpq has read them.
struct Kept {
  ResultPtr result;
  std::vector<Cell> cells;
};

}  // namespace

ResultSet result_set_of(ResultPtr result, std::shared_ptr<const Columns> columns, Slab& slab) {
  ResultSet out;
  const auto rows = static_cast<std::size_t>(PQntuples(result.get()));
  const auto width = static_cast<std::size_t>(PQnfields(result.get()));
  // A table may have changed since; read as what it was, a value would be another one.
  out.columns = columns && is_as_described(result.get(), *columns)
                    ? std::move(columns)
                    : std::make_shared<const Columns>(columns_of(result.get()));
  out.rows = rows;
  read_tag(PQcmdStatus(result.get()), out);
  if (rows * width == 0) return out;

  std::size_t bytes = rows * width * sizeof(Cell);
  const auto fill = [&](Cell* cell) {
    for (int row = 0; row < static_cast<int>(rows); ++row) {
      for (int column = 0; column < static_cast<int>(width); ++column, ++cell) {
        *cell = {};
        if (PQgetisnull(result.get(), row, column) != 0) continue;
        cell->data = PQgetvalue(result.get(), row, column);
        cell->length = PQgetlength(result.get(), row, column);
        bytes += static_cast<std::size_t>(cell->length);
      }
    }
  };
  if (bytes <= Slab::kLargest) {
    std::array<Cell, Slab::kLargest / sizeof(Cell)> found;
    fill(found.data());
    if (bytes <= Slab::kLargest) {
      Slab::Piece piece = slab.take(bytes);
      auto* cells = static_cast<Cell*>(piece.data);
      auto* data = reinterpret_cast<char*>(cells + rows * width);
      for (std::size_t i = 0; i < rows * width; ++i) {
        new (cells + i) Cell(found[i]);
        if (found[i].is_null()) continue;
        cells[i].data = data;
        std::memcpy(data, found[i].data, static_cast<std::size_t>(found[i].length));
        data += found[i].length;
      }
      out.cells = std::shared_ptr<const Cell>(std::move(piece.owner), cells);
      return out;
    }
  }
  auto kept = std::make_shared<Kept>();
  kept->cells.resize(rows * width);
  fill(kept->cells.data());
  kept->result = std::move(result);
  const Cell* cells = kept->cells.data();
  out.cells = std::shared_ptr<const Cell>(std::move(kept), cells);
  return out;
}

}  // namespace hdb::pq
