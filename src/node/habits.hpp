// habits: what other clients call an option, and what it is here.
// Thread: any; pure.
#pragma once

#include <string_view>

namespace hdb::node {

/// What to say of an option that is none, in words that follow "; "; null: nobody calls it that.
const char* habit_of(std::string_view struct_name, std::string_view key);

}  // namespace hdb::node
