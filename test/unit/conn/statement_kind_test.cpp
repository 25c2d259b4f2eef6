#include "conn/statement_kind.hpp"

#include <string>

#include "gtest/gtest.h"

namespace hdb {
namespace {

TEST(StatementKind, PlainReads) {
  for (const char* sql : {
           "select 1",
           "  SELECT * FROM t WHERE a = $1",
           "select count(*), sum(x), max (y) from t group by z having count(*) > 1",
           "values (1), (2)",
           "table t",
           "show server_version",
           "with a as (select 1) select * from a",
           "WITH RECURSIVE a AS (SELECT 1 UNION ALL SELECT 1) SELECT * FROM a",
           "select 'insert into t'",
           "select E'it\\'s (delete)' from t",
           "select $$delete from t$$",
           "select $tag$ update $$ $tag$",
           "select \"update\" from t",
           "select 1 -- insert",
           "select /* insert /* nested */ delete */ 1",
           "-- a remark\nselect 1",
           "/* a remark */ select 1",
           "(select 1) union (select 2)",
           "select a from t where b in (1, 2) and exists (select 1 from u)",
           "select coalesce(a, b), lower(c) from t order by 1 limit 5 offset 2",
           "select row_number() over (partition by a order by b) from t",
           "select $1::int, $2",
           "select now()",
           "select pg_catalog.left('room', 1), \"pg_catalog\".lower('x')",
           "select a from t where t.a in (1, 2)",
           "select a as \"it's\" from t",
       }) {
    const StatementKind kind = kind_of_statement(sql);
    EXPECT_TRUE(kind.is_plain_read) << sql;
    EXPECT_TRUE(kind.reads) << sql;
    EXPECT_FALSE(kind.may_commit) << sql;
    EXPECT_FALSE(kind.changes_session) << sql;
  }
}

TEST(StatementKind, ReadsThatMayWrite) {
  for (const char* sql : {
           "select nextval('s')",
           "select my_function()",
           "select my_function ()",
           "select app.do_it(1)",
           "select \"Quoted\"(1)",
           "select * from t for update",
           "select * from t for no key update",
           "select * from t for share",
           "select * into u from t",
           "with a as (insert into t values (1) returning *) select * from a",
           "with a as (delete from t returning *) select * from a",
           "select pg_advisory_lock(1)",
           "select pg_notify('a', 'b')",
           "select setval('s', 1)",
           "select set_config('a', 'b', false)",
           "select lo_unlink(1)",
           "select dblink_exec('...')",
           "select * from writing_function(1)",
           "select 'a' /* ( */, f(1)",
           "select chat.left('room')",
           "select chat . left ('room')",
           "select chat/**/./**/left/**/('room')",
           "select \"pg_catalog \".left('room')",
           "select left/**/('x'), f/**/('room')",
       }) {
    const StatementKind kind = kind_of_statement(sql);
    EXPECT_TRUE(kind.reads) << sql;
    EXPECT_FALSE(kind.is_plain_read) << sql;
  }
}

TEST(StatementKind, Writes) {
  for (const char* sql :
       {"insert into t values (1)", "update t set a = 1", "delete from t",
        "merge into t using u on true when matched then delete", "truncate t", "copy t from stdin",
        "explain analyze delete from t", "", "   ", ";", "lock table t", "execute p"}) {
    const StatementKind kind = kind_of_statement(sql);
    EXPECT_FALSE(kind.is_plain_read) << sql;
    EXPECT_FALSE(kind.reads) << sql;
    EXPECT_FALSE(kind.may_commit) << sql;
  }
}

TEST(StatementKind, StatementsThatCommitInSteps) {
  for (const char* sql :
       {"call p()", "do $$ begin commit; end $$", "vacuum t", "VACUUM", "analyze t, u", "cluster",
        "reindex database d", "create index concurrently i on t (a)", "/* a */ Drop Index CONCURRENTLY i",
        "alter table t detach partition u concurrently"}) {
    EXPECT_TRUE(kind_of_statement(sql).commits_inside) << sql;
  }
  for (const char* sql :
       {"commit", "create table t (a int)", "create index i on t (a)", "drop table t",
        "insert into t values ('call')", "select call from concurrently", "explain analyze select 1"}) {
    EXPECT_FALSE(kind_of_statement(sql).commits_inside) << sql;
  }
}

TEST(StatementKind, StatementsThatMayCommitByThemselves) {
  for (const char* sql :
       {"commit", "COMMIT WORK", "end", "rollback", "prepare transaction 'a'", "call p()",
        "do $$ begin commit; end $$", "vacuum t", "create index concurrently i on t (a)",
        "create table t (a int)", "drop table t", "alter table t add b int", "reindex table t", "cluster t",
        "refresh materialized view m", "begin", "start transaction", "abort"}) {
    EXPECT_TRUE(kind_of_statement(sql).may_commit) << sql;
    EXPECT_FALSE(kind_of_statement(sql).is_plain_read) << sql;
  }
}

TEST(StatementKind, StatementsThatChangeTheSession) {
  for (const char* sql : {"set search_path to a", "SET LOCAL x = 1", "reset all", "discard all", "listen c",
                          "unlisten *", "deallocate all", "load 'x'"}) {
    EXPECT_TRUE(kind_of_statement(sql).changes_session) << sql;
    EXPECT_FALSE(kind_of_statement(sql).is_plain_read) << sql;
  }
}

TEST(StatementKind, UnfinishedQuotesAndCommentsDoNoHarm) {
  for (const char* sql : {"select 'abc", "select \"abc", "select /* abc", "select $$abc", "select $a$ abc",
                          "select --", "select $", "select $1", "select e'\\", "select '\\'"}) {
    kind_of_statement(sql);
  }
  std::string sql = "select ";
  for (int i = 0; i < 256; ++i) kind_of_statement(sql += static_cast<char>(i));
}

TEST(StatementKind, ABackslashEndsNoPlainString) {
  // With standard_conforming_strings the string ends at the second quote, and the call is seen.
  EXPECT_FALSE(kind_of_statement("select 'a\\', f('b')").is_plain_read);
  // An escape string goes on.
  EXPECT_TRUE(kind_of_statement("select E'a\\', f(''b'").is_plain_read);
}

TEST(StatementKind, APrefixThatEndsWithEIsNoEscapeString) {
  // "type'x\'" is a cast of a plain string by a type whose name ends with e.
  EXPECT_FALSE(kind_of_statement("select date'\\', f('x')").is_plain_read);
}

}  // namespace
}  // namespace hdb
