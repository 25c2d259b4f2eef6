// Written by gen/ from api/errors.hpp. Do not edit: change the header and run `npm run gen`.
#pragma once

#include <napi.h>

#include "api/errors.hpp"
#include "generated/glue/error.gen.hpp"
#include "generated/names/errors.hpp"
#include "node/converter.hpp"

namespace hdb::node {


}  // namespace hdb::node
