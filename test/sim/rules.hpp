// rules: the rules of the core, and of the model, one of which can be broken to see that the simulation
// notices. Thread: one.
#pragma once

#include "cluster/selector.hpp"

namespace hdb {
/// As it is, whatever is broken.
Candidates real_candidates(Mode mode, const Topology& topology);
}  // namespace hdb

namespace hdb::sim {

enum class Rule {
  kNone,
  // Of the core.
  kRetry,     // what may have run is not sent again without permission
  kOutcome,   // what may have run is not told as if it had not
  kEpoch,     // nothing goes to an older timeline than one that was seen
  kIdentity,  // nothing goes to a node of another cluster
  kServing,   // nobody waits while a session that fits him is free
  kError,     // an ERROR is an answer, whatever its class: it is not told as a loss
  kFence,     // no node is taken for fenced that is not
  kDown,      // no node is taken for down that is not
  // Of what the core is built on.
  kTimers,     // each timer fires
  kOrder,      // requests are handed over in the order in which they were made
  kClose,      // a session that is closed is gone from its server
  kPromotion,  // who is promoted has all that a standby has confirmed
  kLeaving,    // a session hears that it has to go
};

extern Rule broken;

/// Their names on the command line.
inline constexpr const char* kRuleNames[] = {"none",    "retry", "outcome",   "epoch",  "identity",
                                             "serving", "error", "fence",     "down",   "timers",
                                             "order",   "close", "promotion", "leaving"};

}  // namespace hdb::sim
