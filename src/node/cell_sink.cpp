#include "node/cell_sink.hpp"

#include <cstring>

namespace hdb::node {

bool is_ascii(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080u;
  const char* p = text.data();
  std::size_t left = text.size();
  std::uint64_t seen = 0, word = 0;
  for (; left >= 32; p += 32, left -= 32) {  // no early exit inside a block: the compiler makes it a vector
    std::uint64_t block[4];
    std::memcpy(block, p, 32);
    if (((block[0] | block[1] | block[2] | block[3]) & kHighBits) != 0) return false;
  }
  for (; left >= 8; p += 8, left -= 8) {
    std::memcpy(&word, p, 8);
    seen |= word;
  }
  for (; left > 0; ++p, --left) seen |= static_cast<unsigned char>(*p);
  return (seen & kHighBits) == 0;
}

napi_value CellSink::buffer(std::string_view bytes) {
  napi_value made = null_;
  if (lender_) {
    auto owner = std::make_unique<std::shared_ptr<const void>>(std::move(lender_));
    const auto let_go = [](napi_env, void*, void* hint) {
      delete static_cast<std::shared_ptr<const void>*>(hint);
    };
    if (napi_create_external_buffer(env_, bytes.size(), const_cast<char*>(bytes.data()), let_go, owner.get(),
                                    &made) == napi_ok) {
      static_cast<void>(owner.release());
      return made;
    }  // Electron, for example, does not allow external memory.
  }
  note(napi_create_buffer_copy(env_, bytes.size(), bytes.data(), nullptr, &made));
  return made;
}

napi_value CellSink::string(std::string_view value) {
  napi_value made = null_;
  // Latin-1 is a copy; V8 reads UTF-8 twice, and puts U+FFFD where it is not valid.
  note(is_ascii(value) ? napi_create_string_latin1(env_, value.data(), value.size(), &made)
                       : napi_create_string_utf8(env_, value.data(), value.size(), &made));
  return made;
}

napi_value CellSink::string(std::u16string_view value) {
  napi_value made = null_;
  note(napi_create_string_utf16(env_, value.data(), value.size(), &made));
  return made;
}

void CellSink::put_into(Container& container, napi_value value) {
  if (!container.is_object) {
    note(napi_set_element(env_, container.value, container.length++, value));
    return;
  }
  // Defined, not assigned: a key may be "__proto__".
  const napi_property_descriptor property = {nullptr, container.key,           nullptr, nullptr, nullptr,
                                             value,   napi_default_jsproperty, nullptr};
  note(napi_define_properties(env_, container.value, 1, &property));
}

}  // namespace hdb::node
