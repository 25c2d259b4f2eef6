// StatementCache: the statements that are prepared by name on one session; least recently used first out.
// Thread: I/O only.  Owner: StatementRun.
// Not here: what is known of a statement for all sessions (statement_info.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "conn/statement_info.hpp"

namespace hdb {

class StatementCache {
 public:
  /// `prefix` makes names unique among the sessions, of whatever process, that share one of the server's
  /// behind a pooler.
  StatementCache(std::size_t capacity, std::string prefix)
      : capacity_(capacity), prefix_(std::move(prefix)) {}

  /// The prepared name, or null when this session has not prepared it.
  const std::string* find(const StatementInfo* info) {
    const auto found = by_info_.find(info);
    if (found == by_info_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second);
    return &found->second->name;
  }

  /// When its name was prepared here.
  TimePoint prepared_at(const StatementInfo* info) const {
    const auto found = by_info_.find(info);
    return found == by_info_.end() ? TimePoint{} : found->second->at;
  }

  std::string new_name() { return prefix_ + std::to_string(++last_); }

  /// Remembers a statement under a name that was just prepared. Names that fell out come back through
  /// `take_dropped`.
  void add(std::shared_ptr<const StatementInfo> info, std::string name, TimePoint at = {}) {
    const StatementInfo* key = info.get();
    drop(key);
    order_.push_front({std::move(info), std::move(name), at});
    by_info_[key] = order_.begin();
    if (order_.size() > capacity_) drop(order_.back().info.get());
  }

  void drop(const StatementInfo* info) {
    if (auto name = take(info)) dropped_.push_back(*std::move(name));
  }

  /// The server has forgotten its name: there is nothing to give back.
  void lose(const StatementInfo* info) { take(info); }

  /// The server has forgotten all names (DISCARD ALL, DEALLOCATE ALL).
  void clear() {
    order_.clear();
    by_info_.clear();
    dropped_.clear();
  }

  /// A name that was prepared for nothing, or fell out.
  void drop_name(std::string name) { dropped_.push_back(std::move(name)); }
  std::vector<std::string> take_dropped() { return std::exchange(dropped_, {}); }
  bool has_dropped() const { return !dropped_.empty(); }
  std::size_t capacity() const { return capacity_; }

 private:
  struct Entry {
    std::shared_ptr<const StatementInfo> info;
    std::string name;
    TimePoint at;
  };

  std::optional<std::string> take(const StatementInfo* info) {
    const auto found = by_info_.find(info);
    if (found == by_info_.end()) return std::nullopt;
    std::string name = std::move(found->second->name);
    order_.erase(found->second);
    by_info_.erase(found);
    return name;
  }

  std::size_t capacity_;
  std::string prefix_;
  std::uint64_t last_ = 0;
  std::list<Entry> order_;  // most recently used first
  std::unordered_map<const StatementInfo*, std::list<Entry>::iterator> by_info_;
  std::vector<std::string> dropped_;
};

}  // namespace hdb
