// sql_words: the words of a statement outside strings and comments.
// Thread: any; pure.
// Not here: what they mean (statement_kind.hpp, statement_place.hpp).
#pragma once

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <utility>

namespace hdb {

struct SqlWord {
  std::string text;        // in small letters; of a quoted name what is between the quotes
  bool is_quoted = false;  // a name for certain
  bool calls = false;      // a parenthesis follows
  std::string qualifier;   // the name in front of a dot in front of it; empty: none
};

namespace detail {

inline bool is_word_start(unsigned char c) { return std::isalpha(c) != 0 || c == '_' || c >= 0x80; }
inline bool is_word(unsigned char c) { return is_word_start(c) || std::isdigit(c) != 0 || c == '$'; }

/// Where the quoted text ends that begins at `i`, behind its closing quote.
inline std::size_t end_of_quoted(std::string_view sql, std::size_t i) {
  const char quote = sql[i];
  // E'…', but not a name that ends with e: date'…'.
  const bool escapes = quote == '\'' && i > 0 && (sql[i - 1] == 'e' || sql[i - 1] == 'E') &&
                       (i == 1 || !is_word(static_cast<unsigned char>(sql[i - 2])));
  for (++i; i < sql.size(); ++i) {
    if (escapes && sql[i] == '\\') {
      ++i;
    } else if (sql[i] == quote) {
      if (i + 1 == sql.size() || sql[i + 1] != quote) break;
      ++i;
    }
  }
  return std::min(i + 1, sql.size());
}

inline std::size_t end_of_comment(std::string_view sql, std::size_t i) {
  if (sql[i] == '-') return std::min(sql.find('\n', i), sql.size());
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
  return std::min(i, sql.size());
}

/// Behind a dollar-quoted text, or a placeholder ($1).
inline std::size_t end_of_dollar(std::string_view sql, std::size_t i) {
  std::size_t end = i + 1;
  while (end < sql.size() && is_word(static_cast<unsigned char>(sql[end])) && sql[end] != '$') ++end;
  const bool is_quote = end < sql.size() && sql[end] == '$' &&
                        (end == i + 1 || std::isdigit(static_cast<unsigned char>(sql[i + 1])) == 0);
  if (!is_quote) return end;
  const std::string_view tag = sql.substr(i, end - i + 1);
  const std::size_t close = sql.find(tag, end + 1);
  return close == std::string_view::npos ? sql.size() : close + tag.size();
}

inline std::string name_between_quotes(std::string_view quoted) {
  std::string name;
  for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
    name += quoted[i];
    if (quoted[i] == '"') ++i;
  }
  return name;
}

}  // namespace detail

/// Calls `f(word)` for each word, until it returns false.
template <class F>
void each_word(std::string_view sql, F f) {
  const auto is_comment = [&](std::size_t at) {
    return sql.substr(at, 2) == "--" || sql.substr(at, 2) == "/*";
  };
  /// What is neither space nor comment.
  const auto next_from = [&](std::size_t at) {
    while (at < sql.size()) {
      if (is_comment(at)) {
        at = detail::end_of_comment(sql, at);
      } else if (std::isspace(static_cast<unsigned char>(sql[at])) != 0) {
        ++at;
      } else {
        break;
      }
    }
    return at;
  };
  std::string last;  // name, if nothing but a dot stands behind it
  bool is_after_dot = false;
  for (std::size_t i = next_from(0); i < sql.size(); i = next_from(i)) {
    const auto c = static_cast<unsigned char>(sql[i]);
    if (c == '"' || detail::is_word_start(c)) {
      SqlWord word;
      word.is_quoted = c == '"';
      std::size_t end = i;
      if (word.is_quoted) {
        end = detail::end_of_quoted(sql, i);
        word.text = detail::name_between_quotes(sql.substr(i, end - i));
      } else {
        while (end < sql.size() && detail::is_word(static_cast<unsigned char>(sql[end])))
          word.text += static_cast<char>(std::tolower(static_cast<unsigned char>(sql[end++])));
      }
      i = end;
      const std::size_t next = next_from(i);
      word.calls = next < sql.size() && sql[next] == '(';
      if (is_after_dot) word.qualifier = last;
      last = word.text;
      is_after_dot = false;
      if (!f(std::as_const(word))) return;
      continue;
    }
    is_after_dot = c == '.';
    if (c == '\'') {
      i = detail::end_of_quoted(sql, i);
    } else if (c == '$') {
      i = detail::end_of_dollar(sql, i);
    } else {
      ++i;
    }
  }
}

}  // namespace hdb
