#include "node/options_reader.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <vector>

#include "node/habits.hpp"

namespace hdb::node {

namespace {

// Levenshtein's distance without regard to case.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = std::tolower(static_cast<unsigned char>(a[i - 1])) ==
                        std::tolower(static_cast<unsigned char>(b[j - 1]));
      const std::size_t best = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (same ? 0u : 1u)});
      diagonal = std::exchange(row[j], best);
    }
  }
  return row.back();
}

const char* nearest(std::string_view key, std::initializer_list<const char*> known_keys) {
  const char* best = nullptr;
  std::size_t least = std::max<std::size_t>(2, key.size() / 3) + 1;
  for (const char* known : known_keys) {
    // `timeout` for `timeoutMs`: the unit is what people forget most often.
    const bool without_unit = std::string_view(known) == std::string(key) + "Ms";
    const std::size_t d = without_unit ? 0 : distance(key, known);
    if (d < least) {
      least = d;
      best = known;
    }
  }
  return best;
}

}  // namespace

namespace detail {

void check_range(Napi::Env env, const Path& path, double value, Range range) {
  if (value >= range.min && value <= range.max) return;
  const auto text = [](double x) { return std::to_string(static_cast<long long>(x)); };
  throw_range_error(env, path, "between " + text(range.min) + " and " + text(range.max), value);
}

}  // namespace detail

OptionsReader::OptionsReader(Napi::Env env, napi_value object, const Path& path, const char* struct_name,
                             std::initializer_list<const char*> known_keys)
    : env_(env), path_(path) {
  if (is_nullish(env, object)) return;
  napi_valuetype type = napi_undefined;
  bool is_array = false;
  check(env, napi_typeof(env, object, &type));
  check(env, napi_is_array(env, object, &is_array));
  if (type == napi_boolean && std::string_view(struct_name) == "SslOptions")
    throw_type_error(env, path, "an object, such as { mode: 'require' } or { mode: 'verify-full' }", object);
  if (type == napi_function)
    throw_type_error(env, path, "an object; there are no callbacks, the call gives a promise", object);
  if (type != napi_object || is_array) throw_type_error(env, path, "an object", object);
  object_ = object;
  refuse_unknown(struct_name, known_keys);
}

void OptionsReader::refuse_unknown(const char* struct_name, std::initializer_list<const char*> known_keys) {
  napi_value keys = nullptr;
  std::uint32_t count = 0;
  check(env_,
        napi_get_all_property_names(env_, object_, napi_key_own_only,
                                    static_cast<napi_key_filter>(napi_key_enumerable | napi_key_skip_symbols),
                                    napi_key_numbers_to_strings, &keys));
  check(env_, napi_get_array_length(env_, keys, &count));
  for (std::uint32_t i = 0; i < count; ++i) {
    napi_value item = nullptr;
    check(env_, napi_get_element(env_, keys, i, &item));
    const std::string key = string_from_js(env_, item);
    if (std::any_of(known_keys.begin(), known_keys.end(), [&](const char* known) { return key == known; }))
      continue;
    const char* habit = habit_of(struct_name, key);
    const char* meant = habit == nullptr ? nearest(key, known_keys) : nullptr;
    std::string message = "`" + path_.key(key.c_str()).text() + "` is not an option of " + struct_name;
    if (habit != nullptr) {
      message += std::string("; ") + habit;
    } else if (meant != nullptr) {
      message += std::string("; did you mean `") + meant + "`?";
    } else {
      message += '.';
    }
    throw_configuration_error(env_, "ERR_UNKNOWN_OPTION", std::move(message));
  }
}

napi_value OptionsReader::get(const char* key) {
  if (object_ == nullptr) return nullptr;
  napi_value value = nullptr;
  napi_valuetype type = napi_undefined;
  check(env_, napi_get_named_property(env_, object_, key, &value));
  check(env_, napi_typeof(env_, value, &type));
  return type == napi_undefined ? nullptr : value;
}

}  // namespace hdb::node
