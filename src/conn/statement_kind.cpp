#include "conn/statement_kind.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

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

bool is_word_start(unsigned char c) { return std::isalpha(c) != 0 || c == '_' || c >= 0x80; }
bool is_word(unsigned char c) { return is_word_start(c) || std::isdigit(c) != 0 || c == '$'; }

/// Walks over the words of a statement and calls `f(word, calls)` for each, where `calls` says that a
/// parenthesis follows; a quoted name is the word `"`.
template <class F>
void each_word(std::string_view sql, F f) {
  std::size_t i = 0;
  const auto skip_space = [&](std::size_t at) {
    while (at < sql.size() && std::isspace(static_cast<unsigned char>(sql[at])) != 0) ++at;
    return at;
  };
  while (i < sql.size()) {
    const char c = sql[i];
    if (c == '\'' || c == '"') {
      // E'…', but not a name that ends with e: date'…'.
      const bool escapes = c == '\'' && i > 0 && (sql[i - 1] == 'e' || sql[i - 1] == 'E') &&
                           (i == 1 || !is_word(static_cast<unsigned char>(sql[i - 2])));
      for (++i; i < sql.size(); ++i) {
        if (escapes && sql[i] == '\\') {
          ++i;
        } else if (sql[i] == c) {
          if (i + 1 < sql.size() && sql[i + 1] == c) {
            ++i;
          } else {
            break;
          }
        }
      }
      ++i;
      if (c == '"') {
        const std::size_t next = skip_space(std::min(i, sql.size()));
        f(std::string_view("\""), next < sql.size() && sql[next] == '(');
      }
    } else if (c == '-' && sql.substr(i, 2) == "--") {
      i = std::min(sql.find('\n', i), sql.size());
    } else if (c == '/' && sql.substr(i, 2) == "/*") {
      int depth = 1;
      for (i += 2; i < sql.size() && depth > 0; ++i) {
        if (sql.substr(i, 2) == "/*") {
          ++depth;
          ++i;
        } else if (sql.substr(i, 2) == "*/") {
          --depth;
          ++i;
        }
      }
    } else if (c == '$') {
      // A dollar quote, unless it is a placeholder ($1).
      std::size_t end = i + 1;
      while (end < sql.size() && is_word(static_cast<unsigned char>(sql[end])) && sql[end] != '$') ++end;
      if (end < sql.size() && sql[end] == '$' &&
          (end == i + 1 || std::isdigit(static_cast<unsigned char>(sql[i + 1])) == 0)) {
        const std::string_view tag = sql.substr(i, end - i + 1);
        const std::size_t close = sql.find(tag, end + 1);
        i = close == std::string_view::npos ? sql.size() : close + tag.size();
      } else {
        i = end;
      }
    } else if (is_word_start(static_cast<unsigned char>(c))) {
      std::size_t end = i;
      std::string word;
      while (end < sql.size() && is_word(static_cast<unsigned char>(sql[end]))) {
        word += static_cast<char>(std::tolower(static_cast<unsigned char>(sql[end++])));
      }
      const std::size_t next = skip_space(end);
      f(std::string_view(word), next < sql.size() && sql[next] == '(');
      i = end;
    } else {
      ++i;
    }
  }
}

}  // namespace

StatementKind kind_of_statement(std::string_view sql) {
  StatementKind kind;
  bool first = true;
  bool harmless = true;
  each_word(sql, [&](std::string_view word, bool calls) {
    if (first) {
      first = false;
      kind.reads =
          word == "select" || word == "values" || word == "table" || word == "show" || word == "with";
      kind.may_commit = contains(kCommitting, word);
      kind.commits_inside = contains(kStepwise, word);
      kind.changes_session = contains(kSession, word);
    }
    if (word == "concurrently") kind.commits_inside = kind.may_commit;
    if (contains(kWriting, word) || (calls && !contains(kHarmless, word))) harmless = false;
  });
  kind.is_plain_read = kind.reads && harmless;
  return kind;
}

}  // namespace hdb
