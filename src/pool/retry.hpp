// retry: may a failed statement be run again, and what the caller is told when not.
// Thread: any; pure. The only place that decides it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "api/error.hpp"
#include "api/options.hpp"
#include "conn/fence.hpp"
#include "conn/statement_kind.hpp"

namespace hdb {

/// What is known of a statement when it fails.
struct Attempt {
  Mode mode = Mode::kReadWrite;
  bool is_idempotent = false;  // its caller said so, or its mode makes it so on the server
  bool is_plain_read = false;  // its text can change nothing
  NodeState node = NodeState::kUnreported;
  bool is_read_only = false;  // it was sent so that it could not write
  /// How often what ran, or may have run, is sent; what did not run is sent until its deadline.
  std::int32_t most = std::numeric_limits<std::int32_t>::max();
};

enum class Verdict {
  kSettle,     // tell the caller
  kElsewhere,  // run it again as soon as a node fits: it did not run, or may run twice
  kLater,      // run it again after a delay: it was rolled back and its caller allows it
};

Verdict verdict_of(const Error& error, const Attempt& attempt);

/// Why a statement is sent once more.
enum class RetryReason : std::uint8_t { kLost, kFenced, kShutdown, kConflict };
constexpr std::size_t kRetryReasons = 4;
RetryReason reason_of(const Error& error);

/// The answer shows that the node takes no writes any more, which a statement of this mode needs.
constexpr bool is_fenced(Mode mode, NodeState node) {
  return mode == Mode::kReadWrite && (node == NodeState::kReadOnly || node == NodeState::kInRecovery);
}
/// So does the error.
bool shows_fence(const Error& error);
/// Run again so that it could not write, it was refused because it writes. So it may have written when it ran
/// first.
bool is_unmasked(const Error& error, const Attempt& attempt);

/// BEGIN failed: nothing was done in the transaction yet, and another session may do.
bool may_begin_elsewhere(const Error& error);

/// The wait before the next attempt, by how many there were. `unit`: a random number in [0, 1).
milliseconds backoff(std::uint32_t attempts, const RetryOptions& options, double unit);

/// It is stored where it ran, and not on the standby that it waited for. `what`: a statement, a transaction.
Error not_replicated_error(const std::string& what, const std::string& host);

/// Running the same call again is safe and may succeed.
bool is_retryable(const Error& error);

/// A statement whose fate is open becomes an InDoubtError, unless it changed nothing anyway.
Error as_told(Error error, const Attempt& attempt);

}  // namespace hdb
