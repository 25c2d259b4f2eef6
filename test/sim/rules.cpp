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
#define candidates real_candidates
#include "src/cluster/selector.cpp"
#undef candidates

namespace hdb {

namespace sim {
Rule broken = Rule::kNone;
}

Verdict verdict_of(const Error& error, const Attempt& attempt);
Error as_told(Error error, const Attempt& attempt);
Topology reduce(const Topology& before, const TopologyEvent& event);
Candidates candidates(Mode mode, const Topology& topology);

Verdict verdict_of(const Error& error, const Attempt& attempt) {
  const bool is_open = error.kind == ErrorKind::kConnectionLost && error.outcome == Outcome::kUnknown;
  if (sim::broken == sim::Rule::kRetry && is_open) return Verdict::kElsewhere;
  return real_verdict_of(error, attempt);
}

Error as_told(Error error, const Attempt& attempt) {
  if (sim::broken == sim::Rule::kOutcome && error.outcome == Outcome::kUnknown)
    error.outcome = Outcome::kNotExecuted;
  if (sim::broken == sim::Rule::kError && error.server && error.code.starts_with("XX"))
    error.outcome = Outcome::kUnknown;
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
  const bool is_odd = event.kind == TopologyEvent::Kind::kProbed && ms_between({}, event.at) % 32 == 0;
  if (sim::broken == sim::Rule::kFence && is_odd) {
    TopologyEvent fenced = event;
    fenced.facts.in_recovery = false;
    fenced.facts.read_only = true;
    return real_reduce(known, fenced);
  }
  if (sim::broken == sim::Rule::kDown && is_odd) {
    TopologyEvent failed = event;
    failed.kind = TopologyEvent::Kind::kFailed;
    failed.is_conclusive = true;
    return real_reduce(known, failed);
  }
  return real_reduce(known, event);
}

Candidates candidates(Mode mode, const Topology& topology) {
  const bool has_standby = std::any_of(topology.hosts.begin(), topology.hosts.end(),
                                       [](const Host& host) { return host.role == HostRole::kStandby; });
  if (sim::broken == sim::Rule::kServing && mode == Mode::kReadWrite && !has_standby) return {};
  return real_candidates(mode, topology);
}

}  // namespace hdb
