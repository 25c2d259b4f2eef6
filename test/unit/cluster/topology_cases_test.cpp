// Runs test/cases/topology/*.case: what is learnt about hosts, and what follows.
//
//   scenario <sentence>          begins a test; each begins with unknown hosts
//   hosts a b c
//   probe a primary tl=2         a was asked: primary, standby, fenced, or restricted (a session that cannot
//                                see the fence); tl: timeline, seq: decision number, id: system identifier,
//                                asked: how many ms ago the question was sent
//   fail a [refused]             a dial or probe failed; refused: nobody listens there; another word: its
//   code refuse a                     it answered and refuses our credentials fence a, recovery a          a
//   response said so list a c                     from now on these are the hosts roles a=primary b=standby
//   what all hosts are now events hostUp a primary; primaryChanged a <- none
//                                what was told since the last such line, in this order; "none": nothing
//   generation a 1               how often its sessions had to go
//   reason a <part of the text>
//
// Every event comes 10 ms after the one before; `same` in front of one: at the same moment.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "cluster/topology.hpp"
#include "gtest/gtest.h"

namespace hdb {
namespace {

constexpr const char* kRoles[] = {"unknown", "primary", "standby", "fenced", "quarantined", "down"};

struct Line {
  int number = 0;
  std::vector<std::string> words;
};
struct Scenario {
  std::string file;
  std::string sentence;
  std::vector<Line> lines;
};

/// Else GoogleTest shows its bytes, also those between the members.
void PrintTo(const Scenario& scenario, std::ostream* out) {
  *out << scenario.file << ": " << scenario.sentence;
}

std::vector<Scenario> scenarios() {
  std::vector<Scenario> all;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(HDB_TEST_DIR "/cases/topology")) {
    if (entry.path().extension() == ".case") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) {
    std::ifstream file(path);
    int number = 0;
    for (std::string text; std::getline(file, text);) {
      ++number;
      std::istringstream stream(text.substr(0, text.find('#')));
      Line line{number, {}};
      for (std::string word; stream >> word;) line.words.push_back(word);
      if (line.words.empty()) continue;
      if (line.words[0] == "scenario") {
        all.push_back({path.stem().string(), text.substr(9), {}});
      } else {
        if (all.empty() || all.back().file != path.stem().string())
          all.push_back({path.stem().string(), "(no sentence)", {}});
        all.back().lines.push_back(std::move(line));
      }
    }
  }
  return all;
}

HostAddress host(const std::string& name) { return {name, 5432}; }

std::string short_name(const std::string& text) { return text.substr(0, text.find(':')); }

std::string text_of(const ClusterEvent& event) {
  struct Visitor {
    std::string operator()(const PrimaryChangedEvent& e) const {
      return "primaryChanged " + short_name(e.host.value_or("none")) + " <- " +
             short_name(e.previous.value_or("none"));
    }
    std::string operator()(const FencedEvent& e) const { return "fenced " + short_name(e.host); }
    std::string operator()(const HostDownEvent& e) const { return "hostDown " + short_name(e.host); }
    std::string operator()(const HostUpEvent& e) const {
      return "hostUp " + short_name(e.host) + " " + kRoles[static_cast<int>(e.role)];
    }
    std::string operator()(const SplitBrainEvent& e) const {
      std::string text = "splitBrain";
      for (const std::string& name : e.hosts) text += " " + short_name(name);
      return text;
    }
    std::string operator()(const HoldEvent&) const { return "hold"; }
    std::string operator()(const DrainedEvent&) const { return "drained"; }
    std::string operator()(const SessionOpeningEvent&) const { return "sessionOpening"; }
    std::string operator()(const SessionOpenedEvent&) const { return "sessionOpened"; }
    std::string operator()(const SessionClosedEvent&) const { return "sessionClosed"; }
  };
  return std::visit(Visitor(), event);
}

class Runner {
 public:
  void run(const Scenario& scenario) {
    for (const Line& line : scenario.lines) {
      SCOPED_TRACE(scenario.file + ".case, line " + std::to_string(line.number));
      step(line.words);
      if (::testing::Test::HasFatalFailure()) return;
    }
  }

 private:
  void step(std::vector<std::string> words) {
    if (words[0] == "same") {
      words.erase(words.begin());
    } else {
      now_ += milliseconds(10);
    }
    const std::string verb = words[0];
    const std::vector<std::string> rest(words.begin() + 1, words.end());
    if (verb == "hosts") {
      topology_ = make_topology(hosts(rest));
    } else if (verb == "list") {
      topology_ = with_hosts(topology_, hosts(rest));
    } else if (verb == "roles") {
      std::string seen;
      for (const Host& h : topology_.hosts)
        seen += (seen.empty() ? "" : " ") + h.address.name + "=" + kRoles[static_cast<int>(h.role)];
      EXPECT_EQ(seen, join(rest));
      // What every caller relies on.
      EXPECT_LE(std::count_if(topology_.hosts.begin(), topology_.hosts.end(),
                              [](const Host& h) { return h.role == HostRole::kPrimary; }),
                1);
    } else if (verb == "events") {
      std::string seen;
      for (const std::string& event : std::exchange(events_, {})) seen += (seen.empty() ? "" : "; ") + event;
      EXPECT_EQ(seen.empty() ? "none" : seen, join(rest));
    } else if (verb == "generation") {
      EXPECT_EQ(topology_.find(host(rest.at(0)))->generation, static_cast<unsigned>(std::stoi(rest.at(1))));
    } else if (verb == "reason") {
      const std::string& reason = topology_.find(host(rest.at(0)))->reason;
      EXPECT_NE(reason.find(join({rest.begin() + 1, rest.end()})), std::string::npos) << reason;
    } else {
      event(verb, rest);
    }
  }

  void event(const std::string& verb, const std::vector<std::string>& rest) {
    TopologyEvent event{};
    event.at = now_;
    event.host = host(rest.at(0));
    if (verb == "probe") {
      event.kind = TopologyEvent::Kind::kProbed;
      HostFacts& facts = event.facts;
      facts.system_identifier = "1";
      facts.timeline = 1;
      for (std::size_t i = 1; i < rest.size(); ++i) {
        const std::string& word = rest[i];
        const std::string value = word.substr(word.find('=') + 1);
        if (word == "primary" || word == "fenced") {
          facts.read_only = word == "fenced";
        } else if (word == "standby") {
          facts.in_recovery = true;
          facts.read_only = false;
        } else if (word.starts_with("tl=")) {
          facts.timeline = static_cast<std::uint32_t>(std::stoul(value));
        } else if (word.starts_with("seq=")) {
          facts.sequence = std::stol(value);
        } else if (word.starts_with("id=")) {
          facts.system_identifier = value;
        } else if (word.starts_with("asked=")) {
          event.asked_at = now_ - milliseconds(std::stol(value));
        } else {
          ASSERT_EQ(word, "restricted");
        }
      }
    } else if (verb == "fail") {
      event.kind = TopologyEvent::Kind::kFailed;
      event.reason = "It did not answer.";
      event.is_conclusive = rest.size() > 1 && rest[1] == "refused";
      if (rest.size() > 1 && !event.is_conclusive) event.code = rest[1];
    } else if (verb == "refuse") {
      event.kind = TopologyEvent::Kind::kRefused;
      event.reason = "The password is wrong.";
      event.code = "28P01";
    } else if (verb == "fence") {
      event.kind = TopologyEvent::Kind::kFenceSeen;
    } else {
      ASSERT_EQ(verb, "recovery") << "no such verb";
      event.kind = TopologyEvent::Kind::kRecoverySeen;
    }
    const Topology before = topology_;
    topology_ = reduce(before, event);
    for (const ClusterEvent& e : diff(before, topology_)) events_.push_back(text_of(e));
  }

  static std::vector<HostAddress> hosts(const std::vector<std::string>& names) {
    std::vector<HostAddress> list;
    for (const std::string& name : names) list.push_back(host(name));
    return list;
  }
  static std::string join(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
  }

  Topology topology_;
  std::vector<std::string> events_;
  TimePoint now_ = TimePoint{} + std::chrono::hours(1);
};

class TopologyCase : public ::testing::TestWithParam<Scenario> {};

TEST_P(TopologyCase, Holds) {
  SCOPED_TRACE(GetParam().sentence);
  Runner().run(GetParam());
}

std::string test_name(const ::testing::TestParamInfo<Scenario>& info) {
  std::string name = info.param.file + "_" + info.param.sentence;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Topology, TopologyCase, ::testing::ValuesIn(scenarios()), test_name);

TEST(Topology, AHostThatWasNotListedBeforeWasUnknown) {
  Topology after = make_topology({host("a"), host("b"), host("c")});
  after.hosts[0].role = HostRole::kPrimary;
  after.hosts[0].facts.emplace().timeline = 3;
  after.hosts[1].role = HostRole::kDown;
  const std::vector<ClusterEvent> events = diff(Topology(), after);
  std::string seen;
  for (const ClusterEvent& event : events) seen += text_of(event) + "; ";
  EXPECT_EQ(seen, "hostUp a primary; hostDown b; primaryChanged a <- none; ");
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(std::get<PrimaryChangedEvent>(events.back()).timeline, 3u);
}

TEST(Topology, APrimaryThatIsListedNoMoreIsTold) {
  Topology before = make_topology({host("a")});
  before.hosts[0].role = HostRole::kPrimary;
  const std::vector<ClusterEvent> events = diff(before, make_topology({host("b")}));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(text_of(events[0]), "primaryChanged none <- a");
}

TEST(Topology, AShortageSaysNothingOfTheHost) {
  for (const char* code : {"53300", "EMFILE", "ENFILE", "ENOMEM"}) EXPECT_TRUE(is_shortage(code)) << code;
  for (const char* code : {"", "53200", "57P03", "ECONNREFUSED", "ETIMEDOUT"})
    EXPECT_FALSE(is_shortage(code)) << code;
}

}  // namespace
}  // namespace hdb
