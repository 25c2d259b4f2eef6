// The words of a text as PostgreSQL's scan.l reads them.
#include "conn/sql_words.hpp"

#include <string>

#include "conn/name_scope.hpp"
#include "conn/statement_kind.hpp"
#include "conn/statement_place.hpp"
#include "gtest/gtest.h"

namespace hdb {
namespace {

/// The words with a space between them; quoted names in quotes, a `(` behind what calls.
std::string words(std::string_view sql, bool has_escapes = false) {
  std::string all;
  each_word(
      sql,
      [&](const SqlWord& word) {
        if (!all.empty()) all += ' ';
        all += word.is_quoted ? '"' + word.text + '"' : word.text;
        if (word.calls) all += '(';
        return true;
      },
      has_escapes);
  return all;
}

struct Row {
  std::string_view sql;
  const char* words;
};

TEST(SqlWords, AreThoseOfTheServersScanner) {
  for (const Row& row : {
           // A comment ends with its line, and a line at \r as at \n.
           Row{"--\rset x", "set x"},
           Row{"--\r\nset x", "set x"},
           Row{"-- a\nset -- b\rx", "set x"},
           Row{"select 1 -- set", "select"},
           Row{"--", ""},
           // Comments are nested, and have no lines.
           Row{"/* a /* b */ -- */ set", "set"},
           Row{"/**/set/***/x/* ** / */y", "set x y"},
           Row{"/*/ a */ set", "set"},
           Row{"/* a /* b */ set", ""},
           // Space is \t, \n, \v, \f, \r and the blank.
           Row{"\t\n\v\f\r set\vx", "set x"},
           Row{";;set x", "set x"},
           // An operator ends where a comment begins.
           Row{"a+--b\rc", "a c"},
           Row{"a*/*b*/c", "a c"},
           Row{"a@-/*b*/c", "a c"},
           Row{"a---b\nc", "a c"},
           Row{"a- -b", "a b"},
           // Names: letters of any language, digits, `$` and `_`.
           Row{"a$$b c$1$ _d", "a$$b c$1$ _d"},
           Row{"größe$$x", "größe$$x"},
           Row{"\xC2\xA0set", "\xC2\xA0set"},
           Row{R"("a""b" ""c)", R"("a"b" "" c)"},
           Row{R"("a
--b" c)",
               "\"a\n--b\" c"},
           Row{R"(U&"a\"b)", R"(u "a\" b)"},
           // Texts: only E'…' has escapes.
           Row{R"('it''s' a)", "a"},
           Row{R"('c:\' a)", "a"},
           Row{R"(E'it\'s' a)", "e a"},
           Row{R"(e'\\' a)", "e a"},
           Row{R"(N'\' a)", "n a"},
           Row{R"(U&'\' a)", "u a"},
           Row{R"(B'\' X'\' a)", "b x a"},
           Row{R"(date'\' a)", "date a"},
           Row{R"('a"b' c "d'e" f)", R"(c "d'e" f)"},
           // What follows in a new line is the same text, with its escapes.
           Row{"E'a'\n'b\\' c' d", "e d"},
           Row{"E'a' -- b\r 'c\\' d' f", "e f"},
           Row{"E'a' 'b\\' c", "e c"},
           Row{"'a'\n'b\\' c", "c"},
           // Dollar quotes: a tag is a name without dollars, behind nothing that is one.
           Row{"$$ a ' $$ b", "b"},
           Row{"$a$ $$ $b$ $a$ c", "c"},
           Row{"$ä_1$ a $ä_1$ b", "b"},
           Row{"$a$ $b$a$ c", "c"},
           Row{"a$$ b $$ c", "a$$ b"},
           Row{"$1$$ a $$ b", "b"},
           Row{"$1a$$ b", "a$$ b"},
           Row{"1$$ a $$ b", "b"},
           Row{"$$ a", ""},
           Row{"'a", ""},
           Row{"SELECT f /* a */ (1), g--\r(2)", "select f( g("},
       })
    EXPECT_EQ(words(row.sql), row.words) << row.sql;
}

TEST(SqlWords, ASessionMaySayThatEachTextHasEscapes) {
  EXPECT_EQ(words(R"('it\'s' a)", true), "a");
  EXPECT_EQ(words("'a'\n'b\\' c' d", true), "d");
  EXPECT_EQ(words(R"("a\" b)", true), R"("a\" b)");
  EXPECT_TRUE(kind_of_statement(R"(select 'c:\temp' from t)").is_plain_read);
  EXPECT_FALSE(kind_of_statement(R"(select 'it\', f(1), 'x')").is_plain_read);
  EXPECT_FALSE(kind_of_statement(R"(select 'it\', ', f(1), $$'$$)").is_plain_read);
}

TEST(SqlWords, AreFoundByAllWhoLookForThem) {
  for (const char* comment : {"--\r", "-- a\r\n", "/* /* */ */", "\v", "; "}) {
    const std::string in_front(comment);
    EXPECT_TRUE(misplaced(in_front + "begin", Place::kAlone)) << comment;
    EXPECT_TRUE(misplaced(in_front + "commit", Place::kTransaction)) << comment;
    EXPECT_TRUE(misplaced(in_front + "call p()", Place::kBatch)) << comment;
    EXPECT_TRUE(kind_of_statement(in_front + "call p()").commits_inside) << comment;
    EXPECT_EQ(name_change_of(in_front + "set local search_path = a"), NameChange::kPath) << comment;
    EXPECT_EQ(name_change_of(in_front + "drop table t"), NameChange::kTables) << comment;
  }
}

}  // namespace
}  // namespace hdb
