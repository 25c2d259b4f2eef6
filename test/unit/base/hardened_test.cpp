// The standard library checks what it is given: a mistake ends the process where it is made.
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"

namespace hdb {
namespace {

TEST(Hardened, WhatIsNotThereIsNotRead) {
  const std::vector<int> vector(3);
  const std::string_view text = "abc";
  const std::optional<int> none;
  volatile std::size_t beyond = 3;
  [[maybe_unused]] volatile int read = 0;
  EXPECT_DEATH(read = vector[beyond], "");
  EXPECT_DEATH(read = text[beyond], "");
  EXPECT_DEATH(read = *none, "");
}

}  // namespace
}  // namespace hdb
