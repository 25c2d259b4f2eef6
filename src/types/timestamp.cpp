#include "types/timestamp.hpp"

#include <cmath>
#include <cstring>

namespace hdb::types {

namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kDaysTo2000 = 10957;  // from 1970-01-01
constexpr std::int64_t kMsPerDay = 86'400'000;
constexpr double kMaxDateMs = 8.64e15;  // ECMAScript's limit, both ways
// What PostgreSQL accepts; within them no sum below overflows.
constexpr std::int64_t kMaxTimestampYear = 294276;
constexpr std::int64_t kEndDay = 106751983;  // days from 2000-01-01 to the first day after that year
constexpr std::int64_t kMaxDateYear = 5874897;
constexpr std::int64_t kMaxYearBc = 4714;
constexpr std::int32_t kMaxZone = 16 * 3600;  // seconds, exclusive

constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }
constexpr std::int64_t floor_mod(std::int64_t a, std::int64_t b) { return a % b + (a % b < 0 ? b : 0); }

struct Civil {
  std::int64_t year;  // 0 is 1 BC
  int month;
  int day;
};

// Days and dates of the proleptic Gregorian calendar in eras of 400 years that begin on a 1st of March
// (Hinnant, "chrono-compatible low-level date algorithms"). Days count from 2000-01-01.
constexpr std::int64_t kEraShift = 719468 + kDaysTo2000;

constexpr Civil civil_of(std::int64_t days) {
  const std::int64_t z = days + kEraShift;
  const std::int64_t era = floor_div(z, 146097);
  const auto doe = static_cast<unsigned>(z - era * 146097);
  const unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const unsigned mp = (5 * doy + 2) / 153;
  const auto day = static_cast<int>(doy - (153 * mp + 2) / 5 + 1);
  const auto month = static_cast<int>(mp < 10 ? mp + 3 : mp - 9);
  return {std::int64_t{yoe} + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

constexpr std::int64_t days_of(Civil date) {
  const std::int64_t y = date.month <= 2 ? date.year - 1 : date.year;
  const std::int64_t era = floor_div(y, 400);
  const std::int64_t yoe = y - era * 400;
  const std::int64_t doy = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
  return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - kEraShift;
}
static_assert(days_of({2000, 1, 1}) == 0 && days_of({1970, 1, 1}) == -kDaysTo2000);

constexpr int days_in(std::int64_t year, int month) {
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  if (month == 2) return leap ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

// ---- writing ----------------------------------------------------------------------------------------------

char* put(std::string_view text, char* out) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

// Two digits of a value below 100.
char* put2(std::uint32_t value, char* out) {
  const std::uint32_t tens = value / 10;
  out[0] = static_cast<char>('0' + tens);
  out[1] = static_cast<char>('0' + (value - 10 * tens));
  return out + 2;
}
char* put2(int value, char* out) { return put2(static_cast<std::uint32_t>(value), out); }

// At least `width` digits.
char* put_padded(std::int64_t value, int width, char* out) {
  char digits[20];
  int count = 0;
  for (; value > 0 || count < width; value /= 10) digits[count++] = static_cast<char>('0' + value % 10);
  while (count > 0) *out++ = digits[--count];
  return out;
}

char* put_year(std::int64_t year, char* out) {
  if (year < 0 || year > 9999) return put_padded(year, 4, out);
  const auto small = static_cast<std::uint32_t>(year);
  return put2(small % 100, put2(small / 100, out));
}

// Year, month, day; `bc` says whether " BC" must follow at the end.
char* put_date(std::int64_t days, char* out, bool& bc) {
  const Civil date = civil_of(days);
  bc = date.year <= 0;
  out = put_year(bc ? 1 - date.year : date.year, out);
  *out++ = '-';
  out = put2(date.month, out);
  *out++ = '-';
  return put2(date.day, out);
}

char* put_clock(std::int64_t micros, char* out) {
  const auto seconds =
      static_cast<std::uint32_t>(micros / kSecond);  // of one day: narrow, so that dividing is cheap
  const auto fraction = static_cast<std::uint32_t>(micros % kSecond);
  out = put2(seconds / 3600, out);
  *out++ = ':';
  out = put2(seconds / 60 % 60, out);
  *out++ = ':';
  out = put2(seconds % 60, out);
  if (fraction != 0) {
    *out++ = '.';
    out = put2(fraction % 100, put2(fraction / 100 % 100, put2(fraction / 10000, out)));
    while (out[-1] == '0') --out;
  }
  return out;
}

std::size_t put_infinity(bool negative, char* out) {
  return static_cast<std::size_t>(put(negative ? "-infinity" : "infinity", out) - out);
}

// ---- reading ----------------------------------------------------------------------------------------------

// Takes what it expects from the front of a text, or says no.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  bool literal(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }
  // `least` to `most` digits, and no digit after them.
  bool digits(std::size_t least, std::size_t most, std::int64_t& out) {
    std::size_t count = 0;
    out = 0;
    while (count < rest_.size() && count <= most && rest_[count] >= '0' && rest_[count] <= '9')
      out = out * 10 + (rest_[count++] - '0');
    if (count < least || count > most) return false;
    rest_.remove_prefix(count);
    return true;
  }
  std::size_t left() const { return rest_.size(); }

 private:
  std::string_view rest_;
};

// Year, month, day as printed: the year is 1 or more, its era is not known yet.
bool scan_date(Scanner& in, std::int64_t& year, int& month, int& day) {
  std::int64_t m = 0;
  std::int64_t d = 0;
  if (!in.digits(4, 7, year) || !in.literal("-") || !in.digits(2, 2, m) || !in.literal("-") ||
      !in.digits(2, 2, d))
    return false;
  month = static_cast<int>(m);
  day = static_cast<int>(d);
  return year >= 1 && month >= 1 && month <= 12 && day >= 1;
}

// " BC" or nothing up to the end; turns the year into one where 1 BC is 0.
bool scan_era(Scanner& in, std::int64_t max_year, Civil& date) {
  if (in.literal(" BC")) {
    if (date.year > kMaxYearBc) return false;
    date.year = 1 - date.year;
  } else if (date.year > max_year) {
    return false;
  }
  return in.at_end() && date.day <= days_in(date.year, date.month);
}

bool scan_clock(Scanner& in, std::int64_t& micros) {
  std::int64_t hour = 0;
  std::int64_t minute = 0;
  std::int64_t second = 0;
  if (!in.digits(2, 2, hour) || !in.literal(":") || !in.digits(2, 2, minute) || !in.literal(":") ||
      !in.digits(2, 2, second) || hour > 23 || minute > 59 || second > 59) {
    return false;
  }
  micros = hour * kHour + minute * kMinute + second * kSecond;
  if (in.literal(".")) {
    const std::size_t before = in.left();
    std::int64_t fraction = 0;
    if (!in.digits(1, 6, fraction)) return false;
    for (std::size_t count = before - in.left(); count < 6; ++count) fraction *= 10;
    micros += fraction;
  }
  return true;
}

// +HH[:MM[:SS]], east of Greenwich.
bool scan_zone(Scanner& in, std::int64_t& micros) {
  const bool west = in.literal("-");
  if (!west && !in.literal("+")) return false;
  std::int64_t hour = 0;
  std::int64_t minute = 0;
  std::int64_t second = 0;
  if (!in.digits(2, 2, hour)) return false;
  if (in.literal(":")) {
    if (!in.digits(2, 2, minute)) return false;
    if (in.literal(":") && !in.digits(2, 2, second)) return false;
  }
  const std::int64_t seconds = hour * 3600 + minute * 60 + second;
  if (seconds >= kMaxZone || minute > 59 || second > 59) return false;
  micros = west ? -seconds * kSecond : seconds * kSecond;
  return true;
}

template <class T>
bool scan_infinity(std::string_view text, T& out) {
  if (text == "infinity") {
    out = std::numeric_limits<T>::max();
    return true;
  }
  if (text == "-infinity") {
    out = std::numeric_limits<T>::min();
    return true;
  }
  return false;
}

// ---- Dates ------------------------------------------------------------------------------------------------

struct DateParts {
  Civil date;
  std::int64_t micros;  // of the day
};

bool split_date_ms(double ms, DateParts& out) {
  if (!(std::fabs(ms) <= kMaxDateMs)) return false;  // NaN too
  const auto whole = static_cast<std::int64_t>(std::floor(ms));
  out.date = civil_of(floor_div(whole, kMsPerDay) - kDaysTo2000);
  out.micros = floor_mod(whole, kMsPerDay) * 1000;
  return true;
}

// "12:00:00.250": always three digits of a second.
char* put_clock_ms(std::int64_t micros, char* out) {
  out = put_clock(micros / kSecond * kSecond, out);
  *out++ = '.';
  return put_padded(micros % kSecond / 1000, 3, out);
}

char* put_month_day(Civil date, char* out) {
  *out++ = '-';
  out = put2(date.month, out);
  *out++ = '-';
  return put2(date.day, out);
}

}  // namespace

std::size_t format_timestamp(std::int64_t micros, bool utc, char* out) {
  if (is_infinite(micros)) return put_infinity(micros < 0, out);
  bool bc = false;
  char* p = put_date(floor_div(micros, kDay), out, bc);
  *p++ = 'T';
  p = put_clock(floor_mod(micros, kDay), p);
  if (utc) p = put("+00:00", p);
  if (bc) p = put(" BC", p);
  return static_cast<std::size_t>(p - out);
}

std::size_t format_date(std::int32_t days, char* out) {
  if (is_infinite(days)) return put_infinity(days < 0, out);
  bool bc = false;
  char* p = put_date(days, out, bc);
  if (bc) p = put(" BC", p);
  return static_cast<std::size_t>(p - out);
}

std::size_t format_time(std::int64_t micros, char* out) {
  if (micros < 0 || micros > kDay) return 0;  // 24:00:00 is a time for PostgreSQL
  return static_cast<std::size_t>(put_clock(micros, out) - out);
}

std::size_t format_timetz(std::int64_t micros, std::int32_t west, char* out) {
  if (west <= -kMaxZone || west >= kMaxZone) return 0;
  const std::size_t clock = format_time(micros, out);
  if (clock == 0) return 0;
  char* p = out + clock;
  *p++ = west > 0 ? '-' : '+';
  const std::int32_t offset = west > 0 ? west : -west;
  p = put2(offset / 3600, p);
  if (offset % 3600 != 0) {
    *p++ = ':';
    p = put2(offset / 60 % 60, p);
    if (offset % 60 != 0) {
      *p++ = ':';
      p = put2(offset % 60, p);
    }
  }
  return static_cast<std::size_t>(p - out);
}

bool parse_timestamp(std::string_view text, bool zoned, std::int64_t& micros) {
  if (scan_infinity(text, micros)) return true;
  Scanner in(text);
  Civil date{};
  std::int64_t clock = 0;
  std::int64_t zone = 0;
  if (!scan_date(in, date.year, date.month, date.day) || !in.literal(" ") || !scan_clock(in, clock) ||
      (zoned && !scan_zone(in, zone)) || !scan_era(in, kMaxTimestampYear + (zoned ? 1 : 0), date)) {
    return false;
  }
  // East of Greenwich the last day in UTC may be the one after it.
  const std::int64_t days = days_of(date);
  if (days > kEndDay) return false;
  micros = days * kDay + clock - zone;
  return micros < kEndDay * kDay;
}

bool parse_date(std::string_view text, std::int32_t& days) {
  if (scan_infinity(text, days)) return true;
  Scanner in(text);
  Civil date{};
  if (!scan_date(in, date.year, date.month, date.day) || !scan_era(in, kMaxDateYear, date)) return false;
  days = static_cast<std::int32_t>(days_of(date));
  return true;
}

bool to_date_ms(std::int64_t micros, double& ms) {
  ms = static_cast<double>(floor_div(micros, 1000) + kDaysTo2000 * kMsPerDay);
  return std::fabs(ms) <= kMaxDateMs;
}

bool days_to_date_ms(std::int32_t days, double& ms) {
  ms = static_cast<double>((days + kDaysTo2000) * kMsPerDay);
  return std::fabs(ms) <= kMaxDateMs;
}

bool date_ms_text(double ms, std::string& out) {
  DateParts parts{};
  if (!split_date_ms(ms, parts)) return false;
  char buffer[kTimestampText];
  const bool bc = parts.date.year <= 0;
  char* p = put_year(bc ? 1 - parts.date.year : parts.date.year, buffer);
  p = put_month_day(parts.date, p);
  *p++ = ' ';
  p = put("+00", put_clock_ms(parts.micros, p));
  if (bc) p = put(" BC", p);
  out.assign(buffer, p);
  return true;
}

bool date_ms_json(double ms, std::string& out) {
  DateParts parts{};
  if (!split_date_ms(ms, parts)) return false;
  char buffer[kTimestampText];
  char* p = buffer;
  const std::int64_t year = parts.date.year;
  if (year >= 0 && year <= 9999) {
    p = put_year(year, p);
  } else {
    *p++ = year < 0 ? '-' : '+';
    p = put_padded(year < 0 ? -year : year, 6, p);
  }
  p = put_month_day(parts.date, p);
  *p++ = 'T';
  p = put("Z", put_clock_ms(parts.micros, p));
  out.assign(buffer, p);
  return true;
}

}  // namespace hdb::types
