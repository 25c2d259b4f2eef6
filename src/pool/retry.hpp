// retry: may a failed statement be run again, and what the caller is told when not.
// Thread: any; pure. The only place that decides it.
#pragma once

#include <cstdint>

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
};

enum class Verdict {
  kSettle,     // tell the caller
  kElsewhere,  // run it again as soon as a node fits: it did not run, or may run twice
  kLater,      // run it again after a delay: it was rolled back and its caller allows it
};

Verdict verdict_of(const Error& error, const Attempt& attempt);

/// The wait before the next attempt, by how many there were. `unit`: a random number in [0, 1).
milliseconds backoff(std::uint32_t attempts, const RetryOptions& options, double unit);

/// Running the same call again is safe and may succeed.
bool is_retryable(const Error& error);

/// A statement whose fate is open becomes an InDoubtError, unless it changed nothing anyway.
Error as_told(Error error, const Attempt& attempt);

}  // namespace hdb
