#include "conn/statement_place.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "conn/sql_words.hpp"

namespace hdb {

namespace {

using Words = std::array<std::string, 4>;  // "" for a quoted name, and where there is none

Words first_words(std::string_view sql) {
  Words words;
  std::size_t count = 0;
  each_word(sql, [&](const SqlWord& word) {
    if (!word.is_quoted) words[count] = word.text;
    return ++count < words.size();
  });
  return words;
}

bool is_one_of(const std::string& word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool names(std::string_view sql, std::initializer_list<std::string_view> wanted) {
  bool found = false;
  each_word(sql, [&](const SqlWord& word) {
    found = !word.is_quoted && is_one_of(word.text, wanted);
    return !found;
  });
  return found;
}

std::string in_capitals(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

/// BEGIN, COMMIT, ROLLBACK, SAVEPOINT and what is like them. COMMIT PREPARED and ROLLBACK PREPARED need no
/// session.
bool controls_transaction(const Words& words) {
  if (is_one_of(words[0], {"commit", "rollback"}) && words[1] == "prepared") return false;
  return is_one_of(words[0],
                   {"begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release"}) ||
         (words[0] == "prepare" && words[1] == "transaction");
}

/// SET and the like for as long as the session lives.
bool sets_session(const Words& words) {
  if (words[0] == "set") return !is_one_of(words[1], {"local", "transaction", "constraints"});
  return is_one_of(words[0], {"reset", "discard"});
}

bool creates_temporary(const Words& words) {
  if (words[0] != "create") return false;
  std::size_t at = words[1] == "or" && words[2] == "replace" ? 3 : 1;
  if (at == 1 && is_one_of(words[at], {"local", "global"})) ++at;
  return is_one_of(words[at], {"temp", "temporary"});
}

/// A lock that outlives its transaction. Looked for where the text names advisory locks at all: cheap for all
/// others.
bool locks_session(std::string_view sql) {
  if (sql.find("advisory_") == std::string_view::npos && sql.find("ADVISORY_") == std::string_view::npos)
    return false;
  return names(sql, {"pg_advisory_lock", "pg_advisory_lock_shared", "pg_try_advisory_lock",
                     "pg_try_advisory_lock_shared"});
}

/// It begins as most statements do, whose other words need no look: this runs in front of each of them.
bool is_data(std::string_view sql) {
  std::string word;
  for (const char c : sql.substr(0, 7))
    word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return word == "select " || word == "insert " || word == "update " || word == "delete ";
}

/// What commits by itself, or refuses to run in a transaction unless it comes first.
bool commits_itself(const Words& words, std::string_view sql) {
  if (is_one_of(words[0], {"call", "do", "vacuum"})) return true;
  if (is_one_of(words[0], {"create", "drop", "alter"}) &&
      is_one_of(words[1], {"database", "tablespace", "subscription", "system"}))
    return true;
  if (words[0] == "reindex" && is_one_of(words[1], {"database", "schema", "system"})) return true;
  return is_one_of(words[0], {"create", "drop", "alter", "reindex"}) && names(sql, {"concurrently"});
}

/// What a session keeps, wherever that is done; empty: nothing.
std::string kept(const Words& words, std::string_view sql, Place place) {
  const bool is_inside = place == Place::kTransaction;
  if (sets_session(words)) {
    return in_capitals(words[0]) +
           (is_inside ? " outlives the transaction, on a session that others get: use SET LOCAL."
                      : " changes one session of the pool, whichever is free: use `onConnect` for all of "
                        "them, or SET LOCAL "
                        "in pool.transaction(work).");
  }
  if (is_one_of(words[0], {"listen", "unlisten"})) {
    return in_capitals(words[0]) +
           " needs a session of its own, which a pool does not have in this version: nobody would hear the "
           "notifications.";
  }
  if (words[0] == "prepare" && words[1] != "transaction")
    return "PREPARE is not needed: the pool prepares every text on each session by itself (option "
           "`prepare`).";
  if (creates_temporary(words) && !(is_inside && names(sql, {"drop"}))) {
    return std::string("A temporary table stays on one session of the pool, whichever is free: ") +
           (is_inside ? "create it with ON COMMIT DROP."
                      : "create it in pool.transaction(work), with ON COMMIT DROP.");
  }
  if (locks_session(sql)) {
    return std::string("pg_advisory_lock() stays on one session of the pool, whichever is free: use ") +
           (is_inside ? "pg_advisory_xact_lock()." : "pg_advisory_xact_lock() in pool.transaction(work).");
  }
  return {};
}

std::string reason(std::string_view sql, Place place) {
  const Words words = first_words(sql);
  const std::string verb = in_capitals(words[0]);
  if (place == Place::kTransaction) {
    if (is_one_of(words[0], {"begin", "start"}))
      return "The transaction is open already: use tx.savepoint(work) for a part of it.";
    if (is_one_of(words[0], {"commit", "end"}) && words[1] != "prepared")
      return verb + " is said by tx.commit(), or when the function of pool.transaction() returns.";
    const bool is_partial = words[1] == "to" || words[2] == "to" || words[1] == "prepared";
    if (is_one_of(words[0], {"rollback", "abort"}) && !is_partial)
      return verb + " is said by tx.rollback(), or when the function of pool.transaction() throws.";
    return kept(words, sql, place);
  }
  if (controls_transaction(words)) {
    if (place == Place::kBatch)
      return verb +
             " has no place in a batch, which is a transaction by itself: use pool.transaction(work) for "
             "what needs "
             "more.";
    return verb +
           " would meet a session that the next statement need not get: use pool.transaction(work), or "
           "pool.begin().";
  }
  if (place == Place::kBatch) {
    if (commits_itself(words, sql))
      return verb +
             " may commit by itself, but a batch is all or nothing: use pool.query(), or `atomic: false`.";
  } else if (words[0] == "set" && is_one_of(words[1], {"local", "transaction", "constraints"})) {
    return "SET " + in_capitals(words[1]) +
           " ends with its own statement here: use it in pool.transaction(work).";
  }
  return kept(words, sql, place);
}

}  // namespace

std::optional<Error> misplaced(std::string_view sql, Place place) {
  if (is_data(sql) && !locks_session(sql)) return std::nullopt;
  std::string why = reason(sql, place);
  if (why.empty()) return std::nullopt;
  return Error::make(ErrorKind::kConfiguration, std::move(why));
}

}  // namespace hdb
