#pragma once

#include <optional>
#include <string>
#include <variant>

#include "api/annotate.hpp"
#include "base/callback.hpp"

namespace hdb {

/// Somebody came.
struct JS_EVENT("guestCame") GuestCameEvent {
  /// Who.
  std::string name;
};

/// Somebody left.
struct JS_EVENT("guestLeft") GuestLeftEvent {
  /// Who, if it was seen.
  std::optional<std::string> name;
};

using HouseEvent = std::variant<GuestCameEvent, GuestLeftEvent>;

/// A house.
class JS_CLASS House {
 public:
  /// Tells who comes and goes.
  JS_INTERNAL void listen(Callback<HouseEvent> listener);
};

}  // namespace hdb
