#include "conn/name_scope.hpp"

#include <string>

#include "gtest/gtest.h"

namespace hdb {
namespace {

class NameScopeTest : public ::testing::Test {
 protected:
  void note(const std::string& sql) { scope.note(name_change_of(sql), sql, {}, {}); }
  NameScope scope;
};

TEST(NameChange, IsSeenInTheText) {
  const auto of = name_change_of;
  for (const char* sql : {"set local search_path = a", "SET search_path TO a, b", " /* x */ set schema 'a'",
                          "select set_config('search_path', $1, true)", "set session search_path = a"})
    EXPECT_EQ(of(sql), NameChange::kPath) << sql;
  for (const char* sql : {"set role a", "set local role a", "set session authorization a"})
    EXPECT_EQ(of(sql), NameChange::kRole) << sql;
  for (const char* sql : {"alter table t add a int", "drop table t", "create table t (a int)", "reset all"})
    EXPECT_EQ(of(sql), NameChange::kTables) << sql;
  EXPECT_EQ(of("rollback to a"), NameChange::kUndo);
  for (const char* sql : {"select 1", "set local work_mem = '1MB'", "create temp table t (a int)",
                          "insert into t values (1)", "update t set a = 1", ""})
    EXPECT_EQ(of(sql), NameChange::kNone) << sql;
}

TEST_F(NameScopeTest, IsTheSameForTheSamePath) {
  EXPECT_EQ(scope.key(), "");
  note("set local search_path = a");
  const std::string a = scope.key();
  EXPECT_NE(a, "");
  scope.end(true);
  EXPECT_EQ(scope.key(), "");
  note("set local search_path = b");
  EXPECT_NE(scope.key(), a);
  note("set local search_path = a");
  EXPECT_EQ(scope.key(), a);
  note("set local role r");
  EXPECT_NE(scope.key(), a);
  scope.end(false);
  EXPECT_EQ(scope.key(), "");
}

TEST_F(NameScopeTest, StaysWhereItIsNotLocalAndCommitted) {
  note("set search_path = a");
  const std::string a = scope.key();
  scope.end(true);
  EXPECT_EQ(scope.key(), a);
  note("set search_path = b");
  scope.end(false);
  EXPECT_EQ(scope.key(), a);
}

TEST_F(NameScopeTest, IsItsOwnAfterDDLOrAnUndoneChange) {
  note("rollback to s");
  EXPECT_EQ(scope.key(), "");
  note("alter table t add a int");
  const std::string first = scope.key();
  note("rollback to s");
  EXPECT_NE(scope.key(), first);
  scope.end(true);
  EXPECT_EQ(scope.key(), "");
  note("alter table t add a int");
  EXPECT_NE(scope.key(), first);
}

}  // namespace
}  // namespace hdb
