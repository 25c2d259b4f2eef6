// Written by gen/ from api/docs.hpp. Do not edit: change the header and run `npm run gen`.
#include "generated/glue/docs.gen.hpp"

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

namespace {

napi_value book_page(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Book& self = ClassWrap<Book>::unwrap(info);
    auto arg_page_number =
        Converter<std::int32_t>::from_js(env, info[0], Path::argument("pageNumber"));
    auto result = self.page(std::move(arg_page_number));
    if (!result.ok()) throw_error(env, std::move(result).error());
    return Converter<std::string>::to_js(env, std::move(result).value());
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

napi_value book_close(napi_env raw_env, napi_callback_info raw_info) {
  const Napi::Env env(raw_env);
  try {
    [[maybe_unused]] const Napi::CallbackInfo info(raw_env, raw_info);
    Book& self = ClassWrap<Book>::unwrap(info);
    self.close();
    return env.Undefined();
  } catch (const Napi::Error& error) {
    return thrown(env, error);
  }
}

}  // namespace

void define_book(Napi::Env env, Napi::Object exports) {
  ClassWrap<Book>::define(env, exports, "Book", {
      {"page", nullptr, book_page, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"close", nullptr, book_close, nullptr, nullptr, nullptr, napi_default_method, nullptr},
  });
}

}  // namespace hdb::node
