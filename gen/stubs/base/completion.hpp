// Stub of the generator; the real one is src/base/completion.hpp.
#pragma once
#include "base/result.hpp"
namespace hdb {
template <class E>
struct Broken;
template <class T, class E>
class BasicCompletion {};
}  // namespace hdb
