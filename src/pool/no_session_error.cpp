#include "pool/no_session_error.hpp"

#include <string>
#include <utility>

#include "generated/names/cluster.hpp"
#include "generated/names/error.hpp"

namespace hdb {

namespace {

Error coded(ErrorKind kind, std::string message) {
  Error error = Error::make(kind, std::move(message));
  error.code = class_of(kind).code;
  return error;
}

/// No node fits the mode, or all that fit refuse us.
Error no_node_error(Mode mode, bool is_there, const std::string& after_ms) {
  switch (mode) {
    case Mode::kReadWrite:
      return coded(ErrorKind::kNoPrimary, (is_there ? "no session on the primary could be opened"
                                                    : "no writable primary available") +
                                              after_ms);
    case Mode::kReadOnly:
      return coded(
          ErrorKind::kNoStandby,
          (is_there ? "no session on a standby could be opened" : "no standby available") + after_ms);
    case Mode::kPreferStandby:
    case Mode::kAny:
      break;
  }
  return coded(ErrorKind::kNoHost, "no host available" + after_ms);
}

Error reason_of(const Claim& claim, bool aborted, const PoolHosts& hosts, TimePoint now) {
  const std::string after_ms = " after " + std::to_string(ms_between(claim.since, now)) + "ms";
  if (aborted) return coded(ErrorKind::kAborted, "The call was aborted while it waited for a session.");
  if (claim.deadline <= claim.acquire_deadline) {
    return coded(ErrorKind::kTimeout,
                 "The time limit of the call passed while it waited for a session" + after_ms + ".");
  }
  const bool is_there = !hosts.targets(claim.mode).hosts.empty();
  if (is_there && hosts.is_full()) {
    return coded(ErrorKind::kPoolExhausted,
                 "Every session of the pool is in use (poolSize: " + std::to_string(hosts.pool_size()) +
                     "); none came free" + after_ms + ".");
  }
  if (hosts.topology().is_split() && claim.mode == Mode::kReadWrite) {
    return coded(
        ErrorKind::kSplitBrain,
        "Two nodes accept writes on the same timeline; no writable primary available" + after_ms + ".");
  }
  return no_node_error(claim.mode, is_there, after_ms);
}

/// One line about a host.
std::string line_of(const Host& host, const HostPool* pool) {
  const std::string line = host.address.text() + ": " + std::string(text_of(host.role));
  if (pool != nullptr && pool->trouble) return line + "; " + pool->trouble->message;
  if (pool != nullptr && pool->refusal) return line + "; " + pool->refusal->message;
  return host.reason.empty() ? line : line + "; " + host.reason;
}

}  // namespace

Error pool_closed_error() { return coded(ErrorKind::kPoolClosed, "The pool is closed: end() was called."); }

Error too_many_error(const PoolOptions& options, bool is_full) {
  return coded(
      ErrorKind::kPoolExhausted,
      is_full
          ? "Too many requests wait for a session (maxWaiting: " + std::to_string(options.max_waiting) + ")."
          : "The requests that wait for a session are too large together (maxWaitingBytes: " +
                std::to_string(static_cast<std::size_t>(options.max_waiting_bytes)) + ").");
}

Error no_session_error(const Claim& claim, bool aborted, const PoolHosts& hosts, TimePoint now) {
  Error error = reason_of(claim, aborted, hosts, now);
  for (const Host& host : hosts.topology().hosts)
    error.causes.push_back(line_of(host, hosts.find(host.address)));
  return error;
}

}  // namespace hdb
