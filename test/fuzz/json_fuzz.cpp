// Any bytes as JSON; and what was read is the same when it is read from a copy with other white space.
#include "test/fuzz/input.hpp"
#include "test/unit/types/recorder.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hdb::types;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Recorder recorder;
  const DecodeStatus status = parse_json(text, recorder);
  HDB_CHECK(status == DecodeStatus::kOk || status == DecodeStatus::kMalformed ||
            status == DecodeStatus::kJsonTooDeep);
  if (status != DecodeStatus::kOk) return 0;
  HDB_CHECK(recorder.is_complete());
  Recorder again;
  HDB_CHECK(parse_json(" [ " + std::string(text) + "\n]\t", again) == DecodeStatus::kOk ||
            text.size() >= kMaxJsonDepth);
  HDB_CHECK(again.out == "[" + recorder.out + "]" || text.size() >= kMaxJsonDepth);
  return 0;
}
