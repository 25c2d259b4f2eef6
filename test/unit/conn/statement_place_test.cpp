#include "conn/statement_place.hpp"

#include <string>

#include "gtest/gtest.h"

namespace hdb {
namespace {

std::string refusal(const char* sql, Place place) {
  const auto error = misplaced(sql, place);
  if (!error) return "";
  EXPECT_EQ(error->kind, ErrorKind::kConfiguration);
  EXPECT_EQ(error->outcome, Outcome::kNotSent);
  return error->message;
}

void expect_refused(std::initializer_list<const char*> texts, Place place, const std::string& way) {
  for (const char* sql : texts) EXPECT_NE(refusal(sql, place).find(way), std::string::npos) << sql;
}

TEST(StatementPlace, APoolTakesNoTransactionControl) {
  expect_refused({"begin", "BEGIN isolation level serializable", "start transaction", "commit", "end",
                  "rollback", "abort", "savepoint a", "release a", "rollback to a", "prepare transaction 'a'",
                  "/* b */ -- c\n begin"},
                 Place::kAlone, "pool.transaction(work), or pool.begin()");
  expect_refused({"begin", "commit", "savepoint a", "prepare transaction 'a'"}, Place::kBatch,
                 "no place in a batch");
}

TEST(StatementPlace, APoolTakesNothingThatChangesASession) {
  for (const Place place : {Place::kAlone, Place::kBatch}) {
    expect_refused({"set work_mem = '1MB'", "set session work_mem = 1", "SET role x", "reset all",
                    "discard all", "set session authorization x"},
                   place, "`onConnect`");
    expect_refused({"listen a", "unlisten *"}, place, "session of its own");
    expect_refused({"prepare a as select 1"}, place, "`prepare`");
    expect_refused({"create temp table t (x int)", "create temporary table t as select 1",
                    "create local temp table t ()", "create or replace temp view v as select 1"},
                   place, "ON COMMIT DROP");
    expect_refused({"select pg_advisory_lock(1)", "SELECT PG_ADVISORY_LOCK(1)",
                    "select 1 where pg_catalog.pg_try_advisory_lock(1)"},
                   place, "pg_advisory_xact_lock");
  }
  expect_refused({"set local work_mem = 1", "set transaction read only", "set constraints all deferred"},
                 Place::kAlone, "pool.transaction(work)");
}

TEST(StatementPlace, ATransactionIsEndedByItsMethods) {
  expect_refused({"begin", "start transaction"}, Place::kTransaction, "tx.savepoint(work)");
  expect_refused({"commit", "end", "commit and chain"}, Place::kTransaction, "tx.commit()");
  expect_refused({"rollback", "abort", "rollback work"}, Place::kTransaction, "tx.rollback()");
  expect_refused({"set work_mem = 1", "set role x"}, Place::kTransaction, "SET LOCAL");
  expect_refused({"create temp table t (x int)"}, Place::kTransaction, "ON COMMIT DROP");
  expect_refused({"select pg_advisory_lock(1)"}, Place::kTransaction, "pg_advisory_xact_lock()");
}

TEST(StatementPlace, ABatchTakesNothingThatCommitsByItself) {
  expect_refused({"call p()", "do $$ begin commit; end $$", "vacuum t",
                  "create index concurrently i on t (a)", "drop index concurrently i",
                  "reindex table concurrently t", "create database d", "alter system set a = 1"},
                 Place::kBatch, "all or nothing");
}

TEST(StatementPlace, AllElseMayBeSent) {
  for (const char* sql :
       {"select 1", "", "insert into t values ('begin')", "select 'pg_advisory_lock'",
        "select pg_advisory_xact_lock(1)", "with a as (select 1) select * from a", "create table t (x int)",
        "commit prepared 'a'", "rollback prepared 'a'", "notify a", "execute a", "\"begin\"",
        "create table temp (x int)", "select temp from temporary", "update t set a = 1", "deallocate all",
        "select \"pg_advisory_lock\" from t"}) {
    for (const Place place : {Place::kAlone, Place::kBatch, Place::kTransaction})
      EXPECT_EQ(refusal(sql, place), "") << sql;
  }
  for (const char* sql :
       {"call p()", "do $$ begin end $$", "vacuum t", "create index concurrently i on t (a)"})
    EXPECT_EQ(refusal(sql, Place::kAlone), "") << sql;
  for (const char* sql : {"set local a = 1", "set constraints all deferred", "set transaction read only"}) {
    EXPECT_EQ(refusal(sql, Place::kBatch), "") << sql;
    EXPECT_EQ(refusal(sql, Place::kTransaction), "") << sql;
  }
  for (const char* sql :
       {"savepoint a", "release a", "release savepoint a", "rollback to a", "rollback work to savepoint a",
        "rollback transaction to a", "create temp table t (x int) on commit drop", "prepare transaction 'a'"})
    EXPECT_EQ(refusal(sql, Place::kTransaction), "") << sql;
}

}  // namespace
}  // namespace hdb
