// Any text as a timestamp and a date, any integer as one: what is understood comes back the same.
#include "base/assert.hpp"
#include "test/fuzz/input.hpp"
#include "types/timestamp.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hdb::types;
  hdb::fuzz::Input input(data, size);
  const auto micros = input.number<std::int64_t>();
  const auto days = static_cast<std::int32_t>(micros);
  char buffer[kTimestampText];
  HDB_CHECK(format_timestamp(micros, true, buffer) <= kTimestampText);
  HDB_CHECK(format_date(days, buffer) <= kTimestampText);
  HDB_CHECK(format_time(micros, buffer) <= kTimestampText);
  HDB_CHECK(format_timetz(micros, days, buffer) <= kTimestampText);
  double ms = 0;
  std::string text;
  if (to_date_ms(micros, ms)) HDB_CHECK(date_ms_text(ms, text) && date_ms_json(ms, text));
  if (days_to_date_ms(days, ms)) HDB_CHECK(date_ms_text(ms, text));
  for (const bool zoned : {false, true}) {
    std::int64_t read = 0;
    if (!parse_timestamp(input.rest(), zoned, read)) continue;
    text.assign(buffer, format_timestamp(read, zoned, buffer));
    if (const std::size_t t = text.find('T'); t != std::string::npos) text[t] = ' ';
    std::int64_t again = 0;
    // A zone may carry the last moments out of the range that is printed, by hours.
    HDB_CHECK(parse_timestamp(text, zoned, again) ? again == read
                                                  : text.starts_with("294277") || text.starts_with("4715"));
  }
  std::int32_t day = 0;
  if (parse_date(input.rest(), day)) {
    std::int32_t again = 0;
    HDB_CHECK(parse_date({buffer, format_date(day, buffer)}, again) && again == day);
  }
  return 0;
}
