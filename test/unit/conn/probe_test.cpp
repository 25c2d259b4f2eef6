#include "conn/probe.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "support/made_result.hpp"

namespace hdb {
namespace {

using test::MadeResult;
using test::Row;

TEST(Probe, ReadsAPrimary) {
  const MadeResult made(
      {{"f", "off", "7000000000000000001", "0000001A", "16/B374D848",
        "node=1 state=up decided_primary=1 seq=7 quorum=true", std::nullopt, std::nullopt}});
  const auto facts = read_probe(made.result, false);
  ASSERT_TRUE(facts.ok());
  EXPECT_FALSE(facts->in_recovery);
  EXPECT_EQ(facts->read_only, false);
  EXPECT_EQ(facts->system_identifier, "7000000000000000001");
  EXPECT_EQ(facts->timeline, 26u);
  EXPECT_EQ(facts->lsn, 0x16B374D848u);
  EXPECT_EQ(facts->sequence, 7);
}

TEST(Probe, ReadsAStandby) {
  const MadeResult made(
      {{"t", "off", "7000000000000000001", "1a", "0/3000148", std::nullopt, std::nullopt, std::nullopt}});
  const auto facts = read_probe(made.result, false);
  ASSERT_TRUE(facts.ok());
  EXPECT_TRUE(facts->in_recovery);
  EXPECT_EQ(facts->timeline, 26u);
  EXPECT_EQ(facts->lsn, 0x3000148u);
  EXPECT_EQ(facts->sequence, 0);
}

TEST(Probe, TheTimelineOfAStandbyIsCertainOnlyWhereItsReceiverMayBeSeen) {
  const MadeResult seen({{"t", "off", "7", "1", "0/1", std::nullopt, std::nullopt, "2"}});
  EXPECT_EQ(read_probe(seen.result, false)->timeline, 2u);
  EXPECT_FALSE(read_probe(seen.result, false)->is_timeline_least);
  const MadeResult hidden({{"t", "off", "7", "1", "0/1", std::nullopt, std::nullopt, std::nullopt}});
  EXPECT_EQ(read_probe(hidden.result, false)->timeline, 1u);
  EXPECT_TRUE(read_probe(hidden.result, false)->is_timeline_least);
}

TEST(Probe, ReadsAFencedNode) {
  const MadeResult made({{"f", "on", "7000000000000000001", "00000001", "0/1", std::nullopt,
                          "configuration file", std::nullopt}});
  EXPECT_EQ(read_probe(made.result, false)->read_only, true);
}

TEST(Probe, ARestrictedSessionSaysNothingOfTheFence) {
  const MadeResult made(
      {{"f", "on", "7000000000000000001", "00000001", "0/1", std::nullopt, "client", std::nullopt}});
  EXPECT_EQ(read_probe(made.result, true)->read_only, std::nullopt);
}

TEST(Probe, ASettingOfTheSessionsOwnSaysNothingOfTheFence) {
  for (const char* source : {"user", "database", "database user", "global", "client", "session"}) {
    const MadeResult made(
        {{"f", "on", "7000000000000000001", "00000001", "0/1", std::nullopt, source, std::nullopt}});
    const auto facts = read_probe(made.result, false);
    ASSERT_TRUE(facts.ok());
    EXPECT_EQ(facts->read_only, std::nullopt) << source;
    EXPECT_EQ(facts->own_setting, source);
  }
  for (const char* source : {"default", "environment variable", "configuration file", "command line"}) {
    const MadeResult made(
        {{"f", "on", "7000000000000000001", "00000001", "0/1", std::nullopt, source, std::nullopt}});
    EXPECT_EQ(read_probe(made.result, false)->read_only, true) << source;
  }
}

TEST(Probe, WhatMayNotBeReadIsLeftOut) {
  const MadeResult made(
      {{"f", "off", std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::nullopt}});
  const auto facts = read_probe(made.result, false);
  ASSERT_TRUE(facts.ok());
  EXPECT_EQ(facts->system_identifier, "");
  EXPECT_EQ(facts->timeline, 0u);
  EXPECT_EQ(facts->lsn, 0u);
}

TEST(Probe, AMalformedAnswerIsRefused) {
  const std::vector<Row> none;
  EXPECT_FALSE(read_probe(MadeResult(none, 8).result, false).ok());
  EXPECT_FALSE(read_probe(MadeResult({{"f", "off", "1", "1", "0/0", "", "", std::nullopt},
                                      {"f", "off", "1", "1", "0/0", "", "", std::nullopt}})
                              .result,
                          false)
                   .ok());
  EXPECT_FALSE(read_probe(MadeResult({{"f", "off"}}, 2).result, false).ok());
  EXPECT_FALSE(
      read_probe(MadeResult({{"f", "off", "1", "xyz", "0/0", "", "", std::nullopt}}).result, false).ok());
  for (const char* lsn : {"0", "/", "0/", "/0", "0/x", "0/0 "}) {
    EXPECT_FALSE(
        read_probe(MadeResult({{"f", "off", "1", "1", lsn, "", "", std::nullopt}}).result, false).ok())
        << lsn;
  }
}

}  // namespace
}  // namespace hdb
