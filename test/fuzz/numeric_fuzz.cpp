// Any bytes as a binary numeric: a decimal that fits the size that was promised.
#include <vector>

#include "test/fuzz/input.hpp"
#include "types/number.hpp"
#include "types/numeric.hpp"

#include "base/assert.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hdb::types;
  NumericHead head;
  if (!read_numeric_head({reinterpret_cast<const char*>(data), size}, head)) return 0;
  HDB_CHECK(head.text_size <= 147460);
  std::vector<char> buffer(head.text_size);
  const std::size_t used = format_numeric(head, buffer.data());
  HDB_CHECK(used >= 1 && used <= head.text_size);
  double value = 0;
  HDB_CHECK(parse_float({buffer.data(), used}, value));
  return 0;
}
