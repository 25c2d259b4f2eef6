// convert: every Converter that is written by hand; what the glue includes.
// Thread: JS.
#pragma once

#include "node/callback.hpp"
#include "node/cancel_token.hpp"
#include "node/class_wrap.hpp"
#include "node/converter.hpp"
#include "node/value_from_js.hpp"
