// Stub of the generator; the real one is src/base/cancel_token.hpp.
#pragma once
namespace hdb {
class CancelToken {};
}  // namespace hdb
