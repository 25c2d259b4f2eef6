// Any value for any type: a refusal with a sentence, or a text that our own decoders can read.
#include "test/fuzz/input.hpp"
#include "test/unit/types/recorder.hpp"
#include "types/encode.hpp"

namespace {

using hdb::Value;
using hdb::fuzz::Input;

Value any_value(Input& input, int depth) {
  switch (input.byte() % 11) {
    case 0:
      return hdb::Null{};
    case 1:
      return input.byte() % 2 == 0;
    case 2:
      return input.number<double>();
    case 3:
      return static_cast<double>(input.number<std::int16_t>());
    case 4:
      return hdb::BigInt{std::to_string(input.number<std::int64_t>()) + std::string(input.byte() % 40, '7')};
    case 5:
      return hdb::BigInt{std::string(input.bytes(input.byte() % 8))};
    case 6:
      return std::string(input.bytes(input.byte() % 16));
    case 7:
      return hdb::Bytes::copy(input.bytes(input.byte() % 16));
    case 8:
      return hdb::Timestamp{static_cast<double>(input.number<std::int64_t>() / 256)};
    case 9:
      return hdb::Unsupported{"symbol"};
    default: {
      hdb::List list;
      if (depth > 8) return list;
      for (auto n = input.byte() % 5; n > 0 && !input.is_empty(); --n)
        list.push_back(any_value(input, depth + 1));
      return list;
    }
  }
}

constexpr hdb::Oid kParamTypes[] = {16,   17,   18,   20,   21,   23,   25,   26,   114,  700,
                                    701,  1043, 1082, 1114, 1184, 1266, 1700, 2950, 3802, 50000,
                                    1000, 1001, 1005, 1007, 1009, 1015, 1016, 1021, 1022, 1028,
                                    1115, 1185, 1231, 199,  2951, 3807, 1020};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hdb::types;
  Input input(data, size);
  const hdb::Oid oid = input.one_of(kParamTypes);
  Value value = any_value(input, 0);
  const bool is_list = value.get<hdb::List>() != nullptr;
  auto encoded = encode(value, ParamType::of(oid), 1);
  if (!encoded.ok()) {
    HDB_CHECK(encoded.error().message.starts_with("Parameter $1 does not fit type ") &&
              encoded.error().message.ends_with(")."));
    return 0;
  }
  HDB_CHECK(encoded->is_null == value.is_null());
  HDB_CHECK(encoded->binary || encoded->text.find('\0') == std::string::npos);
  if (!is_list) return 0;
  Recorder recorder;
  if (ParamType::of(oid).element_oid == 0) {  // json
    HDB_CHECK(parse_json(encoded->text, recorder) == DecodeStatus::kOk);
    return 0;
  }
  const auto status =
      walk_text_array(encoded->text, ParamType::of(oid).delimiter, recorder, [&](std::string_view element) {
        recorder.text(element);
        return DecodeStatus::kOk;
      });
  HDB_CHECK(status == DecodeStatus::kOk && recorder.is_complete());
  return 0;
}
