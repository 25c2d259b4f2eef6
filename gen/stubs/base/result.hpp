// Stub of the generator; the real one is src/base/result.hpp.
#pragma once
namespace hdb {
template <class T, class E>
class Result {};
struct Unit {};
}  // namespace hdb
