// assert.hpp: the levels of "impossible".
// Thread: any.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace hdb {

[[noreturn]] inline void check_failed(const char* what, const char* file, int line) {
  std::fprintf(stderr, "hyperiondb-client: broken invariant: %s (%s:%d)\n", what, file, line);
  std::abort();
}

}  // namespace hdb

/// Always on: to go on would lie about data.
#define HDB_CHECK(condition)                                               \
  do {                                                                     \
    if (!(condition)) ::hdb::check_failed(#condition, __FILE__, __LINE__); \
  } while (false)

/// Debug builds only: cheap documentation of what the code relies on.
#if defined(NDEBUG)
#define HDB_DCHECK(condition) ((void)0)
#else
#define HDB_DCHECK(condition) HDB_CHECK(condition)
#endif
