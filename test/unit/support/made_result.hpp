// MadeResult: the answer to a statement, made of texts.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/result.hpp"

namespace hdb::test {

using Row = std::vector<std::optional<std::string>>;

/// A result that owns its cells.
struct MadeResult {
  std::vector<Row> rows;
  std::vector<Cell> cells;
  ResultSet result;
  /// `columns`: how many, where that is not what the first row has.
  explicit MadeResult(std::vector<Row> from, std::optional<std::size_t> columns = {})
      : rows(std::move(from)) {
    result.columns = std::make_shared<const Columns>(columns.value_or(rows.empty() ? 0 : rows[0].size()));
    result.rows = rows.size();
    for (const Row& row : rows) {
      for (const auto& text : row) {
        cells.push_back(text ? Cell{text->data(), static_cast<std::int32_t>(text->size())} : Cell{});
      }
    }
    result.cells = std::shared_ptr<const Cell>(std::shared_ptr<void>(), cells.data());
  }
  MadeResult(const MadeResult&) = delete;
};

}  // namespace hdb::test
