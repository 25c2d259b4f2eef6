#include "pq/server_report.hpp"

#include "gtest/gtest.h"

namespace hdb::pq {
namespace {

TEST(SqlstateIn, FindsTheCodeThatVerboseMessagesCarry) {
  EXPECT_EQ(
      sqlstate_in(
          "connection to server at \"127.0.0.1\", port 5432 failed: FATAL:  28P01: password authentication "
          "failed for user \"app\"\nLOCATION:  auth_failed, auth.c:326"),
      "28P01");
  EXPECT_EQ(sqlstate_in("FATAL:  3D000: database \"none\" does not exist"), "3D000");
  EXPECT_EQ(sqlstate_in("FATAL:  57P03: the database system is starting up"), "57P03");
}

TEST(SqlstateIn, ReadsALocalisedSeverity) {
  EXPECT_EQ(sqlstate_in("SCHWERWIEGEND:  53300: zu viele Verbindungen"), "53300");
}

TEST(SqlstateIn, IsEmptyWithoutACode) {
  EXPECT_EQ(sqlstate_in(""), "");
  EXPECT_EQ(sqlstate_in("Connection refused"), "");
  EXPECT_EQ(sqlstate_in("FATAL:  password authentication failed"), "");
  EXPECT_EQ(sqlstate_in("FATAL:  28p01: lower case is no code"), "");
  EXPECT_EQ(sqlstate_in("FATAL:  28P01"), "");
  EXPECT_EQ(sqlstate_in("a:  b:  28000: the second one"), "28000");
}

TEST(NodeCodeFor, NamesWhatLibpqDescribes) {
  EXPECT_EQ(node_code_for("connection to server failed: Connection refused"), "ECONNREFUSED");
  EXPECT_EQ(node_code_for("Connection reset by peer"), "ECONNRESET");
  EXPECT_EQ(node_code_for("Connection timed out"), "ETIMEDOUT");
  EXPECT_EQ(node_code_for("No route to host"), "EHOSTUNREACH");
  EXPECT_EQ(node_code_for("Network is unreachable"), "ENETUNREACH");
  EXPECT_EQ(node_code_for(
                "connection to server on socket \"/tmp/.s.PGSQL.5432\" failed: No such file or directory"),
            "ENOENT");
  EXPECT_EQ(node_code_for("server closed the connection unexpectedly"), "ECONNRESET");
  EXPECT_EQ(node_code_for("SSL SYSCALL error: EOF detected"), "ECONNRESET");
  EXPECT_EQ(node_code_for("SSL SYSCALL error: Success"), "ECONNRESET");
  EXPECT_EQ(node_code_for("SSL error: unexpected eof while reading"), "ECONNRESET");
  EXPECT_EQ(node_code_for("server sent an error response during SSL exchange"), "ECONNRESET");
  EXPECT_EQ(node_code_for("SSL error: certificate verify failed"), "ETLS");
  EXPECT_EQ(node_code_for("server does not support SSL, but SSL was required"), "ETLS");
  EXPECT_EQ(node_code_for("could not open certificate file \"x\": No such file or directory"), "ETLS");
  EXPECT_EQ(node_code_for("private key file \"x\" has group or world access"), "ETLS");
  EXPECT_EQ(node_code_for("weak sslmode \"prefer\" may not be used with sslnegotiation=direct"), "ETLS");
  EXPECT_EQ(node_code_for("channel binding required, but SSL not in use"), "EAUTH");
  EXPECT_EQ(node_code_for("incorrect server signature"), "EAUTH");
  EXPECT_EQ(node_code_for("authentication method requirement \"none\" failed: server requested SASL"),
            "EAUTH");
  EXPECT_EQ(node_code_for("fe_sendauth: no password supplied"), "EAUTH");
  EXPECT_EQ(node_code_for("something new"), "ECONNECT");
}

TEST(Tidy, MakesOneLineWithoutTheLocation) {
  EXPECT_EQ(tidy("FATAL:  28P01: no\nLOCATION:  auth_failed, auth.c:326\n"), "FATAL:  28P01: no");
  EXPECT_EQ(tidy("first\nsecond\n"), "first; second");
  EXPECT_EQ(tidy(""), "");
  EXPECT_EQ(tidy("\n\n"), "");
}

TEST(Tidy, EndsWithWhatHappened) {
  const std::string closed =
      "server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally\n"
      "\tbefore or while processing the request.\n";
  EXPECT_EQ(tidy(closed), "server closed the connection unexpectedly");
  EXPECT_EQ(tidy(closed + "invalid socket\n"), "server closed the connection unexpectedly");
  EXPECT_EQ(tidy("invalid socket\n"), "invalid socket");
  EXPECT_EQ(
      tidy("Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?\n"),
      "Connection refused");
  EXPECT_EQ(tidy("It cannot be.\n"), "It cannot be");
}

}  // namespace
}  // namespace hdb::pq
