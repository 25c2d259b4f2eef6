// StatementInfo: what is known of one statement text, learnt once for all sessions of a pool.
// StatementCatalog: those of a pool, and the types that they name.
// Thread: I/O only.  Owner: the pool.
// Not here: prepared names; those belong to a session (statement_cache.hpp).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "api/result.hpp"
#include "base/clock.hpp"
#include "conn/name_scope.hpp"
#include "conn/statement_kind.hpp"
#include "pq/session.hpp"
#include "types/encode.hpp"

namespace hdb {

/// How long a statement takes, from what was seen of it when nothing was in front of it.
class Pace {
 public:
  void note(Duration took) {
    const auto us = std::chrono::duration<float, std::micro>(took).count();
    // Slow at once, fast again only after a while: a wrong guess makes others wait.
    average_us_ = average_us_ < 0 || us > average_us_ ? us : average_us_ + (us - average_us_) / 8;
    least_us_ = std::min(least_us_, us);
    if (++noted_ < kMemory) return;
    least_before_us_ = std::exchange(least_us_, kUnseen);
    noted_ = 0;
  }
  /// Short enough that another statement may wait behind it on the same session.
  bool is_fast() const { return average_us_ >= 0 && average_us_ < kFastUs; }
  /// So short that waiting behind a few like it costs less than waking another process of the server. What
  /// was seen at the best counts: on a busy machine the average tells of the others that want a processor.
  bool is_brief() const { return is_fast() && std::min(least_us_, least_before_us_) < kBriefUs; }

 private:
  static constexpr float kFastUs = 2000;
  static constexpr float kBriefUs = 250;
  static constexpr std::uint16_t kMemory = 4096;  // samples
  static constexpr float kUnseen = std::numeric_limits<float>::max();
  float average_us_ = -1;
  float least_us_ = kUnseen;         // of the samples since
  float least_before_us_ = kUnseen;  // of as many before them
  std::uint16_t noted_ = 0;
};

struct StatementInfo {
  std::string sql;
  std::string scoped;  // the scope and the text, where it is known for one scope only (name_scope.hpp)
  StatementKind kind;
  NameChange name_change = NameChange::kNone;
  std::vector<Oid> param_oids;
  std::vector<types::ParamType> params;
  std::shared_ptr<const Columns> text_columns;
  std::shared_ptr<const Columns> binary_columns;  // null: some column has no binary decoder
  mutable Pace pace;                              // I/O thread only, as the next
  mutable std::optional<std::size_t> rows;        // how many it gave the last time
  mutable TimePoint described_at{};               // when the server said so

  /// What the catalogue knows it by.
  std::string_view key() const { return scoped.empty() ? sql : scoped; }
};

/// A row of pg_type, as far as it matters here.
struct TypeInfo {
  Oid oid = 0;
  std::string name;
  char kind = 'b';       // typtype
  Oid base_oid = 0;      // of a domain
  Oid element_oid = 0;   // of an array
  char delimiter = ',';  // between elements of arrays of this type
};

class StatementCatalog {
 public:
  explicit StatementCatalog(std::size_t capacity) : capacity_(capacity) {}

  /// Null when this text was never described. `scope`: what its names are looked up by, if not by what every
  /// session begins with.
  std::shared_ptr<const StatementInfo> find(std::string_view sql, std::string_view scope = {});
  /// Forgets a text whose plan or types changed, and those types: their names may be others by now.
  void forget(const StatementInfo& info);
  /// OIDs that are neither built in nor known yet, with what they refer to.
  std::vector<Oid> unknown_types(const pq::Description& description) const;
  void add_type(TypeInfo type);
  /// All types of the description must be known, or be unknowable (dropped meanwhile).
  std::shared_ptr<const StatementInfo> add(std::string sql, pq::Description description,
                                           std::string_view scope = {});

  /// May it still be shown, and values be made for it? Nothing tells of a table that somebody else changes.
  static bool is_fresh(const StatementInfo& info, TimePoint now) {
    return now - info.described_at < milliseconds(1000);
  }

  /// Completes columns as a result shows them; false when one of them cannot be decoded.
  bool describe(Columns& columns) const;

  /// Asks for rows of TypeInfo by OID; one parameter, an array literal.
  static const std::string& type_query();
  static std::vector<TypeInfo> read_types(const ResultSet& result);

 private:
  void remove(std::string_view key);
  types::ParamType param_type(Oid oid) const;
  Oid base_of(Oid oid) const;
  void describe_column(Column& column) const;
  bool is_known(Oid oid) const;

  std::size_t capacity_;
  std::list<std::shared_ptr<const StatementInfo>> order_;  // most recently used first
  std::unordered_map<std::string_view, std::list<std::shared_ptr<const StatementInfo>>::iterator> by_key_;
  std::unordered_map<Oid, TypeInfo> types_;
};

}  // namespace hdb
