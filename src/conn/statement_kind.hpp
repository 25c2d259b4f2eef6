// statement_kind: what the text of a statement tells about running it twice.
// Thread: any; pure.
// Not here: parsing SQL. A scan of words outside strings, comments and quoted names, erring on the
// side of "may write".
#pragma once

#include <string_view>

namespace hdb {

struct StatementKind {
  /// It begins as a query: SELECT, VALUES, TABLE, SHOW or WITH.
  bool reads = false;
  /// It cannot change anything: a SELECT, VALUES, TABLE or SHOW without data-modifying words, locking
  /// clauses, or a call of a function that is not known to be harmless.
  bool is_plain_read = false;
  /// It may commit by itself, wherever it runs: COMMIT, CALL, DO, VACUUM, CREATE INDEX CONCURRENTLY, …
  bool may_commit = false;
  /// It ends the transaction that it is in: COMMIT, END, PREPARE TRANSACTION. Nothing else can commit there.
  bool ends_transaction = false;
  /// An error in the middle of it may leave something committed: CALL, DO, VACUUM, CREATE INDEX CONCURRENTLY,
  /// …
  bool commits_inside = false;
  /// It changes the session, not the data: SET, RESET, DISCARD, LISTEN, …
  bool changes_session = false;
};

StatementKind kind_of_statement(std::string_view sql);

}  // namespace hdb
