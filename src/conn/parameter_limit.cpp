#include "conn/parameter_limit.hpp"

#include <algorithm>
#include <cctype>
#include <string>

namespace hdb {

namespace {

/// $1 to the highest one: each of them must stand in the text. What looks like one in a string counts, too,
/// but as long as fewer than `most` do, none is looked at.
std::size_t placeholders(std::string_view sql, std::size_t most) {
  if (sql.size() < 3 * most) return 0;
  std::size_t count = 0;
  std::size_t highest = 0;
  for (std::size_t i = 0; (i = sql.find('$', i)) != std::string_view::npos;) {
    std::size_t number = 0;
    const std::size_t digits = ++i;
    while (i < sql.size() && i - digits < 6 && std::isdigit(static_cast<unsigned char>(sql[i])) != 0)
      number = 10 * number + static_cast<std::size_t>(sql[i++] - '0');
    if (i == digits) continue;
    ++count;
    highest = std::max(highest, number);
  }
  return count >= highest ? highest : 0;
}

}  // namespace

std::optional<Error> refuse_parameters(std::string_view sql, std::size_t values, std::size_t most) {
  const std::size_t wanted = std::max(values, placeholders(sql, most));
  if (wanted <= most) return std::nullopt;
  std::string message = "A statement takes at most " + std::to_string(most) + " parameters";
  if (most < 65535) message += " with libpq 17 and older";
  message +=
      "; this one has " + std::to_string(wanted) + ". Pass arrays instead: unnest($1::int4[], $2::text[])";
  message += most < 65535 ? ", or use the prebuilt packages, which have a newer libpq." : ".";
  return Error::make(ErrorKind::kParameter, std::move(message));
}

}  // namespace hdb
