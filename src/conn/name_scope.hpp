// NameScope: what the names in a session's statements are looked up by, as far as its statements tell. The
// same text may mean another table under another search_path, so what is known of it is known for one scope
// only. Thread: I/O only.  Owner: StatementRun. Not here: what is known of a text (statement_info.hpp). A
// function that changes the search_path by itself is not seen.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/result.hpp"
#include "types/encode.hpp"

namespace hdb {

/// What a statement may do to how names are looked up.
enum class NameChange : std::uint8_t {
  kNone,
  kPath,    // SET search_path, set_config()
  kRole,    // SET ROLE: "$user" in the search_path
  kUndo,    // ROLLBACK TO: nobody knows what it undoes
  kTables,  // DDL, RESET
};

NameChange name_change_of(std::string_view sql);

class NameScope {
 public:
  /// A statement of an open transaction has succeeded.
  void note(NameChange change, std::string_view sql, const std::vector<types::EncodedParam>& params,
            const ResultSet& result);
  /// The transaction is over. What SET without LOCAL has changed stays after a commit.
  void end(bool is_committed);

  /// Empty: what the session began with.
  const std::string& key() const { return now_.key; }

 private:
  struct State {
    std::string path;
    std::string role;
    std::uint64_t epoch = 0;  // of what only this session knows
    std::string key;
  };
  void change(State& state, NameChange change, const std::string& what) const;

  State now_;
  State lasting_;  // when the transaction ends
  State before_;   // if it is rolled back
  bool is_changed_ = false;
};

}  // namespace hdb
