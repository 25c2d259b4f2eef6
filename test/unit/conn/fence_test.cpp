#include "conn/fence.hpp"

#include "gtest/gtest.h"
#include "test/unit/support/fake_session.hpp"

namespace hdb {
namespace {

TEST(NodeState, IsReadFromWhatTheServerReports) {
  EXPECT_EQ(node_state("off", "off", false), NodeState::kWritable);
  EXPECT_EQ(node_state("on", "off", false), NodeState::kReadOnly);
  EXPECT_EQ(node_state("off", "on", false), NodeState::kInRecovery);
  EXPECT_EQ(node_state("on", "on", false), NodeState::kInRecovery);
}

TEST(NodeState, IsUnreportedByOldServers) {
  EXPECT_EQ(node_state("", "", false), NodeState::kUnreported);
  EXPECT_EQ(node_state("", "", true), NodeState::kUnreported);
}

TEST(NodeState, ASessionThatIsReadOnlyByItsOwnSettingSaysNothingOfTheFence) {
  EXPECT_EQ(node_state("on", "off", true), NodeState::kWritable);
  EXPECT_EQ(node_state("on", "on", true), NodeState::kInRecovery);
}

TEST(Guards, FailByTheirOwnTextInAnyLanguage) {
  EXPECT_TRUE(is_guard_failure(
      test::report("22P02", "invalid input syntax for type integer: \"hyperiondb: not writable\"")));
  EXPECT_TRUE(is_guard_failure(
      test::report("22P02", "ungültige Eingabesyntax für Typ integer: »hyperiondb: not writable«")));
  EXPECT_FALSE(is_guard_failure(test::report("22P02", "invalid input syntax for type integer: \"x\"")));
  EXPECT_FALSE(is_guard_failure(test::report("25006", "hyperiondb: not writable")));
}

TEST(Guards, NeverSayReadWrite) {
  // READ WRITE would open a fenced node.
  for (const std::string& sql : {statement_guard(), commit_guard()}) {
    EXPECT_EQ(sql.find("read write"), std::string::npos);
    EXPECT_NE(sql.find("hyperiondb: not writable"), std::string::npos);
  }
}

}  // namespace
}  // namespace hdb
