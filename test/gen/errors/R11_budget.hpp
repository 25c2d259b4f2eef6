#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "api/annotate.hpp"

namespace hdb {

/// Has too much raw TypeScript.
struct JS_RECORD Raw {
  /// Number 0.
  JS_TYPE("10") double x0 = 0;
  /// Number 1.
  JS_TYPE("11") double x1 = 0;
  /// Number 2.
  JS_TYPE("12") double x2 = 0;
  /// Number 3.
  JS_TYPE("13") double x3 = 0;
  /// Number 4.
  JS_TYPE("14") double x4 = 0;
  /// Number 5.
  JS_TYPE("15") double x5 = 0;
  /// Number 6.
  JS_TYPE("16") double x6 = 0;
  /// Number 7.
  JS_TYPE("17") double x7 = 0;
  /// Number 8.
  JS_TYPE("18") double x8 = 0;
  /// Number 9.
  JS_TYPE("19") double x9 = 0;
  /// Number 10.
  JS_TYPE("110") double x10 = 0;
  /// Number 11.
  JS_TYPE("111") double x11 = 0;
  /// Number 12.
  JS_TYPE("112") double x12 = 0;
  /// Number 13.
  JS_TYPE("113") double x13 = 0;
  /// Number 14.
  JS_TYPE("114") double x14 = 0;
  /// Number 15.
  JS_TYPE("115") double x15 = 0;
  /// Number 16.
  JS_TYPE("116") double x16 = 0;
  /// Number 17.
  JS_TYPE("117") double x17 = 0;
  /// Number 18.
  JS_TYPE("118") double x18 = 0;
  /// Number 19.
  JS_TYPE("119") double x19 = 0;
  /// Number 20.
  JS_TYPE("120") double x20 = 0;
  /// Number 21.
  JS_TYPE("121") double x21 = 0;
  /// Number 22.
  JS_TYPE("122") double x22 = 0;
  /// Number 23.
  JS_TYPE("123") double x23 = 0;
  /// Number 24.
  JS_TYPE("124") double x24 = 0;
  /// Number 25.
  JS_TYPE("125") double x25 = 0;
  /// Number 26.
  JS_TYPE("126") double x26 = 0;
  /// Number 27.
  JS_TYPE("127") double x27 = 0;
  /// Number 28.
  JS_TYPE("128") double x28 = 0;
  /// Number 29.
  JS_TYPE("129") double x29 = 0;
  /// Number 30.
  JS_TYPE("10") double x30 = 0;
  /// Number 31.
  JS_TYPE("10") double x31 = 0;
  /// Number 32.
  JS_TYPE("10") double x32 = 0;
  /// Number 33.
  JS_TYPE("10") double x33 = 0;
  /// Number 34.
  JS_TYPE("10") double x34 = 0;
  /// Number 35.
  JS_TYPE("10") double x35 = 0;
  /// Number 36.
  JS_TYPE("10") double x36 = 0;
  /// Number 37.
  JS_TYPE("10") double x37 = 0;
  /// Number 38.
  JS_TYPE("10") double x38 = 0;
  /// Number 39.
  JS_TYPE("10") double x39 = 0;
  /// Number 40.
  JS_TYPE("10") double x40 = 0;
  /// Number 41.
  JS_TYPE("10") double x41 = 0;
  /// Number 42.
  JS_TYPE("10") double x42 = 0;
  /// Number 43.
  JS_TYPE("10") double x43 = 0;
  /// Number 44.
  JS_TYPE("10") double x44 = 0;
  /// Number 45.
  JS_TYPE("10") double x45 = 0;
  /// Number 46.
  JS_TYPE("10") double x46 = 0;
  /// Number 47.
  JS_TYPE("10") double x47 = 0;
  /// Number 48.
  JS_TYPE("10") double x48 = 0;
};

}  // namespace hdb
