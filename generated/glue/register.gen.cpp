// Written by gen/ from api/*.hpp. Do not edit: change the header and run `npm run gen`.
#include "generated/glue/register.gen.hpp"

#include "generated/glue/pool.gen.hpp"
#include "generated/glue/transaction.gen.hpp"

namespace hdb::node {

void register_glue([[maybe_unused]] Napi::Env env, [[maybe_unused]] Napi::Object exports) {
  define_pool(env, exports);
  define_transaction(env, exports);
}

}  // namespace hdb::node
