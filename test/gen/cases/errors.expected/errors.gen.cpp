// Written by gen/ from api/errors.hpp. Do not edit: change the header and run `npm run gen`.
#include "generated/glue/errors.gen.hpp"

#include <string>
#include <utility>

#include "generated/glue/calls.gen.hpp"
#include "node/class_wrap.hpp"
#include "node/convert.hpp"
#include "node/error_to_js.hpp"
#include "node/options_reader.hpp"
#include "node/promise.hpp"
#include "node/record_writer.hpp"

namespace hdb::node {

}  // namespace hdb::node
