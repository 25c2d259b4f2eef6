// Stub of the generator; the real one is src/base/callback.hpp.
#pragma once
namespace hdb {
template <class... Args>
class Callback {};
}  // namespace hdb
