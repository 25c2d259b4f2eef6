// habits: options of other clients, and what to use here instead.
// Thread: any; pure.
#pragma once

#include <string_view>

namespace hdb::node {

/// The advice for an unknown option, in words that follow "; "; null if no other client has it.
const char* habit_of(std::string_view struct_name, std::string_view key);

}  // namespace hdb::node
