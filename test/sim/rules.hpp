// rules: the rules of the core, and of the model, one of which can be broken to see that the simulation
// notices. Thread: one.
#pragma once

#include <string>

namespace hdb::sim {

enum class Rule {
  kNone,
  // Of the core.
  kRetry,     // what may have run is not sent again without permission
  kOutcome,   // what may have run is not told as if it had not
  kEpoch,     // nothing goes to an older timeline than one that was seen
  kIdentity,  // nothing goes to a node of another cluster
  // Of what the core is built on.
  kTimers,     // each timer fires
  kOrder,      // requests are handed over in the order in which they were made
  kClose,      // a session that is closed is gone from its server
  kPromotion,  // who is promoted has all that a standby has confirmed
};

extern Rule broken;

/// Their names on the command line.
inline constexpr const char* kRuleNames[] = {"none",   "retry", "outcome", "epoch",    "identity",
                                             "timers", "order", "close",   "promotion"};

}  // namespace hdb::sim
