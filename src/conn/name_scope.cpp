#include "conn/name_scope.hpp"

#include <algorithm>
#include <cctype>

namespace hdb {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

/// The next word, in small letters, behind spaces and comments.
std::string take_word(std::string_view& text) {
  std::size_t i = 0;
  while (i < text.size() && std::isalpha(static_cast<unsigned char>(text[i])) == 0) {
    if (text.substr(i, 2) == "--") {
      i = std::min(text.find('\n', i), text.size());
    } else if (text.substr(i, 2) == "/*") {
      const std::size_t end = text.find("*/", i + 2);
      i = end == std::string_view::npos ? text.size() : end + 2;
    } else {
      ++i;
    }
  }
  std::size_t end = i;
  while (end < text.size() && std::isalpha(static_cast<unsigned char>(text[end])) != 0) ++end;
  std::string word = lower(text.substr(i, end - i));
  text.remove_prefix(end);
  return word;
}

bool mentions(std::string_view text, std::string_view word) {
  const auto is_same = [](unsigned char a, unsigned char b) { return std::tolower(a) == b; };
  return std::search(text.begin(), text.end(), word.begin(), word.end(), is_same) != text.end();
}

bool is_local(std::string_view sql) {
  if (take_word(sql) == "set") return take_word(sql) == "local";
  // set_config() says it in its third argument, which may be anything: what it changes is undone at the end.
  return true;
}

}  // namespace

NameChange name_change_of(std::string_view sql) {
  std::string_view rest = sql;
  const std::string first = take_word(rest);
  if (first == "set") {
    if (mentions(rest, "search_path") || mentions(rest, "schema")) return NameChange::kPath;
    if (mentions(rest, "role") || mentions(rest, "authorization")) return NameChange::kRole;
    return NameChange::kNone;
  }
  if (first == "rollback") return NameChange::kUndo;
  if (first == "reset" || first == "alter" || first == "drop") return NameChange::kTables;
  if (first == "create") {
    const std::string what = take_word(rest);
    return what == "temp" || what == "temporary" ? NameChange::kNone : NameChange::kTables;
  }
  return mentions(sql, "search_path") || mentions(sql, "set_config") ? NameChange::kPath : NameChange::kNone;
}

void NameScope::note(NameChange what, std::string_view sql, const std::vector<types::EncodedParam>& params,
                     const ResultSet& result) {
  if (what == NameChange::kNone || (what == NameChange::kUndo && !is_changed_)) return;
  if (!is_changed_) before_ = lasting_ = now_;
  is_changed_ = true;
  std::string text(sql);
  for (const types::EncodedParam& param : params) text.append(1, '\0').append(param.data());
  // set_config() answers with the new value.
  const std::size_t columns = result.rows > 0 && result.columns ? result.columns->size() : 0;
  for (std::size_t i = 0; i < columns; ++i) {
    const Cell& cell = result.row(0)[i];
    text.append(1, '\0');
    if (!cell.is_null()) text.append(cell.data, static_cast<std::size_t>(cell.length));
  }
  change(now_, what, text);
  if (!is_local(sql)) change(lasting_, what, text);
}

void NameScope::change(State& state, NameChange what, const std::string& text) const {
  static std::uint64_t last_epoch = 0;  // I/O thread only
  if (what == NameChange::kPath) {
    state.path = text;
  } else if (what == NameChange::kRole) {
    state.role = text;
  } else {
    state.epoch = ++last_epoch;
  }
  state.key = state.path + '\0' + state.role + '\0' + std::to_string(state.epoch);
}

void NameScope::end(bool is_committed) {
  if (!is_changed_) return;
  is_changed_ = false;
  now_ = is_committed ? std::move(lasting_) : std::move(before_);
}

}  // namespace hdb
