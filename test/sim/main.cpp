// hdb_sim: simulated failovers by the thousand.
//   hdb_sim [--failovers N] [--first SEED] [--step K] [--seed SEED] [--break RULE]
// Seeds are played from `first` on, every `step`th, until the client has followed N failovers; --seed plays
// one, HDB_SIM_TRACE=1 shows what happens in it. The last line is what was seen, as JSON. Exit code 1: a rule
// did not hold.
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <string>

#include "rules.hpp"
#include "simulation.hpp"

namespace {

using hdb::sim::Report;

struct Arguments {
  std::uint64_t failovers = 3000;
  std::uint64_t first = 1;
  std::uint64_t step = 1;
  bool is_one = false;
};

bool read(int count, char** given, Arguments& into) {
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string name = given[i];
    const std::uint64_t number = std::strtoull(given[i + 1], nullptr, 10);
    if (name == "--failovers") {
      into.failovers = number;
    } else if (name == "--first") {
      into.first = number;
    } else if (name == "--step") {
      into.step = number;
    } else if (name == "--seed") {
      into.first = number;
      into.is_one = true;
    } else if (name == "--break") {
      const auto* end = std::end(hdb::sim::kRuleNames);
      const auto* rule = std::begin(hdb::sim::kRuleNames);
      while (rule != end && std::strcmp(*rule, given[i + 1]) != 0) ++rule;
      if (rule == end) return false;
      hdb::sim::broken = static_cast<hdb::sim::Rule>(rule - std::begin(hdb::sim::kRuleNames));
    } else {
      return false;
    }
  }
  return count % 2 == 1 && into.step > 0;
}

std::uint64_t played = 0;

/// A process that dies is the worst that can be seen: which seed it was must not be lost with it.
void on_death(int signal) {
  char text[96];
  const int length = std::snprintf(text, sizeof text, "\nseed %llu the process died of signal %d\n",
                                   static_cast<unsigned long long>(played), signal);
  if (length > 0 && ::write(STDERR_FILENO, text, static_cast<std::size_t>(length)) > 0) {
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

int main(int count, char** given) {
  Arguments arguments;
  if (!read(count, given, arguments)) {
    std::fprintf(stderr, "hdb_sim [--failovers N] [--first SEED] [--step K] [--seed SEED] [--break RULE]\n");
    return 2;
  }
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  std::signal(SIGSEGV, on_death);
#endif
  std::signal(SIGABRT, on_death);
  Report sum;
  std::uint64_t seeds = 0;
  std::uint64_t seed = arguments.first;
  auto told_at = std::chrono::steady_clock::now();
  for (;; seed += arguments.step) {
    played = seed;
    const Report one = hdb::sim::run(seed);
    ++seeds;
    sum.promotions += one.promotions;
    sum.failovers += one.failovers;
    sum.settled += one.settled;
    sum.stored += one.stored;
    sum.in_doubt += one.in_doubt;
    sum.digest ^= one.digest;
    sum.violation = one.violation;
    if (!one.violation.empty() || arguments.is_one || sum.failovers >= arguments.failovers) break;
    if (const auto now = std::chrono::steady_clock::now(); now - told_at > std::chrono::seconds(10)) {
      told_at = now;
      std::printf("%llu failovers\n", static_cast<unsigned long long>(sum.failovers));
      std::fflush(stdout);
    }
  }
  if (!sum.violation.empty())
    std::printf("seed %llu %s\n", static_cast<unsigned long long>(seed), sum.violation.c_str());
  const auto number = [](std::uint64_t value) { return std::to_string(value); };
  std::printf(
      R"({"seeds":%s,"promotions":%s,"failovers":%s,"settled":%s,"stored":%s,"inDoubt":%s,"digest":"%016llx","violation":%s})"
      "\n",
      number(seeds).c_str(), number(sum.promotions).c_str(), number(sum.failovers).c_str(),
      number(sum.settled).c_str(), number(sum.stored).c_str(), number(sum.in_doubt).c_str(),
      static_cast<unsigned long long>(sum.digest), sum.violation.empty() ? "null" : number(seed).c_str());
  return sum.violation.empty() ? 0 : 1;
}
