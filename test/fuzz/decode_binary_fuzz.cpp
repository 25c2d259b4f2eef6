// Any bytes as the binary form of any type.
#include "test/fuzz/column.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return hdb::fuzz::decode_any({data, size}, true);
}
