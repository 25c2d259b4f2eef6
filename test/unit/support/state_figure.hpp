// state_figure: the figure of a table of states, as docs/STATE_MACHINES.md shows it.
// Thread: one.
#pragma once

#include <cstddef>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace hdb::test {

/// Calls `f(state, event)` for every cell.
template <class State, class Event, class F>
void each_cell(std::size_t states, std::size_t events, F f) {
  for (std::size_t s = 0; s < states; ++s) {
    for (std::size_t e = 0; e < events; ++e) f(static_cast<State>(s), static_cast<Event>(e));
  }
}

/// From the first state of `State` to its last one.
template <class State, class Event>
std::string figure(std::size_t states, std::size_t events) {
  const auto last = static_cast<State>(states - 1);
  std::map<std::pair<State, State>, std::string> arrows;
  each_cell<State, Event>(states, events, [&](State state, Event event) {
    const auto move = next(state, event);
    using Kind = decltype(move.kind);
    if (move.kind == Kind::kBug || state == last) return;
    std::string& text = arrows[{state, move.kind == Kind::kGo ? move.to : state}];
    text += (text.empty() ? "" : ", ") + std::string(name_of(event));
  });
  std::string out = "```mermaid\nstateDiagram-v2\n    [*] --> " + std::string(name_of(State{})) + "\n";
  for (const auto& [ends, names] : arrows) {
    out += std::string("    ") + name_of(ends.first) + " --> " + name_of(ends.second) + ": " + names + "\n";
  }
  return out + "    " + name_of(last) + " --> [*]\n```\n";
}

inline void expect_in_documentation(const std::string& figure) {
  std::ifstream file(HDB_TEST_DIR "/../docs/STATE_MACHINES.md");
  ASSERT_TRUE(file) << "docs/STATE_MACHINES.md is missing";
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find(figure), std::string::npos) << "docs/STATE_MACHINES.md should hold this figure:\n"
                                                        << figure;
}

}  // namespace hdb::test
