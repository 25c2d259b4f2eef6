// transaction_error: what a caller is told when a transaction has ended otherwise than he asked.
// Thread: any; pure.
// Not here: a COMMIT whose answer was lost (commit_inquiry.hpp).
#pragma once

#include <optional>
#include <string>

#include "api/error.hpp"
#include "conn/request.hpp"

namespace hdb {

/// What a call gets when its transaction has ended.
Error transaction_closed_error();
/// Its time limit has passed, or its signal was aborted, before COMMIT was sent.
Error transaction_over_error(ErrorKind kind);
/// COMMIT of a transaction of which a statement had failed.
Error transaction_failed_error(const std::optional<Error>& first);
/// COMMIT was answered with another tag.
Error transaction_refused_error(const std::string& tag, const std::string& host);
/// `reply`, of one of its statements, says that it has ended it.
Error transaction_ended_error(const Expected<Reply>& reply);

}  // namespace hdb
