// Stub of the generator; the real one is src/base/bytes.hpp.
#pragma once
namespace hdb {
class Bytes {};
}  // namespace hdb
