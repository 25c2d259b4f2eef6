// Stub of the generator; the real one is src/base/value.hpp.
#pragma once
namespace hdb {
struct Value {};
}  // namespace hdb
