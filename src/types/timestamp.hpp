// timestamp: dates and times between the wire's integers, the server's ISO text, our ISO text and Dates.
// Thread: any; pure. Never asks for the process's time zone: a timestamp without zone is taken as UTC for a
// Date.
// Not here: interval, which stays the server's text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace hdb::types {

// The wire counts microseconds (timestamps) or days (dates) from 2000-01-01; its extremes mean ±infinity.
inline constexpr bool is_infinite(std::int64_t micros) {
  return micros == std::numeric_limits<std::int64_t>::max() ||
         micros == std::numeric_limits<std::int64_t>::min();
}
inline constexpr bool is_infinite(std::int32_t days) {
  return days == std::numeric_limits<std::int32_t>::max() || days == std::numeric_limits<std::int32_t>::min();
}

inline constexpr std::size_t kTimestampText = 48;  // enough for every format_… below
// "2026-06-05T12:00:00.25+00:00" (utc) or without the zone; "0044-03-15T12:00:00 BC"; "infinity".
std::size_t format_timestamp(std::int64_t micros, bool utc, char* out);
std::size_t format_date(std::int32_t days, char* out);
std::size_t format_time(std::int64_t micros, char* out);  // 0: not a time of a day
// `west`: seconds west of Greenwich, as on the wire. Printed as PostgreSQL does: "13:14:15+02", "+05:30".
std::size_t format_timetz(std::int64_t micros, std::int32_t west, char* out);  // 0: not a time of a day

/// DateStyle ISO as PostgreSQL prints it, with the zone's offset if `zoned`; false for anything else.
bool parse_timestamp(std::string_view text, bool zoned, std::int64_t& micros);
bool parse_date(std::string_view text, std::int32_t& days);

/// Milliseconds since 1970, rounded down; false beyond what a Date can hold. Not for infinity.
bool to_date_ms(std::int64_t micros, double& ms);
bool days_to_date_ms(std::int32_t days, double& ms);

/// A Date as PostgreSQL reads it for every date and time type: "2026-06-05 12:00:00.250+00", "… BC".
/// False if it is not a valid Date.
bool date_ms_text(double ms, std::string& out);
/// A Date as JSON.stringify writes it: "2026-06-05T12:00:00.250Z", "+012026-…", "-000043-…".
bool date_ms_json(double ms, std::string& out);

}  // namespace hdb::types
