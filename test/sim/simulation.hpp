// Simulation: one pool on a cluster of model nodes, under random work and random faults, in time that stands
// still unless it is moved. What the client says is held against what the nodes show. The same seed is the
// same run. Thread: one.
#pragma once

#include <cstdint>
#include <string>

namespace hdb::sim {

struct Report {
  std::uint64_t promotions = 0;
  std::uint64_t failovers =
      0;  // of those, the ones that the client has followed; others were overtaken by the next
  std::uint64_t settled = 0;
  std::uint64_t stored = 0;
  std::uint64_t in_doubt = 0;
  std::uint64_t digest = 0;  // of what happened and when
  std::string violation;     // of the first rule that did not hold; empty: all did
};

Report run(std::uint64_t seed);

}  // namespace hdb::sim
