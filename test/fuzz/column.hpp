// any_column: a column of a type that the fuzzer chooses.
// Thread: any; for fuzz targets.
// Not here: the bytes of its cells.
#pragma once

#include "test/fuzz/input.hpp"
#include "test/unit/types/recorder.hpp"

namespace hdb::fuzz {

// New types go to the end: the corpus counts from the front.
inline constexpr Oid kColumnTypes[] = {
    16,   17,   18,   19,   20,   21,   23,   25,   26,   114,  142,  700,  701,  705,  1042,  1043,
    1082, 1083, 1114, 1184, 1266, 1700, 2278, 2950, 3802, 1186, 790,  600,  22,   2249, 99999,  // scalars
    1000, 1001, 1002, 1003, 1005, 1007, 1009, 1014, 1015, 1016, 1021, 1022, 1028, 1115, 1182,  1183,
    1185, 1231, 1270, 199,  2951, 3807, 1020, 1187, 2287};

struct Choice {
  Column column;
  DecodeOptions options;
};

inline Choice any_column(Input& input, bool binary) {
  Choice out;
  out.column = types::column_of(input.one_of(kColumnTypes), binary);
  const std::uint8_t options = input.byte();
  out.options.int8 = static_cast<Int8Mode>(options % 3);
  out.options.timestamps = static_cast<TimestampMode>(options / 4 % 2);
  if (options >= 128 && out.column.field.type_oid == 99999) out.column.element_oid = 99998;
  return out;
}

inline int decode_any(Input input, bool binary) {
  const Choice choice = any_column(input, binary);
  types::Recorder recorder;
  const auto status = types::decode(choice.column, types::cell_of(input.rest()), choice.options, recorder);
  if (status == types::DecodeStatus::kOk) {
    HDB_CHECK(recorder.is_complete());
  } else {
    HDB_CHECK(!types::decode_error(choice.column, status).message.empty());
  }
  // Nothing is shown that is much larger than what came, but for numeric, whose size is bounded by its
  // format.
  HDB_CHECK(recorder.out.size() <= 40 * input.rest().size() + 200 || choice.column.field.type_oid == 1700 ||
            choice.column.element_oid == 1700);
  return 0;
}

}  // namespace hdb::fuzz
