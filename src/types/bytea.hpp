// bytea: its text forms.
// Thread: any; pure.
// Not here: the binary form, which is the bytes themselves.
#pragma once

#include <string>
#include <string_view>

namespace hdb::types {

/// Either output format, "hex" (\x00ff) or "escape" (a\\b\377); false if it is neither.
bool parse_bytea(std::string_view text, std::string& out);
void append_bytea_hex(std::string_view bytes, std::string& out);

}  // namespace hdb::types
