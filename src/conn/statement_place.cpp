#include "conn/statement_place.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <initializer_list>
#include <string>

#include "conn/sql_words.hpp"

namespace hdb {

namespace {

using Words = std::array<std::string, 4>;

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Do these words follow each other anywhere?
bool has_phrase(std::string_view sql, std::initializer_list<std::string_view> phrase) {
  const auto* at = phrase.begin();
  each_word(sql, [&](const SqlWord& word) {
    const auto is = [&](const auto* wanted) { return !word.is_quoted && word.text == *wanted; };
    at = is(at) ? at + 1 : phrase.begin() + (is(phrase.begin()) ? 1 : 0);
    return at != phrase.end();
  });
  return at == phrase.end();
}

/// In any case, also inside of another word: cheap, because most texts need no other look. `ends`: its last
/// character, as it may be written.
bool mentions(std::string_view sql, std::string_view rest, std::string_view ends) {
  for (const char end : ends) {
    for (std::size_t at = sql.find(end); at != std::string_view::npos; at = sql.find(end, at + 1)) {
      if (at >= rest.size() && std::equal(rest.begin(), rest.end(), sql.begin() + (at - rest.size()),
                                          [](char a, char b) { return a == detail::to_small(b); }))
        return true;
    }
  }
  return false;
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

/// What all texts and dates are read by.
bool sets_reading(const Words& words) {
  if (words[0] != "set") return false;
  const std::size_t at = is_one_of(words[1], {"local", "session"}) ? 2 : 1;
  return is_one_of(words[at], {"client_encoding", "names", "datestyle"});
}

/// CREATE TEMP, or of something in the schema of temporary things.
bool creates_temporary(std::string_view sql) {
  bool is_found = false;
  std::string last;
  each_word(sql, [&](const SqlWord& word) {
    const bool may_be_kind = !word.is_quoted && is_one_of(last, {"create", "replace", "local", "global"});
    is_found = word.text == "pg_temp" || (may_be_kind && is_one_of(word.text, {"temp", "temporary"}));
    last = word.text;
    return !is_found && !word.is_quoted &&
           is_one_of(word.text, {"create", "or", "replace", "local", "global", "unlogged", "table", "if",
                                 "not", "exists", "recursive", "view", "sequence", "function", "type",
                                 "domain", "procedure", "aggregate", "materialized"});
  });
  return is_found;
}

/// SELECT INTO TEMP. INSERT and MERGE have an INTO, too, and a table may be called `temp`.
bool selects_into_temporary(std::string_view sql) {
  if (!mentions(sql, "tem", "pP")) return false;
  enum class After : std::uint8_t { kNothing, kInsert, kInto, kTemporary } after = After::kNothing;
  bool is_found = false;
  each_word(sql, [&](const SqlWord& word) {
    const std::string_view text = word.is_quoted ? std::string_view() : std::string_view(word.text);
    if (after == After::kTemporary) {
      is_found = !is_one_of(text, {"from", "where", "group", "having", "window", "union", "intersect",
                                   "except", "order", "limit", "offset", "fetch", "for"});
      after = After::kNothing;
    } else if (after == After::kInto && (text == "local" || text == "global")) {
      return true;
    } else if (after == After::kInto && word.text == "pg_temp") {
      is_found = true;
    } else if (after == After::kInto && (text == "temp" || text == "temporary")) {
      after = After::kTemporary;
    } else if (text == "into" && after != After::kInsert) {
      after = After::kInto;
    } else {
      after = text == "insert" || text == "merge" ? After::kInsert : After::kNothing;
    }
    return !is_found;
  });
  return is_found;
}

/// A lock that outlives its transaction.
bool locks_session(std::string_view sql) {
  if (!mentions(sql, "advisory", "_")) return false;
  bool is_found = false;
  each_word(sql, [&](const SqlWord& word) {
    is_found = word.calls && (word.qualifier.empty() || word.qualifier == "pg_catalog") &&
               is_one_of(word.text, {"pg_advisory_lock", "pg_advisory_lock_shared", "pg_try_advisory_lock",
                                     "pg_try_advisory_lock_shared"});
    return !is_found;
  });
  return is_found;
}

/// set_config() of the same settings: seen where their name stands in the text.
bool configures_reading(std::string_view sql) {
  return mentions(sql, "set_confi", "gG") &&
         (mentions(sql, "client_encodin", "gG") || mentions(sql, "datestyl", "eE")) &&
         has_phrase(sql, {"set_config"});
}

/// What EXPLAIN explains, or with ANALYZE runs.
std::string_view explained(std::string_view sql) {
  std::size_t begin = std::string_view::npos;
  each_word(sql, [&](const SqlWord& word) {
    if (!word.is_quoted && is_one_of(word.text, {"select", "create", "declare", "with", "insert", "update",
                                                 "delete", "merge", "values", "table", "execute", "refresh"}))
      begin = word.at;
    return begin == std::string_view::npos;
  });
  return begin == std::string_view::npos ? sql : sql.substr(begin);
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
  return is_one_of(words[0], {"create", "drop", "alter", "reindex"}) && has_phrase(sql, {"concurrently"});
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
  const bool is_created = words[0] == "create" && creates_temporary(sql) &&
                          !(is_inside && has_phrase(sql, {"on", "commit", "drop"}));
  if (is_created || selects_into_temporary(sql)) {
    return std::string("A temporary table stays on one session of the pool, whichever is free: ") +
           (is_inside ? "create it with ON COMMIT DROP."
                      : "create it in pool.transaction(work), with ON COMMIT DROP.");
  }
  if (words[0] == "declare" && has_phrase(sql, {"with", "hold"})) {
    return std::string("A cursor WITH HOLD stays on one session of the pool, whichever is free: ") +
           (is_inside ? "without it, it lives as long as the transaction."
                      : "declare it without, in pool.transaction(work).");
  }
  if (locks_session(sql)) {
    return std::string("pg_advisory_lock() stays on one session of the pool, whichever is free: use ") +
           (is_inside ? "pg_advisory_xact_lock()." : "pg_advisory_xact_lock() in pool.transaction(work).");
  }
  return {};
}

std::string reason(std::string_view sql, Place place) {
  const Words words = first_words<4>(sql);
  const std::string verb = in_capitals(words[0]);
  if (sets_reading(words) || configures_reading(sql)) {
    return "client_encoding and DateStyle stay as they are: values are sent and read by them. Use "
           "convert_to() or to_char() for another form.";
  }
  if (place == Place::kTransaction) {
    if (is_one_of(words[0], {"begin", "start"}))
      return "The transaction is open already: use tx.savepoint(work) for a part of it.";
    if (is_one_of(words[0], {"commit", "end"}) && words[1] != "prepared")
      return verb + " is said by tx.commit(), or when the function of pool.transaction() returns.";
    if (words[0] == "prepare" && words[1] == "transaction")
      return "PREPARE TRANSACTION takes the transaction away from its session: nobody could tell what became "
             "of "
             "it.";
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
  if (is_data(sql) && !locks_session(sql) && !selects_into_temporary(sql) && !configures_reading(sql))
    return std::nullopt;
  const bool is_explained = first_words<1>(sql)[0] == "explain";
  std::string why = reason(is_explained ? explained(sql) : sql, place);
  if (why.empty()) return std::nullopt;
  return Error::make(ErrorKind::kConfiguration, std::move(why));
}

}  // namespace hdb
