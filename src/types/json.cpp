#include "types/json.hpp"

#include "types/number.hpp"

namespace hdb::types {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Four hex digits, or -1.
int hex4(std::string_view text) {
  if (text.size() < 4) return -1;
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = text[static_cast<std::size_t>(i)];
    int digit = 0;
    if (is_digit(c)) {
      digit = c - '0';
    } else if (c >= 'a' && c <= 'f') {
      digit = c - 'a' + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = c - 'A' + 10;
    } else {
      return -1;
    }
    value = value * 16 + digit;
  }
  return value;
}

void append_utf8(std::uint32_t c, std::string& out) {
  const auto byte = [&](std::uint32_t bits) { out += static_cast<char>(bits); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xC0 | c >> 6);
    byte(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    byte(0xE0 | c >> 12);
    byte(0x80 | (c >> 6 & 0x3F));
    byte(0x80 | (c & 0x3F));
  } else {
    byte(0xF0 | c >> 18);
    byte(0x80 | (c >> 12 & 0x3F));
    byte(0x80 | (c >> 6 & 0x3F));
    byte(0x80 | (c & 0x3F));
  }
}

bool is_high(std::uint32_t c) { return c >= 0xD800 && c < 0xDC00; }
bool is_low(std::uint32_t c) { return c >= 0xDC00 && c < 0xE000; }

// Reads UTF-8 in which lone surrogates are encoded in three bytes; invalid bytes become U+FFFD.
std::u16string utf16_of(std::string_view text) {
  std::u16string out;
  out.reserve(text.size());
  std::size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    std::size_t size = 0;
    std::uint32_t c = 0;
    if (lead < 0x80) {
      size = 1;
      c = lead;
    } else if (lead >= 0xC2 && lead < 0xE0) {
      size = 2;
      c = lead & 0x1Fu;
    } else if (lead >= 0xE0 && lead < 0xF0) {
      size = 3;
      c = lead & 0x0Fu;
    } else if (lead >= 0xF0 && lead < 0xF5) {
      size = 4;
      c = lead & 0x07u;
    }
    bool good = size > 0 && size <= text.size() - i;
    for (std::size_t j = 1; good && j < size; ++j) {
      const auto next = static_cast<unsigned char>(text[i + j]);
      good = (next & 0xC0) == 0x80;
      c = c << 6 | (next & 0x3Fu);
    }
    if (!good || c > 0x10FFFF) {
      out += u'\uFFFD';
      ++i;
      continue;
    }
    if (c >= 0x10000) {
      out += static_cast<char16_t>(0xD800 + ((c - 0x10000) >> 10));
      out += static_cast<char16_t>(0xDC00 + ((c - 0x10000) & 0x3FF));
    } else {
      out += static_cast<char16_t>(c);
    }
    i += size;
  }
  return out;
}

}  // namespace

bool JsonReader::word(std::string_view expected) {
  if (!std::string_view(p_, static_cast<std::size_t>(end_ - p_)).starts_with(expected)) return false;
  p_ += expected.size();
  return true;
}

bool JsonReader::number(double& out) {
  const char* const start = p_;
  const char* p = p_;
  const auto digits = [&] {
    const char* const first = p;
    while (p != end_ && is_digit(*p)) ++p;
    return p - first;
  };
  const bool negative = p != end_ && *p == '-';
  if (negative) ++p;
  const char* const first = p;
  const auto whole = digits();
  if (whole == 0 || (whole > 1 && *first == '0')) return false;
  const bool integer = p == end_ || (*p != '.' && *p != 'e' && *p != 'E');
  if (integer && whole <= 15) {  // exact in a double
    std::int64_t value = 0;
    for (const char* d = first; d != p; ++d) value = value * 10 + (*d - '0');
    out = negative ? -static_cast<double>(value) : static_cast<double>(value);
    p_ = p;
    return true;
  }
  if (p != end_ && *p == '.') {
    ++p;
    if (digits() == 0) return false;
  }
  if (p != end_ && (*p == 'e' || *p == 'E')) {
    ++p;
    if (p != end_ && (*p == '+' || *p == '-')) ++p;
    if (digits() == 0) return false;
  }
  p_ = p;
  return parse_decimal({start, static_cast<std::size_t>(p - start)}, out);
}

bool JsonReader::string(std::string_view& raw, bool& escaped) {
  const char* p = p_ + 1;  // behind the quote
  escaped = false;
  while (p != end_ && *p != '"') {
    if (static_cast<unsigned char>(*p) < 0x20) return false;
    if (*p == '\\') {
      escaped = true;
      if (++p == end_) return false;
    }
    ++p;
  }
  if (p == end_) return false;
  raw = {p_ + 1, static_cast<std::size_t>(p - p_ - 1)};
  p_ = p + 1;
  return true;
}

JsonText unescape_json(std::string_view raw, std::string& utf8, std::u16string& utf16) {
  utf8.clear();
  utf8.reserve(raw.size());
  bool lone = false;
  for (std::size_t i = 0; i < raw.size();) {
    if (raw[i] != '\\') {
      const std::size_t next = raw.find('\\', i);
      const std::size_t end = next == std::string_view::npos ? raw.size() : next;
      utf8.append(raw, i, end - i);
      i = end;
      continue;
    }
    if (i + 1 == raw.size()) return JsonText::kMalformed;
    const char kind = raw[i + 1];
    i += 2;
    switch (kind) {
      case '"':
      case '\\':
      case '/':
        utf8 += kind;
        break;
      case 'b':
        utf8 += '\b';
        break;
      case 'f':
        utf8 += '\f';
        break;
      case 'n':
        utf8 += '\n';
        break;
      case 'r':
        utf8 += '\r';
        break;
      case 't':
        utf8 += '\t';
        break;
      case 'u': {
        const int unit = hex4(raw.substr(i));
        if (unit < 0) return JsonText::kMalformed;
        i += 4;
        auto c = static_cast<std::uint32_t>(unit);
        if (is_high(c) && raw.substr(i).starts_with("\\u")) {
          const int low = hex4(raw.substr(i + 2));
          if (low >= 0 && is_low(static_cast<std::uint32_t>(low))) {
            c = 0x10000 + ((c - 0xD800) << 10) + (static_cast<std::uint32_t>(low) - 0xDC00);
            i += 6;
          }
        }
        if (is_high(c) || is_low(c)) lone = true;
        append_utf8(c, utf8);  // a lone surrogate as three bytes: utf16_of undoes it
        break;
      }
      default:
        return JsonText::kMalformed;
    }
  }
  if (!lone) return JsonText::kUtf8;
  utf16 = utf16_of(utf8);
  return JsonText::kUtf16;
}

}  // namespace hdb::types
