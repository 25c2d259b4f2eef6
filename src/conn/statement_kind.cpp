#include "conn/statement_kind.hpp"

#include <algorithm>

#include "conn/sql_words.hpp"

namespace hdb {

namespace {

constexpr std::string_view kWriting[] = {"insert", "update", "delete",   "merge",
                                         "into",   "share",  "truncate", "copy"};
// Words that stand in front of a parenthesis without being a function, and functions that cannot write.
constexpr std::string_view kHarmless[] = {"abs",
                                          "all",
                                          "and",
                                          "any",
                                          "array",
                                          "array_agg",
                                          "as",
                                          "avg",
                                          "between",
                                          "bool_and",
                                          "bool_or",
                                          "by",
                                          "case",
                                          "cast",
                                          "ceil",
                                          "char_length",
                                          "coalesce",
                                          "concat",
                                          "count",
                                          "current_database",
                                          "current_setting",
                                          "date_trunc",
                                          "dense_rank",
                                          "distinct",
                                          "else",
                                          "exists",
                                          "extract",
                                          "filter",
                                          "first_value",
                                          "floor",
                                          "format",
                                          "from",
                                          "generate_series",
                                          "greatest",
                                          "group",
                                          "grouping",
                                          "having",
                                          "ilike",
                                          "in",
                                          "is",
                                          "join",
                                          "json_agg",
                                          "json_build_object",
                                          "jsonb_agg",
                                          "jsonb_build_object",
                                          "lag",
                                          "last_value",
                                          "lateral",
                                          "lead",
                                          "least",
                                          "left",
                                          "length",
                                          "like",
                                          "limit",
                                          "lower",
                                          "max",
                                          "md5",
                                          "min",
                                          "not",
                                          "now",
                                          "nullif",
                                          "numeric",
                                          "offset",
                                          "on",
                                          "or",
                                          "over",
                                          "partition",
                                          "percentile_cont",
                                          "pg_backend_pid",
                                          "pg_is_in_recovery",
                                          "pg_sleep",
                                          "position",
                                          "power",
                                          "rank",
                                          "replace",
                                          "right",
                                          "round",
                                          "row",
                                          "row_number",
                                          "row_to_json",
                                          "select",
                                          "similar",
                                          "some",
                                          "split_part",
                                          "sqrt",
                                          "string_agg",
                                          "substr",
                                          "substring",
                                          "sum",
                                          "then",
                                          "to_char",
                                          "to_date",
                                          "to_json",
                                          "to_jsonb",
                                          "to_timestamp",
                                          "trim",
                                          "union",
                                          "unnest",
                                          "upper",
                                          "using",
                                          "values",
                                          "varchar",
                                          "version",
                                          "when",
                                          "where",
                                          "within",
                                          "with"};
constexpr std::string_view kCommitting[] = {"commit", "end",      "prepare", "call",    "do",      "vacuum",
                                            "create", "drop",     "alter",   "reindex", "cluster", "refresh",
                                            "abort",  "rollback", "begin",   "start"};
// In steps, each of which stays; others only with the word CONCURRENTLY.
constexpr std::string_view kStepwise[] = {"call", "do", "vacuum", "analyze", "analyse", "cluster", "reindex"};
constexpr std::string_view kSession[] = {"set",      "reset",      "discard", "listen",
                                         "unlisten", "deallocate", "load"};

template <std::size_t N>
bool contains(const std::string_view (&words)[N], std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

StatementKind kind_of(std::string_view sql, bool has_escapes) {
  StatementKind kind;
  bool first = true;
  bool harmless = true;
  const auto look = [&](const SqlWord& word) {
    const std::string_view text = word.is_quoted ? "\"" : std::string_view(word.text);
    if (first) {
      first = false;
      kind.reads =
          text == "select" || text == "values" || text == "table" || text == "show" || text == "with";
      kind.may_commit = contains(kCommitting, text);
      kind.ends_transaction = text == "commit" || text == "end" || text == "prepare";
      kind.commits_inside = contains(kStepwise, text);
      kind.changes_session = contains(kSession, text);
    }
    if (text == "concurrently") kind.commits_inside = kind.may_commit;
    // A function of another schema may have a harmless name.
    const bool is_own = !word.qualifier.empty() && word.qualifier != "pg_catalog";
    if (contains(kWriting, text) || (word.calls && (is_own || !contains(kHarmless, text)))) harmless = false;
    return true;
  };
  each_word(sql, look, has_escapes);
  kind.is_plain_read = kind.reads && harmless;
  return kind;
}

}  // namespace

StatementKind kind_of_statement(std::string_view sql) {
  StatementKind kind = kind_of(sql, false);
  // Where a text with a backslash ends is the session's to say.
  if (kind.is_plain_read && sql.find('\\') != std::string_view::npos)
    kind.is_plain_read = kind_of(sql, true).is_plain_read;
  return kind;
}

}  // namespace hdb
