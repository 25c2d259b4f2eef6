// selector: mode + topology → the hosts that may serve it, best first.
// Thread: any; pure.
// Not here: how busy each host is (the pool ranks equals by that).
#pragma once

#include <cstdint>
#include <vector>

#include "api/options.hpp"
#include "cluster/topology.hpp"

namespace hdb {

struct Candidates {
  std::vector<const Host*> hosts;    // of equal worth
  std::vector<const Host*> unknown;  // never answered; raced while `hosts` is empty
};

/// Lower is better; negative: never used for this mode.
int rank(Mode mode, HostRole role);
Candidates candidates(Mode mode, const Topology& topology);

}  // namespace hdb
