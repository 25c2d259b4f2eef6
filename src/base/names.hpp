// Names: how the values of an enum are spelt in JavaScript, and what all errors of a kind have in common.
// Thread: any; constants.
// Not here: the names themselves (generated/names/).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hdb {

template <class E>
struct EnumName {
  E value;
  std::string_view text;
};

/// Specialised for each JS_ENUM, with kAll.
template <class E>
struct Names;

template <class E>
concept NamedEnum = requires {
  Names<E>::kAll;
};

template <NamedEnum E>
constexpr std::string_view text_of(E value) {
  for (const EnumName<E>& each : Names<E>::kAll) {
    if (each.value == value) return each.text;
  }
  return {};
}

template <NamedEnum E>
constexpr std::optional<E> value_of(std::string_view text) {
  for (const EnumName<E>& each : Names<E>::kAll) {
    if (each.text == text) return each.value;
  }
  return std::nullopt;
}

/// `'a', 'b' or 'c'`, for messages.
template <NamedEnum E>
std::string choice_of() {
  std::string choice;
  for (const EnumName<E>& each : Names<E>::kAll) {
    const bool is_last = &each == std::end(Names<E>::kAll) - 1;
    if (!choice.empty()) choice += is_last ? " or " : ", ";
    choice.append("'").append(each.text).append("'");
  }
  return choice;
}

struct ErrorClass {
  std::string_view name;
  std::string_view code;      // of an error that has none of its own
  bool is_transient = false;  // waiting may help, or another host
};

}  // namespace hdb
