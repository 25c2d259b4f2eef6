// Any bytes as an array literal; and elements, once read, come back when they are written again.
#include "test/fuzz/input.hpp"
#include "test/unit/types/recorder.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hdb::types;
  hdb::fuzz::Input input(data, size);
  const char delimiter = input.byte() % 2 == 0 ? ',' : ';';
  ArrayReader reader(input.rest(), delimiter);
  std::string copy = "{";
  std::string expected = "[";
  std::size_t depth = 0;
  for (auto token = reader.next(); token != ArrayReader::Token::kEnd; token = reader.next()) {
    if (token == ArrayReader::Token::kMalformed) return 0;
    if (token == ArrayReader::Token::kOpen) HDB_CHECK(++depth <= kMaxArrayDims);
    if (token == ArrayReader::Token::kClose) HDB_CHECK(depth-- > 0);
    if (token != ArrayReader::Token::kElement) continue;
    if (copy.size() > 1) {
      copy += delimiter;
      expected += ',';
    }
    append_array_element(reader.element(), delimiter, copy);
    expected += '"' + std::string(reader.element()) + '"';
  }
  HDB_CHECK(depth == 0);
  Recorder recorder;
  const auto status = walk_text_array(copy + "}", delimiter, recorder, [&](std::string_view element) {
    recorder.text(element);
    return DecodeStatus::kOk;
  });
  HDB_CHECK(status == DecodeStatus::kOk && recorder.out == expected + "]");
  return 0;
}
