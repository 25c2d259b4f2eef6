#include "types/bytea.hpp"

#include <cstddef>

namespace hdb::types {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool parse_hex(std::string_view digits, std::string& out) {
  if (digits.size() % 2 != 0) return false;
  out.resize(digits.size() / 2);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = hex_digit(digits[2 * i]);
    const int low = hex_digit(digits[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<char>(high << 4 | low);
  }
  return true;
}

// A backslash stands before another one or three octal digits; every other byte is itself.
bool parse_escaped(std::string_view text, std::string& out) {
  out.clear();
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '\\') {
      out += text[i++];
    } else if (i + 1 < text.size() && text[i + 1] == '\\') {
      out += '\\';
      i += 2;
    } else {
      if (i + 3 >= text.size()) return false;
      int byte = 0;
      for (std::size_t j = i + 1; j <= i + 3; ++j) {
        if (text[j] < '0' || text[j] > '7') return false;
        byte = byte * 8 + (text[j] - '0');
      }
      if (byte > 255) return false;
      out += static_cast<char>(byte);
      i += 4;
    }
  }
  return true;
}

}  // namespace

bool parse_bytea(std::string_view text, std::string& out) {
  return text.starts_with("\\x") ? parse_hex(text.substr(2), out) : parse_escaped(text, out);
}

void append_bytea_hex(std::string_view bytes, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  const std::size_t start = out.size();
  out.resize(start + 2 + 2 * bytes.size());
  char* p = out.data() + start;
  *p++ = '\\';
  *p++ = 'x';
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    *p++ = kHex[byte >> 4];
    *p++ = kHex[byte & 15];
  }
}

}  // namespace hdb::types
