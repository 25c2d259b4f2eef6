// result.hpp: the answer to one statement: columns, flat cells, and an owner that keeps them alive.
// Thread: any; immutable once made, so it crosses threads without a copy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/annotate.hpp"

namespace hdb {

using Oid = std::uint32_t;

/// How int8 (bigint) values are shown.
enum class JS_ENUM Int8Mode : std::uint8_t {
  kBigint,  ///< A JavaScript bigint: lossless.
  kNumber,  ///< A number; a value beyond 2^53 - 1 is an error, never rounded.
  kString,  ///< Decimal digits.
};

/// How timestamptz, timestamp and date values are shown.
enum class JS_ENUM TimestampMode : std::uint8_t {
  kIso,   ///< An ISO 8601 string; microseconds, infinity and BC kept.
  kDate,  ///< A Date; milliseconds only. What a Date cannot hold (infinity) is an error.
};

/// The shape of a row.
enum class JS_ENUM RowMode : std::uint8_t {
  kObject,  ///< A plain object keyed by column name; of two columns with one name the last wins.
  kArray,   ///< An array in column order.
};

/// One column of a result.
struct JS_RECORD Field {
  /// Column name or alias.
  std::string name;
  /// OID of the column's type; a domain shows its base type.
  std::uint32_t type_oid = 0;
  /// Name of that type in `pg_type`.
  std::string type_name;
  /// Type modifier (`atttypmod`), -1 if none.
  std::int32_t type_modifier = -1;
  /// OID of the table that the column comes from, 0 if it is an expression.
  std::uint32_t table_oid = 0;
  /// Number of the column in that table from 1, 0 if it is an expression.
  std::int32_t column_number = 0;
};

/// One parameter of a statement.
struct JS_RECORD ParameterType {
  /// OID of the type that the server inferred.
  std::uint32_t type_oid = 0;
  /// Name of that type in `pg_type`.
  std::string type_name;
  /// For a domain, OID of its base type; else `typeOid`.
  std::uint32_t base_type_oid = 0;
  /// Name of that type; else `typeName`.
  std::string base_type_name;
};

/// The parameters and columns of a statement.
struct JS_RECORD StatementDescription {
  /// Its parameters, `$1` first.
  std::vector<ParameterType> params;
  /// Its columns; empty if it returns no rows.
  std::vector<Field> fields;
};

/// What the decoder needs to know of a column.
struct Column {
  Field field;
  Oid element_oid = 0;           // element type when this is an array, else 0
  char element_delimiter = ',';  // between elements of an array in text form
  bool binary = false;           // wire format of the cells
};
using Columns = std::vector<Column>;

struct Cell {
  const char* data = nullptr;
  std::int32_t length = -1;  // -1: NULL
  bool is_null() const { return length < 0; }
};

/// How the caller wants values to be shown; chosen per query and carried with the answer.
struct DecodeOptions {
  Int8Mode int8 = Int8Mode::kBigint;
  TimestampMode timestamps = TimestampMode::kIso;
  RowMode rows = RowMode::kObject;
  std::uint32_t parsers = 0;  // id of a set of custom parsers that lib/ keeps; 0: none
  bool is_told = false;       // lib/ wants host, attempts and wait with the answer
};

struct ResultSet {
  std::shared_ptr<const Columns> columns;  // never null; empty for a statement without rows
  std::shared_ptr<const Cell> cells;       // row after row, columns->size() each; keeps what they point to
  std::size_t rows = 0;
  std::string command;                     // "SELECT", "INSERT", "CREATE TABLE": the tag without its counts
  std::optional<std::uint64_t> row_count;  // rows returned or changed; none for CREATE and the like
  DecodeOptions decode;
  std::string host;  // "host:port" that answered
  std::uint32_t attempts = 1;
  double wait_ms = 0;  // for a session

  const Cell* row(std::size_t i) const { return cells.get() + i * columns->size(); }
};

}  // namespace hdb
