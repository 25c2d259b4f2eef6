#include "conn/node_view.hpp"

namespace hdb {

Expected<HostFacts> NodeView::read(const ResultSet& answer) const {
  auto facts = read_probe(answer, is_restricted_);
  if (facts.ok()) facts->unreadable = facts_.unreadable;
  return facts;
}

bool NodeView::ask_for_less(const Error& refusal) {
  if (!facts_.unreadable.empty() || !is_unreadable(refusal)) return false;
  facts_.unreadable = refusal.message;
  return true;
}

void NodeView::verified(HostFacts facts) {
  facts_ = std::move(facts);
  is_verified_ = true;
  if (is_read_only_itself() && state_ == NodeState::kReadOnly) state_ = NodeState::kWritable;
}

void NodeView::note(const pq::Session& session, const Query* query) {
  const std::string_view read_only = session.parameter("default_transaction_read_only");
  // What a user says of his own session is no fence.
  if (is_verified_ && read_only == "on" && state_ == NodeState::kWritable && facts_.own_setting.empty() &&
      query != nullptr && may_set_read_only(query->sql)) {
    facts_.own_setting = "session";
  } else if (read_only == "off" && facts_.own_setting == "session") {
    facts_.own_setting.clear();
  }
  state_ =
      node_state(read_only, session.parameter("in_hot_standby"), is_restricted_ || is_read_only_itself());
}

}  // namespace hdb
