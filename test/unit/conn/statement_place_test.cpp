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
                    "create local temp table t ()", "create or replace temp view v as select 1",
                    "create or replace local temp view v as select 1", "create table pg_temp.t (x int)",
                    "create table if not exists pg_temp . t ()", "create table \"pg_temp\".t ()",
                    "create function pg_temp.f() returns int language sql as ''", "select 1 into temp t",
                    "SELECT 1 INTO TEMPORARY TABLE t", "select 1 as x into local temp \"from\"",
                    "with a as (select 1) select * into pg_temp.t from a", "select 1 into temp temp",
                    "explain analyze create temp table t as select 1",
                    "explain (analyze, format json) select 1 into temp t"},
                   place, "ON COMMIT DROP");
    expect_refused({"select pg_advisory_lock(1)", "SELECT PG_ADVISORY_LOCK(1)",
                    "select 1 where pg_catalog.pg_try_advisory_lock(1)", "select Pg_Advisory_Lock(1)",
                    "select \"pg_advisory_lock\"(1)", "explain analyze select pg_advisory_lock(1)",
                    "select pg_advisory_lock /* a */ (1)"},
                   place, "pg_advisory_xact_lock");
    expect_refused(
        {"declare c cursor with hold for select 1", "DECLARE c NO SCROLL CURSOR WITH HOLD FOR table t"},
        place, "WITH HOLD");
  }
  expect_refused({"set local work_mem = 1", "set transaction read only", "set constraints all deferred"},
                 Place::kAlone, "pool.transaction(work)");
}

TEST(StatementPlace, NothingChangesWhatAllValuesAreReadBy) {
  for (const Place place : {Place::kAlone, Place::kBatch, Place::kTransaction}) {
    expect_refused({"set client_encoding = 'latin1'", "set local client_encoding to latin1",
                    "SET NAMES 'latin1'", "set session datestyle = 'SQL'", "set local DateStyle = 'SQL, DMY'",
                    "select set_config('client_encoding', 'latin1', true)",
                    "select pg_catalog.Set_Config('DateStyle', $1, true)"},
                   place, "stay as they are");
  }
}

TEST(StatementPlace, ATransactionIsEndedByItsMethods) {
  expect_refused({"begin", "start transaction"}, Place::kTransaction, "tx.savepoint(work)");
  expect_refused({"commit", "end", "commit and chain"}, Place::kTransaction, "tx.commit()");
  expect_refused({"rollback", "abort", "rollback work"}, Place::kTransaction, "tx.rollback()");
  expect_refused({"set work_mem = 1", "set role x"}, Place::kTransaction, "SET LOCAL");
  expect_refused({"prepare transaction 'a'"}, Place::kTransaction, "nobody could tell what became of it");
  expect_refused({"create temp table t (x int)", "create temp table t as select 1 as drop",
                  "create temp table t (\"on\" int, \"commit\" int, drop int)", "select 1 into temp t",
                  "explain analyze create temp table t as select 1"},
                 Place::kTransaction, "ON COMMIT DROP");
  expect_refused({"declare c cursor with hold for select 1"}, Place::kTransaction, "WITH HOLD");
  expect_refused({"select pg_advisory_lock(1)"}, Place::kTransaction, "pg_advisory_xact_lock()");
}

TEST(StatementPlace, ABatchTakesNothingThatCommitsByItself) {
  expect_refused({"call p()", "do $$ begin commit; end $$", "vacuum t",
                  "create index concurrently i on t (a)", "drop index concurrently i",
                  "reindex table concurrently t", "create database d", "alter system set a = 1"},
                 Place::kBatch, "all or nothing");
}

TEST(StatementPlace, AllElseMayBeSent) {
  for (const char* sql : {"select 1",
                          "",
                          "insert into t values ('begin')",
                          "select 'pg_advisory_lock'",
                          "select pg_advisory_xact_lock(1)",
                          "with a as (select 1) select * from a",
                          "create table t (x int)",
                          "commit prepared 'a'",
                          "rollback prepared 'a'",
                          "notify a",
                          "execute a",
                          "\"begin\"",
                          "create table temp (x int)",
                          "select temp from temporary",
                          "update t set a = 1",
                          "deallocate all",
                          "select \"pg_advisory_lock\" from t",
                          "select app.pg_advisory_lock(1)",
                          "insert into temp values (1)",
                          "with a as (insert into temp values (1) returning x) select * from a",
                          "select 1 into temp from t",
                          "select 1 into \"temp\"",
                          "select 'x into temp y'",
                          "create table t as select * from pg_temp.u",
                          "create index on pg_temp.t (x)",
                          "explain select 1",
                          "explain (analyze) insert into t values (1)",
                          "merge into temp using u on true when matched then delete",
                          "select temp, into_temp from t",
                          "select set_config('a.b', 'c', true)",
                          "select current_setting('client_encoding')",
                          "select 'set_config of client_encoding'"}) {
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
        "rollback transaction to a", "create temp table t (x int) on commit drop",
        "create table pg_temp.t (x int) ON /**/ COMMIT--\rDROP", "declare c cursor for select 1",
        "declare c cursor without hold for select 1"})
    EXPECT_EQ(refusal(sql, Place::kTransaction), "") << sql;
}

}  // namespace
}  // namespace hdb
