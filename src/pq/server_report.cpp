#include "pq/server_report.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace hdb::pq {

namespace {

std::optional<std::string> field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? std::nullopt : std::optional<std::string>(text);
}

}  // namespace

ServerReport server_report(const PGresult* result) {
  ServerReport report;
  report.sqlstate = field(result, PG_DIAG_SQLSTATE).value_or("");
  report.severity = field(result, PG_DIAG_SEVERITY_NONLOCALIZED).value_or("ERROR");
  // libpq makes results of its own (a lost connection, a broken protocol) without fields.
  report.message = field(result, PG_DIAG_MESSAGE_PRIMARY).value_or(tidy(PQresultErrorMessage(result)));
  report.detail = field(result, PG_DIAG_MESSAGE_DETAIL);
  report.hint = field(result, PG_DIAG_MESSAGE_HINT);
  report.position = field(result, PG_DIAG_STATEMENT_POSITION);
  report.internal_position = field(result, PG_DIAG_INTERNAL_POSITION);
  report.internal_query = field(result, PG_DIAG_INTERNAL_QUERY);
  report.where = field(result, PG_DIAG_CONTEXT);
  report.schema = field(result, PG_DIAG_SCHEMA_NAME);
  report.table = field(result, PG_DIAG_TABLE_NAME);
  report.column = field(result, PG_DIAG_COLUMN_NAME);
  report.data_type = field(result, PG_DIAG_DATATYPE_NAME);
  report.constraint = field(result, PG_DIAG_CONSTRAINT_NAME);
  report.file = field(result, PG_DIAG_SOURCE_FILE);
  report.line = field(result, PG_DIAG_SOURCE_LINE);
  report.routine = field(result, PG_DIAG_SOURCE_FUNCTION);
  return report;
}

std::string sqlstate_in(std::string_view message) {
  // "…FATAL:  28P01: password authentication failed…": five of [0-9A-Z] between ":  " and ": ".
  for (std::size_t at = message.find(":  "); at != std::string_view::npos; at = message.find(":  ", at + 1)) {
    const std::string_view rest = message.substr(at + 3);
    if (rest.size() < 7 || rest[5] != ':' || rest[6] != ' ') continue;
    const std::string_view candidate = rest.substr(0, 5);
    if (std::all_of(candidate.begin(), candidate.end(),
                    [](unsigned char c) { return std::isdigit(c) != 0 || (c >= 'A' && c <= 'Z'); })) {
      return std::string(candidate);
    }
  }
  return {};
}

std::string node_code_for(std::string_view message) {
  struct Known {
    std::string_view text;
    const char* code;
  };
  // strerror texts of glibc, musl and BSD; libpq hands on no errno.
  static constexpr std::array kKnown{
      Known{"Too many open files", "EMFILE"},
      Known{"Cannot allocate memory", "ENOMEM"},
      Known{"out of memory", "ENOMEM"},
      // Problems with our own files or with the peer's identity come first: a missing file does not mean that
      // the host is down.
      Known{"certificate", "ETLS"},
      Known{"private key", "ETLS"},
      Known{"sslmode", "ETLS"},
      Known{"channel binding", "EAUTH"},
      Known{"SCRAM", "EAUTH"},
      Known{"SASL", "EAUTH"},
      Known{"server signature", "EAUTH"},
      Known{"authentication method", "EAUTH"},
      Known{"authentication requirement", "EAUTH"},
      Known{"no password supplied", "EAUTH"},
      Known{"Connection refused", "ECONNREFUSED"},
      Known{"Connection reset", "ECONNRESET"},
      Known{"Connection timed out", "ETIMEDOUT"},
      Known{"Operation timed out", "ETIMEDOUT"},
      Known{"timeout expired", "ETIMEDOUT"},
      Known{"No route to host", "EHOSTUNREACH"},
      Known{"Host is unreachable", "EHOSTUNREACH"},
      Known{"Network is unreachable", "ENETUNREACH"},
      Known{"No such file or directory", "ENOENT"},
      Known{"Broken pipe", "EPIPE"},
      Known{"server closed the connection", "ECONNRESET"},
      // The peer went away during the handshake, which says nothing about the settings.
      Known{"SSL SYSCALL error", "ECONNRESET"},
      Known{"unexpected eof while reading", "ECONNRESET"},
      Known{"error response during SSL exchange", "ECONNRESET"},
      Known{"SSL", "ETLS"},
  };
  for (const Known& known : kKnown) {
    if (message.find(known.text) != std::string_view::npos) return known.code;
  }
  return "ECONNECT";
}

std::string tidy(std::string_view message) {
  std::string line;
  while (!message.empty()) {
    const std::size_t end = std::min(message.find('\n'), message.size());
    std::string_view part = message.substr(0, end);
    message.remove_prefix(std::min(end + 1, message.size()));
    // libpq indents its guesses ("Is the server running …?"); "invalid socket" is what it says of a
    // connection that it has closed just now, after the reason.
    if (!line.empty() && (part.starts_with('\t') || part == "invalid socket")) continue;
    while (!part.empty() && (part.front() == ' ' || part.front() == '\t')) part.remove_prefix(1);
    if (part.empty() || part.starts_with("LOCATION:")) continue;
    if (!line.empty()) line += "; ";
    line += part;
  }
  while (line.ends_with('.')) line.pop_back();
  return line;
}

}  // namespace hdb::pq
