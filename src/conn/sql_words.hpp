// sql_words: the words of a statement outside strings and comments, by the rules of PostgreSQL's scan.l.
// Thread: any; pure.
// Not here: what they mean (statement_kind.hpp, statement_place.hpp).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace hdb {

struct SqlWord {
  std::string text;        // in small letters; of a quoted name what is between the quotes
  bool is_quoted = false;  // a name for certain
  bool calls = false;      // a parenthesis follows
  std::string qualifier;   // the name in front of a dot in front of it; empty: none
  std::size_t at = 0;      // where it begins
};

namespace detail {

// Of ASCII, whatever the process' locale.
inline bool is_digit(unsigned char c) { return c >= '0' && c <= '9'; }
inline bool is_newline(unsigned char c) { return c == '\n' || c == '\r'; }
inline bool is_space(unsigned char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
inline char to_small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
inline bool is_word_start(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}
inline bool is_word(unsigned char c) { return is_word_start(c) || is_digit(c) || c == '$'; }

inline std::size_t end_of_comment(std::string_view sql, std::size_t i) {
  if (sql[i] == '-') return std::min(sql.find_first_of("\n\r", i), sql.size());
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

/// Where a text in single quotes goes on behind `i`: behind a line break, with the escapes that it has.
inline std::size_t continuation(std::string_view sql, std::size_t i) {
  bool has_newline = false;
  while (i < sql.size()) {
    if (sql.substr(i, 2) == "--") {
      i = end_of_comment(sql, i);
    } else if (is_space(static_cast<unsigned char>(sql[i]))) {
      has_newline = has_newline || is_newline(static_cast<unsigned char>(sql[i]));
      ++i;
    } else {
      break;
    }
  }
  return has_newline && i < sql.size() && sql[i] == '\'' ? i : std::string_view::npos;
}

/// Where the quoted text ends that begins at `i`, behind its closing quote.
inline std::size_t end_of_quoted(std::string_view sql, std::size_t i, bool escapes) {
  const char quote = sql[i];
  for (++i; i < sql.size(); ++i) {
    if (escapes && sql[i] == '\\') {
      ++i;
    } else if (sql[i] == quote) {
      if (i + 1 == sql.size() || sql[i + 1] != quote) break;
      ++i;
    }
  }
  i = std::min(i + 1, sql.size());
  const std::size_t more = escapes ? continuation(sql, i) : std::string_view::npos;
  return more == std::string_view::npos ? i : end_of_quoted(sql, more, escapes);
}

/// E'…', but not a name that ends with e: date'…'.
inline bool is_escape_string(std::string_view sql, std::size_t i) {
  return i > 0 && to_small(sql[i - 1]) == 'e' && (i == 1 || !is_word(static_cast<unsigned char>(sql[i - 2])));
}

/// Behind a dollar-quoted text, or a placeholder ($1).
inline std::size_t end_of_dollar(std::string_view sql, std::size_t i) {
  std::size_t end = i + 1;
  if (end < sql.size() && is_digit(static_cast<unsigned char>(sql[end]))) {
    while (end < sql.size() && is_digit(static_cast<unsigned char>(sql[end]))) ++end;
    return end;
  }
  while (end < sql.size() && is_word(static_cast<unsigned char>(sql[end])) && sql[end] != '$') ++end;
  if (end == sql.size() || sql[end] != '$') return end;
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

/// Calls `f(word)` for each word, until it returns false. `has_escapes`: as a session reads the text that has
/// standard_conforming_strings off.
template <class F>
void each_word(std::string_view sql, F f, bool has_escapes = false) {
  const auto is_comment = [&](std::size_t at) {
    return sql.substr(at, 2) == "--" || sql.substr(at, 2) == "/*";
  };
  /// What is neither space nor comment.
  const auto next_from = [&](std::size_t at) {
    while (at < sql.size()) {
      if (is_comment(at)) {
        at = detail::end_of_comment(sql, at);
      } else if (detail::is_space(static_cast<unsigned char>(sql[at]))) {
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
      word.at = i;
      std::size_t end = i;
      if (word.is_quoted) {
        end = detail::end_of_quoted(sql, i, false);
        word.text = detail::name_between_quotes(sql.substr(i, end - i));
      } else {
        while (end < sql.size() && detail::is_word(static_cast<unsigned char>(sql[end])))
          word.text += detail::to_small(sql[end++]);
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
      i = detail::end_of_quoted(sql, i, has_escapes || detail::is_escape_string(sql, i));
    } else if (c == '$') {
      i = detail::end_of_dollar(sql, i);
    } else {
      ++i;
    }
  }
}

/// "" for a quoted name, and where there is none.
template <std::size_t N>
std::array<std::string, N> first_words(std::string_view sql) {
  std::array<std::string, N> words;
  std::size_t count = 0;
  each_word(sql, [&](const SqlWord& word) {
    if (!word.is_quoted) words[count] = word.text;
    return ++count < words.size();
  });
  return words;
}

}  // namespace hdb
