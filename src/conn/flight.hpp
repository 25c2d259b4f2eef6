// Flight: a request from its first message to its last answer, and what has come of it so far.
// Thread: I/O only.  Owner: Pipeline.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "conn/request.hpp"
#include "conn/statement_info.hpp"
#include "pq/session.hpp"

namespace hdb {

struct Flight {
  enum class Stage : std::uint8_t { kDescribe, kTypes, kExecute };

  /// What one attempt has brought.
  struct Answer {
    std::optional<ResultSet> result;   // of its last statement
    std::vector<ResultSet> earlier;    // of those before, in a script or batch
    std::size_t rows = 0;              // that came before the result
    std::vector<ResultSet> odd_parts;  // rows with other columns than those that are known
    std::unique_ptr<ServerReport> error;
    bool is_copy = false;
  };
  /// What one attempt prepares on its way.
  struct Preparation {
    std::string described;  // the name of the text that is described in this stage
    /// Parsed in front of their execution, by what name. Empty: the unnamed statement.
    std::vector<std::pair<std::shared_ptr<const StatementInfo>, std::string>> names;
    std::size_t names_done = 0;
    bool is_by_name = false;  // something is executed as it was prepared some time before
    bool is_parsing() const { return names_done < names.size(); }
  };

  std::unique_ptr<Request> request;  // null: nobody waits for it: our own errand, or its caller was told
  Stage stage = Stage::kExecute;
  Answer answer;
  Preparation preparation;
  std::unique_ptr<Error> problem;  // why it is refused or fails, if that is not the server's error

  Statement* item = nullptr;  // being described in this stage
  pq::Description description;
  bool is_described = false;        // in this flight: what is known of its text is not from before
  std::size_t results_to_skip = 0;  // of a BEGIN or a guard in front
  int times_stale = 0;              // how often it was prepared anew
  /// An error that may come of a text from before a change, and what the texts were taken for then.
  std::unique_ptr<ServerReport> doubted;
  std::vector<std::shared_ptr<const StatementInfo>> believed;

  // Its place among the others.
  bool is_exclusive = true;    // nothing is sent behind it
  bool is_first_here = false;  // its text is prepared on this session on the way
  bool is_telling = false;     // how long the text takes: nothing was in front of it
  TimePoint sent_at{};

  // Its end by a time limit or a signal.
  std::optional<ErrorKind> cancelled_as;  // timeout, abort or end of the pool; null: it is not cancelled
  TimePoint tell_by = kNever;             // its caller is told what is known then
  TimePoint cancel_by = kNever;           // how long it may take to end then, also while others are in front

  /// Somebody waits for its answer.
  bool is_wanted() const { return request && !cancelled_as; }
  /// Its caller was told before it has ended.
  bool is_told() const { return !request && cancelled_as; }
};

}  // namespace hdb
