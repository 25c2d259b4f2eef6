#include "conn/name_scope.hpp"

#include <algorithm>
#include <cctype>

#include "conn/sql_words.hpp"

namespace hdb {

namespace {

bool mentions(std::string_view text, std::string_view word) {
  const auto is_same = [](unsigned char a, unsigned char b) { return std::tolower(a) == b; };
  return std::search(text.begin(), text.end(), word.begin(), word.end(), is_same) != text.end();
}

bool is_local(std::string_view sql) {
  const auto words = first_words<2>(sql);
  if (words[0] == "set") return words[1] == "local";
  // set_config() says it in its third argument, which may be anything: what it changes is undone at the end.
  return true;
}

}  // namespace

NameChange name_change_of(std::string_view sql) {
  const auto [first, second] = first_words<2>(sql);
  if (first == "set") {
    if (mentions(sql, "search_path") || mentions(sql, "schema")) return NameChange::kPath;
    if (mentions(sql, "role") || mentions(sql, "authorization")) return NameChange::kRole;
    return NameChange::kNone;
  }
  if (first == "rollback") return NameChange::kUndo;
  if (first == "reset" || first == "alter" || first == "drop") return NameChange::kTables;
  if (first == "create") {
    return second == "temp" || second == "temporary" ? NameChange::kNone : NameChange::kTables;
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
