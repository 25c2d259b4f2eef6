// The rules of the core are free functions: these stand in front of them, and the linker takes nothing else.
#include "rules.hpp"

#define verdict_of real_verdict_of
#define as_told real_as_told
#include "src/pool/retry.cpp"
#undef verdict_of
#undef as_told
#define reduce real_reduce
#include "src/cluster/topology.cpp"
#undef reduce

namespace hdb {

namespace sim {
Rule broken = Rule::kNone;
}

Verdict verdict_of(const Error& error, const Attempt& attempt);
Error as_told(Error error, const Attempt& attempt);
Topology reduce(const Topology& before, const TopologyEvent& event);

Verdict verdict_of(const Error& error, const Attempt& attempt) {
  const bool is_open = error.kind == ErrorKind::kConnectionLost && error.outcome == Outcome::kUnknown;
  if (sim::broken == sim::Rule::kRetry && is_open) return Verdict::kElsewhere;
  return real_verdict_of(error, attempt);
}

Error as_told(Error error, const Attempt& attempt) {
  if (sim::broken == sim::Rule::kOutcome && error.outcome == Outcome::kUnknown)
    error.outcome = Outcome::kNotExecuted;
  return real_as_told(std::move(error), attempt);
}

Topology reduce(const Topology& before, const TopologyEvent& event) {
  Topology known = before;
  if (sim::broken == sim::Rule::kEpoch) {
    known.newest = {};
    for (Host& host : known.hosts) {
      if (!(host.address == event.host)) host.role = HostRole::kDown;
    }
  }
  if (sim::broken == sim::Rule::kIdentity) known.system_identifier = event.facts.system_identifier;
  return real_reduce(known, event);
}

}  // namespace hdb
